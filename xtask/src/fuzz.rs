//! Throws any bytes at what reads them; the tests have the inputs that were worth keeping.
//!
//! Without a sanitizer, because the project is safe Rust, in which memory errors cannot be and
//! panics are found without one: that is faster, and the compiler that builds everything else does.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, bail};

use crate::artifacts::{Kit, Profile};
use crate::place::Place;
use crate::{cache, step, tools};

/// The version of the program that builds the targets.
const CARGO_FUZZ: &str = "0.13.2";
const BUILD_ADVICE: &str = "Mend what the compiler says above and run the same command again.";
/// The most bytes of an input: room for some requests.
const MOST_BYTES: usize = 4096;
/// The most seconds of one input, longer than any time limit in the code itself.
const MOST_SECONDS: usize = 130;

/// A place where bytes come in.
struct Target {
    name: &'static str,
    what: &'static str,
    /// What has to be reached where nothing else is asked for.
    goal: Goal,
}

/// When a target has had enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Goal {
    Runs(u64),
    Seconds(u64),
}

const TARGETS: [Target; 5] = [
    Target {
        name: "name",
        what: "names fuzzed",
        goal: Goal::Runs(10_000_000),
    },
    Target {
        name: "config",
        what: "configurations fuzzed",
        goal: Goal::Runs(10_000_000),
    },
    Target {
        name: "arguments",
        what: "arguments fuzzed",
        goal: Goal::Runs(2_000_000),
    },
    Target {
        name: "answer",
        what: "answers of the worker fuzzed",
        goal: Goal::Runs(2_000_000),
    },
    Target {
        name: "http",
        what: "HTTP fuzzed",
        goal: Goal::Seconds(3600),
    },
];

/// Fuzzes the named target or all of them, as long as asked for or up to their goals.
pub fn run(place: &Place, arguments: &[&str]) -> Result<()> {
    let (name, goal) = parse(arguments)?;
    let targets = TARGETS
        .iter()
        .filter(|target| name.is_none_or(|name| name == target.name));
    let folder = place.host_target.join("fuzz");
    let programs = build(place, &folder, name)?;
    let mut found = Vec::new();
    for target in targets {
        let goal = goal.unwrap_or(target.goal);
        let start = Instant::now();
        let log = place.logs.join(format!("fuzz-{}.log", target.name));
        // What an earlier run tried is not this one's.
        let _ = fs::remove_file(&log);
        let ended = fuzz(place, &folder, &programs, target, goal);
        let log = fs::read_to_string(log);
        let tried = tried(&log.unwrap_or_default()).unwrap_or(0);
        let seconds = start.elapsed().as_secs();
        println!("{}", line(target.what, tried, ended.is_ok(), seconds));
        found.extend(ended.err().map(|error| format!("{error:#}")));
    }
    match found.is_empty() {
        true => Ok(()),
        false => bail!("{}", found.join("\n")),
    }
}

/// Builds the programs of the targets, or of one; their folder.
fn build(place: &Place, folder: &Path, name: Option<&str>) -> Result<PathBuf> {
    if cfg!(unix) {
        // libFuzzer is C++, and compiled with the targets.
        let advice = "Fuzzing needs a C++ compiler; install g++ or clang.";
        tools::program(place, "c++", &["g++"], advice)?;
    }
    Kit::set_up(place)?.artifacts(Profile::Dev)?;
    let install = ["cargo-fuzz", "--locked"];
    let cargo_fuzz = tools::cargo_tool(place, "cargo-fuzz", CARGO_FUZZ, &install)?;
    let host = host_tuple(place)?;
    let mut command = Command::new(cargo_fuzz);
    command
        .args(["fuzz", "build", "--dev", "--sanitizer", "none"])
        .args([
            "--strip-dead-code",
            "--features",
            "fuzzer",
            "--target",
            &host,
        ])
        .arg("--target-dir")
        .arg(folder)
        .args(name)
        // The rooms themselves; what they use is optimised a little as it is.
        .env("CARGO_PROFILE_DEV_OPT_LEVEL", "2")
        .current_dir(&place.root);
    step::run(place, "Build the fuzz targets", BUILD_ADVICE, &mut command)?;
    Ok(folder.join(host).join("debug"))
}

fn host_tuple(place: &Place) -> Result<String> {
    let output = Command::new("rustc")
        .args(["--print", "host-tuple"])
        .current_dir(&place.root)
        .output()
        .context("rustc cannot be started; install Rust with rustup (https://rustup.rs).")?;
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

fn fuzz(place: &Place, folder: &Path, programs: &Path, target: &Target, goal: Goal) -> Result<()> {
    let name = target.name;
    let of_target = |kind: &str| folder.join(kind).join(name);
    let (corpus, found) = (of_target("corpus"), of_target("found"));
    for folder in [&corpus, &found] {
        fs::create_dir_all(folder)
            .with_context(|| format!("{} cannot be made.", folder.display()))?;
    }
    // One at a time: two would share what they found, and the servers their time.
    let _lock = cache::lock(&corpus.with_extension("lock"))?;
    let mut command = Command::new(programs.join(name));
    let kept = place.root.join("fuzz/corpus").join(name);
    command
        .args([&corpus, &kept])
        .arg(format!("-artifact_prefix={}/", found.display()))
        .arg(format!("-max_len={MOST_BYTES}"))
        .arg(format!("-timeout={MOST_SECONDS}"))
        .arg("-print_final_stats=1")
        .arg(match goal {
            Goal::Runs(runs) => format!("-runs={runs}"),
            Goal::Seconds(seconds) => format!("-max_total_time={seconds}"),
        });
    let words = place.root.join("fuzz/dictionaries").join(name);
    if words.is_file() {
        command.arg(format!("-dict={}", words.display()));
    }
    let advice = format!(
        "The input is in {}: copy it to fuzz/corpus/{name}, where `cargo xtask test --test corpus` \
         runs it, and mend what it shows.",
        found.display()
    );
    step::run(place, &format!("fuzz {name}"), &advice, &mut command)
}

/// The target's name, if there is one, and another goal than its own, if there is one.
fn parse<'a>(arguments: &[&'a str]) -> Result<(Option<&'a str>, Option<Goal>)> {
    let (name, rest) = match arguments {
        [first, rest @ ..] if !first.starts_with('-') => (Some(*first), rest),
        rest => (None, rest),
    };
    if let Some(name) = name.filter(|name| TARGETS.iter().all(|target| target.name != *name)) {
        let names = TARGETS.map(|target| target.name).join(", ");
        bail!("`{name}` is no fuzz target; there are {names}.");
    }
    let number = |text: &str| {
        let number = text.parse().ok().filter(|number| *number > 0);
        number.with_context(|| format!("`{text}` is not a number above 0."))
    };
    let goal = match rest {
        [] => None,
        ["--runs", runs] => Some(Goal::Runs(number(runs)?)),
        ["--seconds", seconds] => Some(Goal::Seconds(number(seconds)?)),
        _ => bail!(
            "`{}` is not understood; say `cargo xtask fuzz [TARGET] [--runs N | --seconds N]`.",
            rest.join(" ")
        ),
    };
    Ok((name, goal))
}

/// How many inputs libFuzzer says that it tried.
fn tried(log: &str) -> Option<u64> {
    let mut lines = log.lines().rev();
    let count = lines.find_map(|line| line.strip_prefix("stat::number_of_executed_units:"))?;
    count.trim().parse().ok()
}

/// What came of a target, in the form of the fault suite.
fn line(what: &str, tried: u64, is_good: bool, seconds: u64) -> String {
    let survived = tried.saturating_sub(u64::from(!is_good));
    format!("{what:<44}{tried:>6} tried {survived:>6} survived  ({seconds} s)")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_and_another_goal_can_be_named() {
        let understood = |arguments: &[&'static str]| parse(arguments).ok();
        assert_eq!(understood(&[]), Some((None, None)));
        assert_eq!(understood(&["http"]), Some((Some("http"), None)));
        let runs = Some(Goal::Runs(5));
        assert_eq!(understood(&["--runs", "5"]), Some((None, runs)));
        let seconds = Some(Goal::Seconds(60));
        let words = ["http", "--seconds", "60"];
        assert_eq!(understood(&words), Some((Some("http"), seconds)));
        for wrong in [
            &["htp"][..],
            &["--runs"],
            &["--runs", "0"],
            &["--runs", "x"],
            &["http", "name"],
            &["--runs", "5", "--seconds", "6"],
        ] {
            assert_eq!(understood(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn the_count_is_the_last_one_of_the_log() {
        let log = "#2 INITED\nstat::number_of_executed_units: 7\n\
                   stat::number_of_executed_units: 10000000\nstat::average_exec_per_sec: 9\n";
        assert_eq!(tried(log), Some(10_000_000));
        assert_eq!(tried("#2 INITED"), None);
    }

    #[test]
    fn one_input_of_those_tried_did_not_survive() {
        let bad = line("names fuzzed", 12, false, 50);
        assert!(bad.ends_with("12 tried     11 survived  (50 s)"), "{bad}");
        let good = line("names fuzzed", 12, true, 50);
        assert!(good.ends_with("12 tried     12 survived  (50 s)"), "{good}");
    }

    #[test]
    fn every_target_has_a_program_and_a_corpus() {
        let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz");
        for target in TARGETS {
            let program = fuzz.join(format!("fuzz_targets/{}.rs", target.name));
            assert!(program.is_file(), "{program:?}");
            let corpus = fuzz.join("corpus").join(target.name);
            assert!(fs::read_dir(&corpus).is_ok_and(|mut files| files.next().is_some()));
        }
    }
}
