//! What belongs to a rewritten configuration besides its bytes, which WASI has no calls for.
//!
//! The worker asks for it by a call that changes nothing elsewhere: to set neither of the times of
//! the new, still empty file.

use std::path::Path;

use wasmtime::{Caller, Extern, Linker};

const SUCCESS: i32 = 0;
const ERRNO_INVAL: i32 = 28;
#[cfg(unix)]
const ERRNO_IO: i32 = 29;
/// Maximum length of a path that the worker passes, in bytes.
const MAX_PATH: usize = 4096;

/// Puts the host's answer in the place of the call.
/// `workspace` is the folder of an instance.
pub(crate) fn add_to_linker<T: 'static>(
    linker: &mut Linker<T>,
    workspace: fn(&T) -> &Path,
) -> wasmtime::Result<()> {
    linker.allow_shadowing(true);
    linker.func_wrap(
        "wasi_snapshot_preview1",
        "path_filestat_set_times",
        move |mut caller: Caller<'_, T>,
              _fd: i32,
              _flags: i32,
              path: i32,
              length: i32,
              _accessed: i64,
              _modified: i64,
              times: i32| {
            // Nothing sets times.
            match read_path(&mut caller, path, length) {
                Some(path) if times == 0 => take_over(workspace(caller.data()), &path),
                _ => ERRNO_INVAL,
            }
        },
    )?;
    linker.allow_shadowing(false);
    Ok(())
}

fn read_path<T>(caller: &mut Caller<'_, T>, start: i32, length: i32) -> Option<String> {
    let Some(Extern::Memory(memory)) = caller.get_export("memory") else {
        return None;
    };
    let (start, length) = (usize::try_from(start).ok()?, usize::try_from(length).ok()?);
    let end = start.checked_add(length.min(MAX_PATH + 1))?;
    let bytes = memory.data(&caller).get(start..end)?;
    let path = String::from_utf8(bytes.to_vec()).ok()?;
    (path.len() <= MAX_PATH).then_some(path)
}

/// Gives the new file at `path` what belongs to the configuration beside it.
#[cfg(unix)]
fn take_over(workspace: &Path, path: &str) -> i32 {
    use podslate_disk::metadata;
    use podslate_shared::layout::{CONFIG_FILE, STAGING_PREFIX};
    use rustix::fs::{Mode, OFlags, open, openat};
    use rustix::io::{Errno, Result};

    let parts: Vec<&str> = path.split('/').collect();
    let Some((copy, folders)) = parts.split_last() else {
        return ERRNO_INVAL;
    };
    if !copy.starts_with(STAGING_PREFIX)
        || folders.iter().any(|part| matches!(*part, "" | "." | ".."))
    {
        return ERRNO_INVAL;
    }
    let taken = || -> Result<()> {
        let base = OFlags::RDONLY | OFlags::CLOEXEC;
        let inside = base | OFlags::NOFOLLOW | OFlags::NONBLOCK;
        // The workspace itself may be reached by a link, which the person chose.
        let mut folder = open(workspace, base | OFlags::DIRECTORY, Mode::empty())?;
        for part in folders {
            folder = openat(&folder, *part, inside | OFlags::DIRECTORY, Mode::empty())?;
        }
        let model = match openat(&folder, CONFIG_FILE, inside, Mode::empty()) {
            Err(Errno::NOENT) => return Ok(()),
            model => model?,
        };
        let copy = openat(&folder, *copy, inside, Mode::empty())?;
        metadata::take_over(&model, &copy)
    };
    taken().map_or(ERRNO_IO, |()| SUCCESS)
}

/// Files have no owner and no mode here that a rename would lose.
#[cfg(not(unix))]
fn take_over(_workspace: &Path, _path: &str) -> i32 {
    SUCCESS
}
