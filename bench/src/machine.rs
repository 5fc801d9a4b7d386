//! The machine that measured.

use std::fs;
use std::path::Path;
use std::thread::available_parallelism;

/// What the values depend on.
#[derive(Clone, Debug)]
pub struct Machine {
    /// Model of the processor.
    pub processor: String,
    /// Number of processors.
    pub processors: usize,
    /// The kernel.
    pub kernel: String,
    /// The file system of the local disk.
    pub disk: String,
}

impl Machine {
    /// This machine; `disk` is a folder on the local disk.
    pub fn this(disk: &Path) -> Self {
        let read = |path| fs::read_to_string(path).unwrap_or_default();
        let info = read("/proc/cpuinfo");
        let model = info.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            (name.trim() == "model name").then(|| value.trim().to_owned())
        });
        let unknown = || "unknown".to_owned();
        Self {
            processor: model.unwrap_or_else(unknown),
            processors: available_parallelism().map_or(1, usize::from),
            kernel: match read("/proc/sys/kernel/osrelease").trim() {
                "" => std::env::consts::OS.to_owned(),
                release => format!("Linux {release}"),
            },
            disk: file_system(&read("/proc/self/mounts"), disk).unwrap_or_else(unknown),
        }
    }
}

/// The type of the file system that has `path`.
fn file_system(mounts: &str, path: &Path) -> Option<String> {
    let mounts = mounts.lines().filter_map(|line| {
        let mut words = line.split(' ').skip(1);
        Some((words.next()?, words.next()?))
    });
    let covering = mounts.filter(|(point, _)| path.starts_with(point));
    let (_, kind) = covering.max_by_key(|(point, _)| point.len())?;
    Some(kind.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_deepest_mount_counts() {
        let mounts = "/dev/vda / ext4 rw 0 0\ntmpfs /dev/shm tmpfs rw 0 0\n";
        let kind = |path: &str| file_system(mounts, path.as_ref());
        assert_eq!(kind("/home/x").as_deref(), Some("ext4"));
        assert_eq!(kind("/dev/shm/x").as_deref(), Some("tmpfs"));
        assert_eq!(file_system("", "/".as_ref()), None);
    }
}
