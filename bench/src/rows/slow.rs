//! A slow volume, on which each operation takes a millisecond, as on a network.

use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use tempfile::TempDir;
use testing::{Server, SlowVolume};

use crate::events::Events;
use crate::http::Connection;
use crate::line::{Budget, Line, Unit};
use crate::load::millis;
use crate::native;
use crate::projects::{Kind, create};
use crate::samples::Samples;
use crate::setup::{Setup, await_counted, is_counting, new_project};

const LATENCY: Duration = Duration::from_millis(1);
const PROJECTS: usize = 200;
const FIRST_PAGE: &str = "/api/projects?limit=100";
/// Later lists, over more time than the system keeps names and attributes.
const LATER_LISTS: usize = 20;
const PAUSE: Duration = Duration::from_millis(100);
/// Time after which no more lists are requested.
const LATER_LIMIT: Duration = Duration::from_secs(10);

/// A slow volume with projects.
struct Slow {
    volume: SlowVolume,
    _backing: TempDir,
}

impl Slow {
    fn new(count: usize, kind: Kind) -> Result<Self> {
        let backing = Setup::in_memory()?;
        create(backing.path(), count, kind)?;
        let options = SlowVolume::options().latency(LATENCY);
        let volume = options.backing(backing.path()).mount();
        Ok(Self {
            volume: volume.context("no slow volume can be mounted")?,
            _backing: backing,
        })
    }

    /// A server whose projects are counted.
    fn serve(&self, setup: &Setup) -> Result<(Server, Connection)> {
        let server = setup.podslate(self.volume.path())?;
        let mut connection = Connection::open(server.address())?;
        await_counted(&mut connection)?;
        Ok((server, connection))
    }
}

/// Times from a start on, in milliseconds.
struct Start {
    /// Until there are names.
    first: f64,
    /// Of the slowest list after that.
    later: f64,
    /// Until the files of the listed projects were counted, if the server says so.
    counted: Option<f64>,
}

/// Lists until there are names, and then some more.
fn lists(begin: Instant, connection: &mut Connection, path: &str) -> Result<Start> {
    let deadline = begin + Duration::from_secs(60);
    let mut list = || connection.get(path)?.success()?.json();
    let mut page = list()?;
    while page["projects"][0].is_null() {
        ensure!(Instant::now() < deadline, "no names within 60 seconds");
        page = list()?;
    }
    let first = millis(begin.elapsed());
    let counted_now = |page: &Value| {
        let is_counted = is_counting(page) == Some(false);
        is_counted.then(|| millis(begin.elapsed()))
    };
    let (mut counted, mut later) = (counted_now(&page), 0.0_f64);
    let end = Instant::now() + LATER_LIMIT;
    for number in 0.. {
        let is_enough = number >= LATER_LISTS && is_counting(&page) != Some(true);
        if is_enough || Instant::now() > end {
            break;
        }
        thread::sleep(PAUSE);
        let begin = Instant::now();
        page = list()?;
        later = later.max(millis(begin.elapsed()));
        counted = counted.or_else(|| counted_now(&page));
    }
    Ok(Start {
        first,
        later,
        counted,
    })
}

/// Until a new server lists a volume that nothing has read yet.
pub fn start(setup: &Setup) -> Result<Vec<Line>> {
    let [mut first, mut later, mut counted] = [const { Samples(Vec::new()) }; 3];
    let [mut python_first, mut python_later, mut native] = [const { Samples(Vec::new()) }; 3];
    for _ in 0..setup.scale.rounds {
        let slow = Slow::new(PROJECTS, Kind::Whole)?;
        let begin = Instant::now();
        let server = setup.podslate(slow.volume.path())?;
        let mut connection = Connection::open(server.address())?;
        let times = lists(begin, &mut connection, FIRST_PAGE)?;
        first.0.push(times.first);
        later.0.push(times.later);
        counted.0.extend(times.counted);
        let slow = Slow::new(PROJECTS, Kind::Whole)?;
        let begin = Instant::now();
        native::list(slow.volume.path())?;
        native.0.push(millis(begin.elapsed()));
        let slow = Slow::new(PROJECTS, Kind::Whole)?;
        let begin = Instant::now();
        if let Some(service) = setup.service(slow.volume.path())? {
            let mut connection = Connection::open(service.address())?;
            let times = lists(begin, &mut connection, "/api/projects/list")?;
            python_first.0.push(times.first);
            python_later.0.push(times.later);
        }
    }
    let title = "slow volume, 200 projects: start until the first list of 100 has names";
    let first = Line::new(title, Unit::Millis)
        .podslate(&first)
        .native(&native);
    let title = "slow volume, 200 projects: the slowest of the next 20 lists of 100";
    let later = Line::new(title, Unit::Millis).podslate(&later);
    let title = "slow volume, 200 projects: start until the files of the first 100 are counted";
    let mut counted = Line::new(title, Unit::Millis).podslate(&counted);
    if counted.podslate.0.is_empty() {
        counted = counted.missing("lists have no revision, or counting takes longer");
    }
    Ok(vec![
        first
            .python(&python_first)
            .against_python()
            .budget(Budget::AtMost(1000.0)),
        later
            .python(&python_later)
            .against_python()
            .budget(Budget::AtMost(50.0)),
        counted.budget(Budget::AtMost(10_000.0)),
    ])
}

/// The median time of calls, in milliseconds.
fn median_time(count: usize, mut call: impl FnMut(usize) -> Result<()>) -> Result<f64> {
    let times = (0..count).map(|number| {
        let begin = Instant::now();
        call(number)?;
        Ok(millis(begin.elapsed()))
    });
    let times: Result<Samples> = times.collect();
    times?.median().context("no sample")
}

/// Sends a request that creates a project.
fn post_new(connection: &mut Connection, name: &str) -> Result<()> {
    let created = connection.post("/api/projects/create", &new_project(name));
    created?.success().map(drop)
}

/// Sends a request that renames a project.
fn post_rename(connection: &mut Connection, old: &str, new: &str) -> Result<()> {
    let body = json!({ "old_name": old, "new_name": new });
    connection.post("/rename", &body)?.success().map(drop)
}

/// Creating, renaming and checking a name.
pub fn change(setup: &Setup) -> Result<Vec<Line>> {
    let count = setup.scale.requests.div_ceil(4);
    let slow = [(); 3].map(|()| Slow::new(PROJECTS, Kind::Whole));
    let [slow, for_python, for_native] = slow;
    let (slow, for_python, for_native) = (slow?, for_python?, for_native?);
    let (_server, mut connection) = slow.serve(setup)?;
    let service = setup.service(for_python.volume.path())?;
    let service = service
        .as_ref()
        .map(|service| Connection::open(service.address()));
    let mut service = service.transpose()?;
    let [mut create, mut rename, mut check] = [const { Samples(Vec::new()) }; 3];
    let [mut python_create, mut python_rename, mut native] = [const { Samples(Vec::new()) }; 3];
    for round in 0..setup.scale.rounds {
        let old = |number: usize| format!("Old-{round}-{number}");
        let new = |number: usize| format!("New-{round}-{number}");
        create
            .0
            .push(median_time(count, |n| post_new(&mut connection, &old(n)))?);
        native.0.push(median_time(count, |n| {
            native::create(for_native.volume.path(), &old(n))
        })?);
        rename.0.push(median_time(count, |n| {
            post_rename(&mut connection, &old(n), &new(n))
        })?);
        check.0.push(median_time(count, |_| {
            connection.get("/api/names/Fresh")?.success().map(drop)
        })?);
        if let Some(service) = &mut service {
            python_create
                .0
                .push(median_time(count, |n| post_new(service, &old(n)))?);
            let rename = median_time(count, |n| post_rename(service, &old(n), &new(n)))?;
            python_rename.0.push(rename);
        }
    }
    let line = |what: &str, samples: &Samples, limit| {
        let title = format!("slow volume, 200 projects: {what}");
        let line = Line::new(title, Unit::Millis).podslate(samples);
        line.budget(Budget::AtMost(limit))
    };
    let create = line("create a project", &create, 200.0).native(&native);
    let rename = line("rename a project", &rename, 150.0).python(&python_rename);
    Ok(vec![
        create.python(&python_create).against_native(),
        rename.against_python(),
        line("check of a name", &check, 10.0),
    ])
}

/// Operations on the volume, of which each takes a round trip on a network.
pub fn operations(setup: &Setup) -> Result<Vec<Line>> {
    let slow = Slow::new(PROJECTS, Kind::Whole)?;
    let (_server, mut connection) = slow.serve(setup)?;
    settle(&slow.volume);
    let mut lines = Vec::new();
    let mut line = |what: &str, limit, call: &mut dyn FnMut() -> Result<()>| -> Result<()> {
        // The system has forgotten what it knows.
        thread::sleep(Duration::from_millis(1100));
        let before = slow.volume.operations();
        call()?;
        let operations = slow.volume.operations() - before;
        let title = format!("operations on a volume with 200 projects: {what}");
        let line = Line::new(title, Unit::Count).value(operations as f64);
        lines.push(line.budget(Budget::AtMost(limit)));
        Ok(())
    };
    line("list of 100", 50.0, &mut || {
        connection.get(FIRST_PAGE)?.success().map(drop)
    })?;
    line("check of a name", 10.0, &mut || {
        connection.get("/api/names/Fresh")?.success().map(drop)
    })?;
    line("create a project", 200.0, &mut || {
        post_new(&mut connection, "Fresh")
    })?;
    line("rename a project", 150.0, &mut || {
        post_rename(&mut connection, "Fresh", "Other")
    })?;
    Ok(lines)
}

/// Waits until a volume is used little, or for 10 seconds.
fn settle(volume: &SlowVolume) {
    for _ in 0..10 {
        let before = volume.operations();
        thread::sleep(Duration::from_secs(1));
        if volume.operations() - before <= 20 {
            return;
        }
    }
}

/// Operations of a server that has one client and nothing to do.
pub fn idle(setup: &Setup) -> Result<Vec<Line>> {
    let line = |count: usize| {
        let title = Unit::Count.format(count as f64);
        let title = format!("slow volume, {title} projects, open stream: idle operations");
        let line = Line::new(title, Unit::PerSecond).budget(Budget::AtMost(20.0));
        match idle_rate(setup, count) {
            Ok((rate, true)) => line.value(rate),
            Ok((rate, false)) => line.value(rate).missing("no GET /api/events"),
            Err(error) => line.missing(format!("{error:#}")),
        }
    };
    Ok(vec![line(PROJECTS), line(setup.scale.many / 5)])
}

/// Operations per second, and whether the client has a stream of events.
fn idle_rate(setup: &Setup, count: usize) -> Result<(f64, bool)> {
    let slow = Slow::new(count, Kind::Thin)?;
    let (server, mut connection) = slow.serve(setup)?;
    let events = Events::open(server.address())?;
    connection.get(FIRST_PAGE)?.success()?;
    settle(&slow.volume);
    let before = slow.volume.operations();
    thread::sleep(setup.scale.idle);
    let operations = (slow.volume.operations() - before) as f64;
    Ok((
        operations / setup.scale.idle.as_secs_f64(),
        events.is_some(),
    ))
}
