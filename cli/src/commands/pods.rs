//! `podslate pods`: lists the pods that this program started.

use jiff::Timestamp;
use serde::Serialize;

use crate::args::Pods;
use crate::error::Result;
use crate::pods::{Pod, PodState, overview, provider};
use crate::runtime::block_on;
use crate::settings::Settings;
use crate::target::no_provider_configured;
use crate::{output, text};

/// Units of an age in seconds, from the largest; an age has at least two of its unit.
const UNITS: [(u64, &str); 4] = [
    (86_400, "day"),
    (3_600, "hour"),
    (60, "minute"),
    (1, "second"),
];

/// Result for programs.
#[derive(Serialize)]
struct Report {
    pods: Vec<Row>,
    count: usize,
}

#[derive(Serialize)]
struct Row {
    id: Option<String>,
    name: Option<String>,
    project: Option<String>,
    state: &'static str,
    /// How it stopped, or why it cannot be used.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    created: Option<String>,
    #[serde(skip)]
    age: Option<String>,
    url: Option<String>,
    /// Command that makes a pod without an address reachable from this machine.
    #[serde(skip_serializing_if = "Option::is_none")]
    access: Option<String>,
}

pub fn run(args: &Pods, is_json: bool) -> Result<()> {
    let settings = Settings::load(&args.provider.as_pod_args())?;
    let provider = provider(&settings)?.ok_or_else(no_provider_configured)?;
    let pods = block_on(overview(provider.as_ref(), &settings))?;
    let now = Timestamp::now();
    let row = |pod: Pod| {
        let access = provider.access(&pod);
        let row = Row::new(pod, now);
        Row { access, ..row }
    };
    let rows: Vec<Row> = pods.into_iter().map(row).collect();
    if is_json {
        let count = rows.len();
        return output::action("listed", &Report { pods: rows, count });
    }
    if rows.is_empty() {
        output::note(&format!("{} has no pods of podslate.", provider.name()));
    }
    output::lines(&table(&rows))?;
    for row in &rows {
        if let (Some(name), Some(reason)) = (&row.name, &row.reason) {
            output::note(&format!("`{name}`: {reason}."));
        }
        if let (Some(name), Some(access)) = (&row.name, &row.access) {
            output::note(&format!("To open the page of `{name}`: {access}"));
        }
    }
    Ok(())
}

impl Row {
    fn new(pod: Pod, now: Timestamp) -> Self {
        let (state, reason) = match pod.state {
            PodState::Running => ("running", None),
            PodState::Starting(_) => ("starting", None),
            PodState::Stopped(how) => ("stopped", Some(how)),
            PodState::Broken(why) => ("broken", Some(why)),
        };
        let created = pod.created.and_then(|text| text.parse::<Timestamp>().ok());
        Self {
            id: pod.id,
            name: pod.name,
            project: pod.project,
            state,
            reason,
            created: created.map(|time| format!("{time:.3}")),
            age: created.map(|time| age(now.duration_since(time).as_secs())),
            url: pod.url.map(String::from),
            access: None,
        }
    }

    fn cells(&self) -> [String; 5] {
        let state = Some(self.state.to_owned());
        let cells = [&self.name, &self.project, &state, &self.age, &self.url];
        cells.map(|cell| cell.clone().unwrap_or_else(|| "-".to_owned()))
    }
}

/// Lines with the columns name, project, state, age and address.
fn table(rows: &[Row]) -> Vec<String> {
    let width = |column: usize| {
        let widths = rows.iter().map(|row| row.cells()[column].chars().count());
        widths.max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..5).map(width).collect();
    let line = |row: &Row| {
        let cells = row.cells().into_iter().zip(&widths);
        let padded = cells.map(|(cell, width)| format!("{cell:width$}"));
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect()
}

/// An age in the largest unit of which it has two, for example `3 minutes`.
fn age(seconds: i64) -> String {
    let seconds = u64::try_from(seconds).unwrap_or_default();
    let unit = UNITS.iter().find(|(unit, _)| seconds >= 2 * unit);
    let (unit, noun) = unit.copied().unwrap_or((1, "second"));
    text::count(seconds / unit, noun)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_has_one_unit() {
        for (seconds, text) in [
            (-5, "0 seconds"),
            (1, "1 second"),
            (119, "119 seconds"),
            (120, "2 minutes"),
            (7_199, "119 minutes"),
            (7_200, "2 hours"),
            (172_800, "2 days"),
        ] {
            assert_eq!(age(seconds), text);
        }
    }

    #[test]
    fn columns_are_aligned_and_a_time_that_cannot_be_read_is_left_out() {
        let now: Timestamp = "2026-11-25T20:00:00Z".parse().unwrap();
        let row = |name: &str, state, created: &str| {
            let pod = Pod {
                id: None,
                name: Some(name.to_owned()),
                url: None,
                state,
                project: Pod::project_of(name),
                created: Some(created.to_owned()),
            };
            Row::new(pod, now)
        };
        let ended = PodState::Stopped("it ended".to_owned());
        let rows = [
            row(
                "podslate-Robot",
                PodState::Running,
                "2026-11-25T19:57:00.5Z",
            ),
            row("podslate-Hero", ended, "yesterday"),
        ];
        assert_eq!(
            table(&rows),
            [
                "podslate-Robot  Robot  running  2 minutes  -",
                "podslate-Hero   Hero   stopped  -          -"
            ]
        );
        assert_eq!(rows[1].reason.as_deref(), Some("it ended"));
        assert_eq!(rows[0].created.as_deref(), Some("2026-11-25T19:57:00.500Z"));
    }
}
