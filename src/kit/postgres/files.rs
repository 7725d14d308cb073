//! Directories and files opened without following links, and changed through what was opened: a portal started as
//! root must not be led elsewhere by a link that another user put in its way.

use std::fs::{File, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use rustix::fs::OFlags;

/// The directory itself; a link or a file is an error.
pub fn open_dir(path: &Path) -> io::Result<File> {
    open(OpenOptions::new().read(true), path, OFlags::DIRECTORY)
}

/// A file that its owner alone may read, as `options` open or make it.
pub fn open_private(path: &Path, options: &mut OpenOptions) -> io::Result<File> {
    // Not waiting: a pipe in the file's place would hold us for ever.
    let file = open(options.mode(0o600), path, OFlags::NONBLOCK)?;
    let found = file.metadata()?;
    if !found.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "not an ordinary file"));
    }
    if found.permissions().mode() & 0o077 != 0 {
        file.set_permissions(Permissions::from_mode(0o600))?;
    }
    Ok(file)
}

fn open(options: &mut OpenOptions, path: &Path, flags: OFlags) -> io::Result<File> {
    options.custom_flags((OFlags::NOFOLLOW | flags).bits().cast_signed()).open(path)
}
