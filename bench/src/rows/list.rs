//! Lists and names on the local disk.

use anyhow::Result;

use crate::http::Connection;
use crate::line::{Budget, Line, Unit};
use crate::load::{Until, get};
use crate::projects::{Kind, dataset};
use crate::samples::{Sampler, interleave};
use crate::setup::{Setup, await_counted};
use crate::{load, native};

/// Lists of 2,000 projects.
pub fn all(setup: &Setup) -> Result<Vec<Line>> {
    const COUNT: usize = 2_000;
    let workspace = dataset(&setup.disk, COUNT, Kind::Whole)?;
    let (podslate, python) = (setup.podslate(&workspace)?, setup.service(&workspace)?);
    await_counted(&mut Connection::open(podslate.address())?)?;
    let until = Until::Elapsed(setup.scale.sample);
    let mut lines = Vec::new();
    for (path, title) in [
        ("/api/projects/list", "names of 2,000 projects"),
        ("/api/projects", "2,000 projects with their stages"),
    ] {
        for connections in [1, 8] {
            let request = |address: &str| Ok(get(address, connections, path, until)?.rate);
            let is_in_python = path.ends_with("list");
            let python = python.as_ref().filter(|_| is_in_python);
            let limit = |_| native::list(&workspace).map(drop).map_err(Into::into);
            let [podslate, python, native] = interleave(
                setup.scale.rounds,
                [
                    Some(Box::new(|| request(podslate.address()))),
                    python.map(|python| -> Sampler { Box::new(|| request(python.address())) }),
                    Some(Box::new(|| {
                        Ok(load::run(connections, until, || Ok(limit))?.rate)
                    })),
                ],
            )?;
            let title = format!("list of {title}, {connections} connections: lists per second");
            let title = title.replace(" 1 connections", " 1 connection");
            let line = Line::new(title, Unit::PerSecond).podslate(&podslate);
            let line = line.python(&python).native(&native);
            lines.push(if is_in_python {
                line.against_python().budget(Budget::RatioAtLeast(20.0))
            } else {
                line.against_native()
            });
        }
    }
    Ok(lines)
}

/// The first 50 of many projects.
pub fn first_page(setup: &Setup) -> Result<Vec<Line>> {
    const FEW: usize = 1_000;
    let many = setup.scale.many;
    let [few, all] = [FEW, many].map(|count| dataset(&setup.disk, count, Kind::Thin));
    let [few, all] = [setup.podslate(&few?)?, setup.podslate(&all?)?];
    for server in [&few, &all] {
        await_counted(&mut Connection::open(server.address())?)?;
    }
    let until = Until::Elapsed(setup.scale.sample);
    let mut lines = Vec::new();
    for (sort, order) in [("name", "by name"), ("modified", "last changed first")] {
        let path = format!("/api/projects?limit=50&sort={sort}");
        let request = |address: &str| Ok(get(address, 1, &path, until)?.latency);
        let [few, all] = interleave(
            setup.scale.rounds,
            [
                Some(Box::new(|| request(few.address()))),
                Some(Box::new(|| request(all.address()))),
            ],
        )?;
        let count = Unit::Count.format(many as f64);
        let title = format!("first 50 of {count} projects, {order}");
        let line = Line::new(&*title, Unit::Millis).podslate(&all);
        lines.push(line.budget(Budget::AtMost(2.0)));
        let line = Line::new(title + ": growth", Unit::Millis).podslate(&all);
        let line = line.ratio(&few, "that of 1,000");
        lines.push(line.budget(Budget::RatioAtMost(1.5)));
    }
    Ok(lines)
}

/// Whether a name is free.
pub fn names(setup: &Setup) -> Result<Vec<Line>> {
    let count = setup.scale.many / 2;
    let (empty, many) = (setup.on_disk()?, dataset(&setup.disk, count, Kind::Thin)?);
    let [empty_server, many_server] = [empty.path(), &many].map(|path| setup.podslate(path));
    let (empty_server, many_server) = (empty_server?, many_server?);
    await_counted(&mut Connection::open(many_server.address())?)?;
    let until = Until::Elapsed(setup.scale.sample);
    let request = |address: &str| Ok(get(address, 1, "/api/names/Fresh", until)?.latency);
    let [empty, many] = interleave(
        setup.scale.rounds,
        [
            Some(Box::new(|| request(empty_server.address()))),
            Some(Box::new(|| request(many_server.address()))),
        ],
    )?;
    let title = format!(
        "check of a free name, {} projects",
        Unit::Count.format(count as f64)
    );
    let line = Line::new(title, Unit::Millis).podslate(&many);
    let line = line.ratio(&empty, "an empty workspace");
    Ok(vec![line.budget(Budget::RatioAtMost(1.5))])
}
