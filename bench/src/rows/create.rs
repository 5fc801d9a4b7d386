//! Creating projects.

use std::cell::{Cell, RefCell};
use std::path::Path;

use anyhow::Result;
use tempfile::TempDir;

use crate::http::Connection;
use crate::line::{Budget, Line, Unit};
use crate::load::{self, Load, Until, post};
use crate::native;
use crate::projects::{Kind, dataset, remove};
use crate::samples::{Sampler, Samples, interleave};
use crate::setup::{Service, Setup, await_counted, new_project};

const CONNECTIONS: usize = 8;
/// Start of the names of new projects.
const NEW: &str = "Fresh";

/// Numbers that are in no two names of projects.
#[derive(Default)]
struct Rounds {
    next: Cell<usize>,
    requests: usize,
}

impl Rounds {
    fn next(&self) -> usize {
        self.next.replace(self.next.get() + 1)
    }

    /// Sends requests that create projects.
    fn create(&self, address: &str, connections: usize) -> Result<Load> {
        let round = self.next();
        let body = |number| new_project(&format!("{NEW}-{round}-{number}"));
        let until = Until::Sent(self.requests);
        post(address, connections, "/api/projects/create", until, body)
    }

    /// Creates projects without podslate.
    fn create_natively(&self, workspace: &Path, threads: usize) -> Result<Load> {
        let round = self.next();
        load::run(threads, Until::Sent(self.requests), || {
            Ok(move |number| native::create(workspace, &format!("{NEW}-{round}-{number}")))
        })
    }
}

/// Many at the same time on the local disk.
pub fn many(setup: &Setup) -> Result<Vec<Line>> {
    let count = setup.scale.many / 2;
    let homes = [(); 4].map(|()| setup.on_disk());
    let [empty, for_python, for_syncing, for_native] = homes;
    let (empty, for_python, for_native) = (empty?, for_python?, for_native?);
    let for_syncing = for_syncing?;
    let full = dataset(&setup.disk, count, Kind::Thin)?;
    // Of a run that was interrupted.
    remove(&full, NEW)?;
    let (empty_server, full_server) = (setup.podslate(empty.path())?, setup.podslate(&full)?);
    let python = setup.service(for_python.path())?;
    let syncing = setup.service_that_syncs(for_syncing.path())?;
    await_counted(&mut Connection::open(full_server.address())?)?;
    let rounds = Rounds {
        requests: setup.scale.requests,
        ..Rounds::default()
    };
    let latencies = RefCell::new([Samples::default(), Samples::default()]);
    let timed = |index: usize, address: &str| {
        let load = rounds.create(address, CONNECTIONS)?;
        latencies.borrow_mut()[index].0.push(load.latency);
        Ok(load.rate)
    };
    let in_python = |service: &Service| Ok(rounds.create(service.address(), CONNECTIONS)?.rate);
    let natively = || Ok(rounds.create_natively(for_native.path(), CONNECTIONS)?.rate);
    let [podslate, python, syncing, native, full_rate] = interleave(
        setup.scale.rounds,
        [
            Some(Box::new(|| timed(0, empty_server.address()))),
            optional(python.as_ref(), &in_python),
            optional(syncing.as_ref(), &in_python),
            Some(Box::new(natively)),
            Some(Box::new(|| timed(1, full_server.address()))),
        ],
    )?;
    remove(&full, NEW)?;
    let count = Unit::Count.format(count as f64);
    let [at_empty, at_full] = latencies.into_inner();
    let [rate, syncing] = rates(&podslate, &native, [&python, &syncing]);
    let title = format!("create, 8 connections, {count} projects: per second");
    let full_rate = Line::new(title, Unit::PerSecond).podslate(&full_rate);
    let title = format!("create, 8 connections, {count} projects: time of a request");
    let latency = Line::new(title, Unit::Millis).podslate(&at_full);
    let latency = latency.ratio(&at_empty, "an empty workspace");
    Ok(vec![
        rate,
        syncing,
        full_rate.ratio(&podslate, "an empty workspace"),
        latency.budget(Budget::RatioAtMost(1.2)),
    ])
}

/// Against Python as it is in the guide, and against one that syncs as podslate does.
fn rates(podslate: &Samples, native: &Samples, python: [&Samples; 2]) -> [Line; 2] {
    let title = "create, 8 connections, local disk: projects per second";
    let line = |python| {
        let line = Line::new(title, Unit::PerSecond).podslate(podslate);
        line.native(native).python(python).against_python()
    };
    let [as_it_is, syncing] = python.map(line);
    [
        as_it_is.budget(Budget::RatioAtLeast(3.0)),
        syncing.titled("create, 8 connections, local disk, and Python syncs, too"),
    ]
}

/// A sampler of a service, if there is one.
fn optional<'a>(
    service: Option<&'a Service>,
    sample: &'a dyn Fn(&Service) -> Result<f64>,
) -> Option<Sampler<'a>> {
    service.map(|service| -> Sampler { Box::new(move || sample(service)) })
}

/// One after the other: in memory, where the sandbox is what takes time, and on the local disk.
pub fn sandbox(setup: &Setup) -> Result<Vec<Line>> {
    let in_memory = [(); 3].map(|()| Setup::in_memory());
    let on_disk = [(); 3].map(|()| setup.on_disk());
    let title = "create, 1 connection, in memory: time of a request";
    let in_memory = one_by_one(setup, title, in_memory)?.budget(Budget::RatioAtMost(1.6));
    let title = "create, 1 connection, local disk: time of a request";
    Ok(vec![in_memory, one_by_one(setup, title, on_disk)?])
}

fn one_by_one(setup: &Setup, title: &str, homes: [Result<TempDir>; 3]) -> Result<Line> {
    let [for_podslate, for_python, for_native] = homes;
    let (for_podslate, for_python, for_native) = (for_podslate?, for_python?, for_native?);
    let podslate = setup.podslate(for_podslate.path())?;
    let service = setup.service(for_python.path())?;
    let rounds = Rounds {
        requests: setup.scale.requests * 4,
        ..Rounds::default()
    };
    let in_python = |service: &Service| Ok(rounds.create(service.address(), 1)?.latency);
    let [podslate, python, native] = interleave(
        setup.scale.rounds,
        [
            Some(Box::new(|| {
                Ok(rounds.create(podslate.address(), 1)?.latency)
            })),
            optional(service.as_ref(), &in_python),
            Some(Box::new(|| {
                Ok(rounds.create_natively(for_native.path(), 1)?.latency)
            })),
        ],
    )?;
    let line = Line::new(title, Unit::Millis).podslate(&podslate);
    Ok(line.python(&python).native(&native).against_native())
}
