//! ZIP archives, read into memory within limits. Names are only compared, never used as paths.

use std::io::{Cursor, Read};

use zip::ZipArchive;
use zip::result::ZipError;

use crate::file::error::ImportError;

const MOST_ENTRIES: usize = 2_000;
const ENTRY_LIMIT: u64 = 16 << 20;
const TOTAL_LIMIT: u64 = 64 << 20;

/// A file of an archive: its last path segment and its bytes.
pub struct Entry {
    pub path: String,
    pub bytes: Vec<u8>,
}

impl Entry {
    pub fn file_name(&self) -> &str {
        self.path.rsplit(['/', '\\']).next().unwrap_or(&self.path)
    }
}

/// The paths in the archive, in its order.
pub fn paths(place: &str, bytes: &[u8]) -> Result<Vec<String>, ImportError> {
    Ok(open(place, bytes)?.file_names().flatten().map(String::from).collect())
}

/// The files whose path is `wanted`, by path. What is not wanted is not decompressed. Sizes are counted while
/// reading: what the archive says about itself is not believed.
pub fn entries(place: &str, bytes: &[u8], wanted: impl Fn(&str) -> bool) -> Result<Vec<Entry>, ImportError> {
    let mut archive = open(place, bytes)?;
    let (mut entries, mut total) = (Vec::new(), 0);
    for index in 0..archive.len() {
        let Some(Ok(path)) = archive.name_for_index(index).map(|name| name.map(String::from)) else {
            continue;
        };
        if path.ends_with('/') || !wanted(&path) {
            continue;
        }
        let inside = format!("{place}, {path}");
        let file = archive.by_index(index).map_err(|error| unreadable(&inside, error))?;
        let bytes = read_within(&inside, file, ENTRY_LIMIT.min(TOTAL_LIMIT - total))?;
        total += bytes.len() as u64;
        entries.push(Entry { path, bytes });
    }
    entries.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(entries)
}

fn open<'a>(place: &str, bytes: &'a [u8]) -> Result<ZipArchive<Cursor<&'a [u8]>>, ImportError> {
    let archive = ZipArchive::new(Cursor::new(bytes)).map_err(|error| unreadable(place, error))?;
    if archive.len() > MOST_ENTRIES {
        return Err(ImportError::too_large(place, format!("{MOST_ENTRIES} files")));
    }
    Ok(archive)
}

fn read_within(place: &str, reader: impl Read, limit: u64) -> Result<Vec<u8>, ImportError> {
    let mut bytes = Vec::new();
    reader
        .take(limit + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| ImportError::not_readable(place, format!("the archive is damaged here: {error}")))?;
    if bytes.len() as u64 > limit {
        return Err(ImportError::too_large(place, format!("{} MiB unpacked", ENTRY_LIMIT >> 20)));
    }
    Ok(bytes)
}

fn unreadable(place: &str, error: ZipError) -> ImportError {
    match error {
        ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED) | ZipError::InvalidPassword => {
            ImportError::Encrypted { place: place.to_owned() }
        }
        error => ImportError::not_readable(place, error),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::io::Write;

    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    use super::*;

    pub(crate) fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in files {
            archive.start_file(*name, SimpleFileOptions::default()).unwrap();
            archive.write_all(bytes).unwrap();
        }
        archive.finish().unwrap().into_inner()
    }

    #[test]
    fn only_wanted_files_in_the_order_of_their_paths() {
        let bytes = zip(&[("b/x.csv", b"1"), ("../../a/x.csv", b"2"), ("c.txt", b"3")]);
        let entries = entries("z", &bytes, |path| path.contains("csv")).unwrap();
        let read: Vec<_> = entries.iter().map(|entry| (entry.file_name(), entry.bytes.as_slice())).collect();
        assert_eq!(read, [("x.csv", b"2".as_slice()), ("x.csv", b"1".as_slice())]);
    }

    #[test]
    fn all_files_together_are_limited_too() {
        let (size, count) = (usize::try_from(ENTRY_LIMIT).unwrap(), TOTAL_LIMIT / ENTRY_LIMIT + 1);
        let names: Vec<_> = (0..count).map(|index| index.to_string()).collect();
        let zeros = vec![0; size];
        let files: Vec<_> = names.iter().map(|name| (name.as_str(), zeros.as_slice())).collect();
        let error = entries("z", &zip(&files), |_| true).err().unwrap();
        assert!(matches!(error, ImportError::TooLarge { .. }), "{error}");
    }

    #[test]
    fn too_many_files() {
        let names: Vec<_> = (0..=MOST_ENTRIES).map(|index| index.to_string()).collect();
        let files: Vec<_> = names.iter().map(|name| (name.as_str(), b"".as_slice())).collect();
        assert_eq!(
            paths("z", &zip(&files)).unwrap_err().to_string(),
            "z: larger than the limit of 2000 files"
        );
    }
}
