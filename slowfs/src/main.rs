//! Mounts a slow volume and obeys the lines on its input; see the library.
//!
//! `podslate-slowfs BACKING MOUNT_POINT [--latency 1ms] [--ttl 1s] [--no-cache] [--threads 64]`
//!
//! Prints `ready` once the volume is mounted, and one line for each line that it reads. The volume
//! is unmounted when the input ends, and on SIGINT and SIGTERM.
#![forbid(unsafe_code)]
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command line talks to people"
)]

use std::process::ExitCode;

#[cfg(target_os = "linux")]
fn main() -> ExitCode {
    match linux::run(std::env::args().skip(1)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

#[cfg(not(target_os = "linux"))]
fn main() -> ExitCode {
    eprintln!("error: a slow volume needs FUSE, which only Linux has.");
    ExitCode::FAILURE
}

#[cfg(target_os = "linux")]
mod linux {
    use std::io::{self, BufRead, Write};
    use std::process::exit;
    use std::thread;
    use std::time::Duration;

    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    use signal_hook::iterator::Signals;
    use slowfs::{Options, Volume, answer, duration};

    /// Mounts a volume and serves it until it is unmounted.
    pub fn run(args: impl Iterator<Item = String>) -> io::Result<()> {
        let options = parse(args).ok_or_else(|| {
            io::Error::other(
                "usage: podslate-slowfs BACKING MOUNT_POINT [--latency 1ms] [--ttl 1s] \
                 [--no-cache] [--threads 64]",
            )
        })?;
        let mut signals = Signals::new([SIGHUP, SIGINT, SIGTERM])?;
        let volume = Volume::mount(&options)?;
        let (on_signal, on_end) = (volume.unmounter(), volume.unmounter());
        thread::spawn(move || {
            signals.forever().next();
            end(&on_signal);
        });
        let control = volume.control();
        thread::spawn(move || {
            let served = say("ready").and_then(|()| {
                let mut lines = io::stdin().lock().lines();
                lines.try_for_each(|line| say(&answer(&control, &line?)))
            });
            if let Err(error) = served {
                eprintln!("error: {error}");
            }
            end(&on_end);
        });
        volume.join()
    }

    fn say(line: &str) -> io::Result<()> {
        let mut output = io::stdout().lock();
        writeln!(output, "{line}")?;
        output.flush()
    }

    /// Ends the process, and with it the connection to the kernel, on which operations may wait.
    fn end(unmount: impl Fn() -> io::Result<()>) {
        let unmounted = unmount();
        if let Err(error) = &unmounted {
            eprintln!("error: the volume cannot be unmounted: {error}");
        }
        exit(i32::from(unmounted.is_err()));
    }

    fn parse(args: impl Iterator<Item = String>) -> Option<Options> {
        let mut args = args;
        let mut options = Options {
            backing: args.next()?.into(),
            mount_point: args.next()?.into(),
            latency: Duration::ZERO,
            ttl: Duration::from_secs(1),
            threads: const { std::num::NonZeroUsize::new(64).unwrap() },
        };
        while let Some(name) = args.next() {
            match &*name {
                "--no-cache" => options.ttl = Duration::ZERO,
                "--latency" => options.latency = duration(&args.next()?)?,
                "--ttl" => options.ttl = duration(&args.next()?)?,
                "--threads" => options.threads = args.next()?.parse().ok()?,
                _ => return None,
            }
        }
        Some(options)
    }
}
