//! Feeds random bytes to everything that parses input; the tests keep the inputs worth keeping.
//!
//! Without a sanitizer: the project is safe Rust, which has no memory errors to find, and panics
//! are found without one. That is faster, and needs no other compiler.

use std::num::NonZeroU64;
use std::time::Instant;

use anyhow::{Result, ensure};
use clap::builder::PossibleValuesParser;
use fs_err as fs;
use xshell::cmd;

use crate::builder::{Builder, DEV};
use crate::paths::Paths;
use crate::step::{self, FIX_CODE};
use crate::system::{CXX, Program};
use crate::{files, tools};

const CARGO_FUZZ: &str = "0.13.2";
const BUILD: &str = "--dev --sanitizer none --strip-dead-code --features fuzzer";
/// 4 KiB are enough for some requests, and 130 seconds longer than any time limit in the code.
const LIMITS: [&str; 3] = ["-max_len=4096", "-timeout=130", "-print_final_stats=1"];

/// The targets, each with its title and its own goal.
const TARGETS: [(&str, &str, &str); 5] = [
    ("name", "names fuzzed", "-runs=10000000"),
    ("config", "configurations fuzzed", "-runs=10000000"),
    ("arguments", "arguments fuzzed", "-runs=2000000"),
    ("answer", "answers of the worker fuzzed", "-runs=2000000"),
    ("http", "HTTP fuzzed", "-max_total_time=3600"),
];

/// What `cargo xtask fuzz` is asked for.
#[derive(clap::Args)]
pub struct Options {
    /// Only this target
    #[arg(value_parser = PossibleValuesParser::new(TARGETS.map(|(name, ..)| name)))]
    target: Option<String>,
    /// Inputs to try, instead of the target's own goal
    #[arg(long)]
    runs: Option<NonZeroU64>,
    /// Time to run, instead of the target's own goal
    #[arg(long, conflicts_with = "runs")]
    seconds: Option<NonZeroU64>,
}

impl Options {
    fn goal(&self) -> Option<String> {
        let runs = self.runs.map(|runs| format!("-runs={runs}"));
        let seconds = self.seconds.map(|time| format!("-max_total_time={time}"));
        runs.or(seconds)
    }
}

/// Fuzzes one target or all of them, as long as asked for or up to their own goals.
pub fn run(paths: &Paths, options: &Options) -> Result<()> {
    let only = options.target.as_deref();
    // libFuzzer is C++ and is compiled with the targets.
    let required: &[&Program] = if cfg!(unix) { &[&CXX] } else { &[] };
    Builder::with(paths, required, &[])?.artifacts(&DEV)?;
    let cargo_fuzz = tools::cargo_tool(paths, "cargo-fuzz", CARGO_FUZZ, "cargo-fuzz --locked")?;
    let folder = paths.host_target.join("fuzz");
    let sh = paths.host.clone();
    // For the crates of the project; what they use is optimized a little as it is.
    sh.set_var("CARGO_PROFILE_DEV_OPT_LEVEL", "2");
    let command = |verb: &str| {
        let command = cmd!(sh, "{cargo_fuzz} fuzz {verb} --target-dir {folder}");
        command.args(BUILD.split(' '))
    };
    let build = command("build").args(only);
    step::run(paths, "Build the fuzz targets", FIX_CODE, build)?;
    let mut failures = Vec::new();
    for (name, title, own_goal) in TARGETS {
        if only.is_some_and(|only| only != name) {
            continue;
        }
        let [corpus, found] = ["corpus", "found"].map(|kind| folder.join(kind).join(name));
        fs::create_dir_all(&corpus)?;
        fs::create_dir_all(&found)?;
        // One at a time: two would share their finds, and the servers their time.
        let _lock = files::lock(&corpus.with_extension("lock"))?;
        let goal = options.goal().unwrap_or_else(|| own_goal.to_owned());
        let kept = paths.root.join("fuzz/corpus").join(name);
        let words = paths.root.join("fuzz/dictionaries").join(name);
        let words = format!("-dict={}", words.display());
        let prefix = format!("-artifact_prefix={}/", found.display());
        let run = command("run").arg(name).args([corpus, kept]).arg("--");
        let run = run.args(LIMITS).args([goal, words, prefix]);
        let advice = format!(
            "The input is in {}. Copy it to fuzz/corpus/{name}, where `cargo xtask test --test \
             corpus` runs it, and fix what it shows.",
            found.display()
        );
        let (start, step) = (Instant::now(), format!("fuzz {name}"));
        let result = step::run(paths, &step, &advice, run);
        let log = fs::read_to_string(step::log(paths, &step)).unwrap_or_default();
        let (tried, seconds) = (tried(&log).unwrap_or(0), start.elapsed().as_secs());
        println!("{}", line(title, tried, result.is_ok(), seconds));
        failures.extend(result.err().map(|error| format!("{error:#}")));
    }
    ensure!(failures.is_empty(), failures.join("\n"));
    Ok(())
}

/// The number of inputs that libFuzzer reports in its log.
fn tried(log: &str) -> Option<u64> {
    let mut lines = log.lines().rev();
    let count = lines.find_map(|line| line.strip_prefix("stat::number_of_executed_units:"))?;
    count.trim().parse().ok()
}

/// The result of a target, in the form of the fault suite.
fn line(title: &str, tried: u64, is_good: bool, seconds: u64) -> String {
    let survived = tried.saturating_sub(u64::from(!is_good));
    format!("{title:<44}{tried:>6} tried {survived:>6} survived  ({seconds} s)")
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Command {
        #[command(flatten)]
        options: Options,
    }

    #[test]
    fn a_target_and_another_goal_can_be_named() {
        let parse = |words: &str| {
            let options = Command::try_parse_from(words.split(' ')).ok()?.options;
            let goal = options.goal().unwrap_or_default();
            Some(options.target.unwrap_or_default() + &goal)
        };
        assert_eq!(parse("fuzz").as_deref(), Some(""));
        assert_eq!(parse("fuzz http").as_deref(), Some("http"));
        assert_eq!(parse("fuzz --runs 5").as_deref(), Some("-runs=5"));
        let both = parse("fuzz http --seconds 60");
        assert_eq!(both.as_deref(), Some("http-max_total_time=60"));
        for wrong in "htp;--runs;--runs 0;--runs x;http name;--runs 5 --seconds 6".split(';') {
            assert_eq!(parse(&format!("fuzz {wrong}")), None);
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
        let result = |is_good| line("names fuzzed", 12, is_good, 50);
        assert!(result(false).ends_with("12 tried     11 survived  (50 s)"));
        assert!(result(true).ends_with("12 tried     12 survived  (50 s)"));
    }

    #[test]
    fn every_target_has_a_program_and_a_corpus() {
        let fuzz = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz");
        for (name, ..) in TARGETS {
            assert!(fuzz.join(format!("fuzz_targets/{name}.rs")).is_file());
            let mut corpus = fs::read_dir(fuzz.join("corpus").join(name)).unwrap();
            assert!(corpus.next().is_some());
        }
    }
}
