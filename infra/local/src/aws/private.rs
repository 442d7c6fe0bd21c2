//! Files and directories that only their owner can read: they hold people's mail and history.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

/// Makes a directory and what is missing above it.
pub fn create_dir(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Opens a file for writing, made if it is missing and left as it is otherwise.
pub fn open(path: &Path) -> io::Result<File> {
    options().truncate(false).open(path)
}

/// Writes a whole file and has it on disk when this returns.
pub fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut file = options().truncate(true).open(path)?;
    file.write_all(content)?;
    file.sync_all()
}

fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}
