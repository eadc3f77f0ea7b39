//! A file as memory, without copying it. The only file of this crate with unsafe code; its safe twin reads the file,
//! and tests hold one against the other.
#![allow(unsafe_code, reason = "a file that someone else may change cannot be mapped safely")]

use std::fs::File;
use std::io;

use arrow::buffer::Buffer;
use bytes::Bytes;
use memmap2::Mmap;

/// The bytes of `file`, in the page cache. The map is there as long as any part of the buffer.
///
/// Whoever maps a file relies on nobody changing it meanwhile: text that was found to be UTF-8 may not be later, and a
/// file that was made shorter ends the process with SIGBUS when a page behind its end is touched. Files that this crate
/// writes are never changed, only replaced, which leaves a map of the old one as it is.
pub(super) fn map(file: &File) -> io::Result<Buffer> {
    if file.metadata()?.len() == 0 {
        // The system maps nothing only where there is something.
        return Ok(Buffer::default());
    }
    // SAFETY: the map is private to this process and read only; the documentation of `Store::open_mapped` asks that the
    // file is not changed while it is open, as every program that maps a file must.
    let map = unsafe { Mmap::map(file)? };
    Ok(Buffer::from(Bytes::from_owner(map)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    #[test]
    fn a_map_has_the_bytes_that_reading_gives() {
        for length in [0, 1, 4095, 4096, 100_000] {
            let path = tempfile::NamedTempFile::new().unwrap();
            let bytes: Vec<u8> = (0..length).map(|at: u32| (at * 7 % 251) as u8).collect();
            std::fs::write(&path, &bytes).unwrap();
            let file = File::open(&path).unwrap();
            let mut read = Vec::new();
            (&file).read_to_end(&mut read).unwrap();
            let mapped = map(&file).unwrap();
            assert_eq!(mapped.as_slice(), read);
            drop(file);
            std::fs::remove_file(&path).unwrap();
            assert_eq!(mapped.as_slice(), bytes, "the map outlives the file's name");
        }
    }
}
