//! The end of a server and of everything that it has started, whatever its threads wait for and
//! whichever of its processes is killed.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::json;
use testing::{PATIENCE, SlowVolume, wait_for, wait_until};

use super::pod::{Pod, podslate};

const NAMED: [(&str, &str); 1] = [("PROJECT_NAME", "Robot")];
/// Prints its own number and that of a child in a session of its own, then stays.
const FAMILY: &str = "echo $$; setsid sh -c 'echo $$; exec sleep 601' & sleep 602 & \
                      echo $!; wait";
/// Containers are killed after this time.
const LIMIT: Duration = Duration::from_secs(10);

fn is_alive(id: &str) -> bool {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    !stat.is_empty() && !stat.contains(") Z ") && !stat.contains(") X ")
}

fn assert_ended(ids: &[String]) {
    for id in ids {
        assert!(wait_until(PATIENCE, || !is_alive(id)), "{id} lives");
    }
}

fn kill(id: u32) {
    let killed = Command::new("kill").args(["-9", &id.to_string()]).status();
    assert!(killed.unwrap().success());
}

#[test]
fn a_stop_ends_processes_that_left_the_group_of_the_command() {
    let home = tempfile::tempdir().unwrap();
    let pod = Pod::start(home.path(), &NAMED, FAMILY);
    let ids = pod.lines(3);
    assert!(ids.iter().all(|id| is_alive(id)), "{ids:?}");
    let (status, state) = pod.post("/api/pipeline/stop", json!({}));
    assert_eq!((status, &state["state"]), (200, &json!("exited")));
    let living: Vec<_> = ids.iter().filter(|id| is_alive(id)).collect();
    assert!(living.is_empty(), "{living:?}");
    assert_eq!(pod.post("/api/pipeline/restart", json!({})).0, 200);
    assert!(pod.lines(6)[3..].iter().all(|id| is_alive(id)));
}

#[test]
fn everything_ends_with_a_server_that_is_killed() {
    for is_supervisor in [false, true] {
        let home = tempfile::tempdir().unwrap();
        let mut pod = Pod::start(home.path(), &NAMED, FAMILY);
        let mut ids = pod.lines(3);
        let (server, supervisor) = (pod.server.process(), pod.server.child.id());
        assert_ne!(server, supervisor);
        ids.extend([server.to_string()]);
        kill(if is_supervisor { supervisor } else { server });
        assert_eq!(pod.wait(), (!is_supervisor).then_some(128 + 9));
        assert_ended(&ids);
    }
}

#[test]
fn a_pipeline_that_outlived_its_server_ends_before_the_next_starts() {
    let home = tempfile::tempdir().unwrap();
    let script = "trap '' TERM; echo $$; while :; do sleep 0.05; done";
    let mut pod = Pod::start(home.path(), &NAMED, script);
    let ids = pod.lines(1);
    // At once, so that neither can end the pipeline.
    let both = [pod.server.child.id(), pod.server.process()].map(|id| id.to_string());
    let killed = Command::new("kill").arg("-9").args(&both).status();
    assert!(killed.unwrap().success());
    pod.wait();
    let next = Pod::start(home.path(), &NAMED, "echo started; sleep 600");
    assert_eq!(next.lines(1), ["started"]);
    assert!(!is_alive(&ids[0]), "two pipelines run");
}

#[test]
fn a_second_signal_ends_everything_at_once() {
    let home = tempfile::tempdir().unwrap();
    let script = "trap '' TERM INT; echo $$; while :; do sleep 0.05; done";
    let mut pod = Pod::start(home.path(), &NAMED, script);
    let ids = pod.lines(1);
    pod.signal("INT");
    assert!(matches!(pod.server.child.try_wait(), Ok(None)));
    let start = Instant::now();
    // Another one: two of a kind within a moment are one to the system.
    pod.signal("TERM");
    assert_ne!(pod.wait(), Some(0));
    assert!(
        start.elapsed() < Duration::from_secs(2),
        "{:?}",
        start.elapsed()
    );
    assert_ended(&ids);
}

#[test]
fn a_signal_to_all_processes_counts_once() {
    let home = tempfile::tempdir().unwrap();
    let script =
        "trap 'sleep 1; touch term; exit 0' TERM; echo ready; while :; do sleep 0.05; done";
    let mut pod = Pod::start(home.path(), &NAMED, script);
    pod.lines(1);
    let both = [pod.server.child.id(), pod.server.process()].map(|id| id.to_string());
    let sent = Command::new("kill").args(&both).status();
    assert!(sent.unwrap().success());
    assert_eq!(pod.wait(), Some(0));
    assert!(home.path().join("Robot/term").exists());
}

/// A server on a volume that hangs, with requests that wait for it.
struct Hung {
    volume: SlowVolume,
    pod: Pod,
    /// Number of the pipeline's process.
    pipeline: String,
}

impl Hung {
    fn start(args: &[&str], script: &str) -> Option<Self> {
        let volume = SlowVolume::start(Duration::ZERO)?;
        fs::create_dir(volume.path().join("Robot")).unwrap();
        let args = [args, &["--", "sh", "-c", script]].concat();
        let pod = Pod::spawn(&mut podslate(volume.path(), &args, &NAMED));
        let pipeline = pod.lines(1).remove(0);
        volume.hang();
        let address = pod.server.address().to_owned();
        for number in 0..80 {
            let mut stream = std::net::TcpStream::connect(&address).unwrap();
            let body = format!("{{\"old_name\":\"N{number}\",\"new_name\":\"M{number}\"}}");
            let request = format!(
                "POST /rename HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
                 Content-Length: {}\r\n\r\n{body}",
                body.len()
            );
            std::io::Write::write_all(&mut stream, request.as_bytes()).unwrap();
            std::mem::forget(stream);
        }
        Some(Self {
            volume,
            pod,
            pipeline,
        })
    }
}

const STAYS: &str = "cd /; echo $$; exec sleep 600";

#[test]
fn a_pipeline_is_stopped_while_the_volume_hangs() {
    let Some(hung) = Hung::start(&["serve", "--port", "0"], STAYS) else {
        return;
    };
    let start = Instant::now();
    let (status, state) = hung.pod.post("/api/pipeline/stop", json!({}));
    assert_eq!((status, &state["state"]), (200, &json!("exited")));
    assert!(
        start.elapsed() < Duration::from_secs(3),
        "{:?}",
        start.elapsed()
    );
    assert!(!is_alive(&hung.pipeline));
}

#[test]
fn a_server_ends_in_time_while_the_volume_hangs() {
    let Some(mut hung) = Hung::start(&["serve", "--port", "0"], STAYS) else {
        return;
    };
    let start = Instant::now();
    hung.pod.signal("TERM");
    let pipeline = hung.pipeline.clone();
    assert!(wait_until(Duration::from_secs(2), || !is_alive(&pipeline)));
    let ended = wait_for(PATIENCE, || hung.pod.server.child.try_wait().unwrap());
    assert!(
        ended.is_some() && start.elapsed() < LIMIT,
        "{:?}",
        start.elapsed()
    );
    hung.volume.release();
}

#[test]
fn a_batch_pod_ends_with_its_code_while_the_volume_hangs() {
    let args = ["serve", "--port", "0", "--exit-with-pipeline"];
    let script = "cd /; echo $$; trap 'exit 7' USR1; while :; do sleep 0.05; done";
    let Some(mut hung) = Hung::start(&args, script) else {
        return;
    };
    let start = Instant::now();
    hung.pod.signal("USR1");
    let ended = wait_for(PATIENCE, || hung.pod.server.child.try_wait().unwrap());
    assert_eq!(ended.expect("an end").code(), Some(7));
    assert!(
        start.elapsed() < LIMIT + Duration::from_secs(1),
        "{:?}",
        start.elapsed()
    );
    hung.volume.release();
}

#[test]
fn a_second_signal_ends_a_server_on_a_volume_that_hangs() {
    let Some(mut hung) = Hung::start(&["serve", "--port", "0"], STAYS) else {
        return;
    };
    hung.pod.signal("TERM");
    let start = Instant::now();
    hung.pod.signal("INT");
    hung.pod.wait();
    assert!(
        start.elapsed() < Duration::from_secs(2),
        "{:?}",
        start.elapsed()
    );
    assert_ended(&[hung.pipeline.clone()]);
    hung.volume.release();
}

#[test]
fn a_server_ends_in_time_while_it_starts_on_a_volume_that_hangs() {
    let Some(volume) = SlowVolume::start(Duration::ZERO) else {
        return;
    };
    volume.hang();
    let before = volume.operations();
    let mut child = podslate(volume.path(), &["serve", "--port", "0"], &NAMED)
        .spawn()
        .unwrap();
    let waits = || volume.operations() > before;
    assert!(wait_until(PATIENCE, waits), "nothing waits for the volume");
    let start = Instant::now();
    let id = child.id().to_string();
    Command::new("kill").arg(&id).status().unwrap();
    let ended = wait_for(PATIENCE, || child.try_wait().unwrap());
    let _ = child.kill();
    assert!(
        ended.is_some() && start.elapsed() < LIMIT,
        "{:?}",
        start.elapsed()
    );
    volume.release();
}

#[test]
fn a_server_ends_at_once_beside_a_pipe_in_place_of_a_configuration() {
    let home = tempfile::tempdir().unwrap();
    let mut pod = Pod::start(home.path(), &NAMED, STAYS);
    let pipeline = pod.lines(1).remove(0);
    let config = home.path().join("Robot/pipeline/config.json");
    fs::remove_file(&config).unwrap();
    make_fifo(&config);
    let _ = pod.get("/api/projects");
    pod.signal("TERM");
    let start = Instant::now();
    pod.wait();
    assert!(start.elapsed() < LIMIT, "{:?}", start.elapsed());
    assert_ended(&[pipeline]);
}

fn make_fifo(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}
