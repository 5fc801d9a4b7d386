//! The stream of events.

use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::events::Events;
use crate::http::Connection;
use crate::line::{Budget, Line, Unit};
use crate::load::millis;
use crate::native;
use crate::projects::{Kind, create};
use crate::samples::Samples;
use crate::setup::{Setup, await_counted};

/// Time to allow for an event.
const LIMIT: Duration = Duration::from_secs(10);
/// Between two changes, so that each is an event of its own.
const PAUSE: Duration = Duration::from_millis(300);
const PROJECTS: usize = 200;

fn missing(line: Line) -> Vec<Line> {
    vec![line.missing("no GET /api/events")]
}

/// A project of another program appears in an open stream.
pub fn foreign(setup: &Setup) -> Result<Vec<Line>> {
    let title = "a project of another program appears in an open stream of events";
    let line = Line::new(title, Unit::Millis).budget(Budget::AtMost(300.0));
    let workspace = setup.on_disk()?;
    create(workspace.path(), PROJECTS, Kind::Whole)?;
    let server = setup.podslate(workspace.path())?;
    await_counted(&mut Connection::open(server.address())?)?;
    let Some(events) = Events::open(server.address())? else {
        return Ok(missing(line));
    };
    let mut times = Samples::default();
    for number in 0..setup.scale.rounds * 4 {
        let quiet = Instant::now() + PAUSE;
        while events.next(quiet)?.is_some() {}
        let name = format!("Foreign{number}");
        let begin = Instant::now();
        native::create(workspace.path(), &name)?;
        await_name(&events, &name)?;
        times.0.push(millis(begin.elapsed()));
    }
    Ok(vec![line.podslate(&times)])
}

/// Waits for an event that names a project, or asks to read the list again.
fn await_name(events: &Events, name: &str) -> Result<()> {
    let deadline = Instant::now() + LIMIT;
    loop {
        let event = events
            .next(deadline)?
            .context("no event within 10 seconds")?;
        let is_named = event.name == "change" && event.data.contains(&format!("\"{name}\""));
        if is_named || event.name == "reset" {
            return Ok(());
        }
    }
}

/// Bytes of a stream on which nothing happens.
pub fn idle(setup: &Setup) -> Result<Vec<Line>> {
    let title = "a stream without events: bytes per second";
    let line = Line::new(title, Unit::PerSecond).budget(Budget::AtMost(100.0));
    let workspace = setup.on_disk()?;
    create(workspace.path(), PROJECTS, Kind::Whole)?;
    let server = setup.podslate(workspace.path())?;
    await_counted(&mut Connection::open(server.address())?)?;
    let Some(events) = Events::open(server.address())? else {
        return Ok(missing(line));
    };
    // What is sent at the start is not counted.
    let quiet = Instant::now() + PAUSE;
    while events.next(quiet)?.is_some() {}
    let (before, time) = (events.received(), setup.scale.idle * 2);
    thread::sleep(time);
    let bytes = (events.received() - before) as f64;
    Ok(vec![line.value(bytes / time.as_secs_f64())])
}
