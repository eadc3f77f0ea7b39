//! The ways to read a file that are compared.
#![allow(
    unsafe_code,
    reason = "memory maps, to be measured; the reads are their twin, and both must count the same"
)]

use std::fs::File;
use std::io::{Error, ErrorKind, Result};
use std::os::unix::fs::FileExt;
use std::sync::atomic::{AtomicU64, Ordering};

use memmap2::{Advice, Mmap, MmapOptions};

/// One way.
pub(crate) enum Way {
    /// pread of pieces of so many KiB into a buffer of the thread's own.
    Read(usize),
    /// A map of the whole file, looked at in pieces of so many KiB.
    Map(usize),
    /// A map of each piece of so many KiB alone, unmapped behind it.
    Windows(usize),
}

pub(crate) const WAYS: [Way; 10] = [
    Way::Read(64),
    Way::Read(256),
    Way::Read(512),
    Way::Read(1024),
    Way::Read(2048),
    Way::Map(256),
    Way::Map(1024),
    Way::Windows(256),
    Way::Windows(1024),
    Way::Windows(16_384),
];

impl Way {
    pub(crate) fn name(&self) -> String {
        match self {
            Way::Read(kib) => format!("pread of {kib} KiB"),
            Way::Map(kib) => format!("map of the file, pieces of {kib} KiB"),
            Way::Windows(kib) => format!("maps of {kib} KiB"),
        }
    }

    /// Reads all of the file with so many threads; gives how many delimiters and line feeds it has.
    pub(crate) fn count(&self, path: &str, threads: usize) -> Result<u64> {
        let file = File::open(path)?;
        let length = file.metadata()?.len();
        let next = AtomicU64::new(0);
        let whole = match self {
            Way::Map(_) => Some(map(&file, 0, length)?),
            _ => None,
        };
        std::thread::scope(|scope| {
            let worker = || self.work(&file, whole.as_ref(), length, &next);
            let workers: Vec<_> = (0..threads).map(|_| scope.spawn(worker)).collect();
            let panicked = || Error::from(ErrorKind::Other);
            workers.into_iter().map(|worker| worker.join().map_err(|_| panicked())?).sum()
        })
    }

    fn work(&self, file: &File, whole: Option<&Mmap>, length: u64, next: &AtomicU64) -> Result<u64> {
        let (Way::Read(kib) | Way::Map(kib) | Way::Windows(kib)) = self;
        let piece = (kib << 10) as u64;
        let mut buffer = vec![0; if matches!(self, Way::Read(_)) { kib << 10 } else { 0 }];
        let mut marks = 0;
        loop {
            let start = next.fetch_add(1, Ordering::Relaxed) * piece;
            if start >= length {
                return Ok(marks);
            }
            let bytes = piece.min(length - start) as usize;
            marks += match (self, whole) {
                (Way::Map(_), Some(map)) => count(&map[start as usize..start as usize + bytes]),
                (Way::Windows(_), _) => count(&map(file, start, bytes as u64)?),
                _ => {
                    file.read_exact_at(&mut buffer[..bytes], start)?;
                    count(&buffer[..bytes])
                }
            };
        }
    }
}

fn map(file: &File, start: u64, bytes: u64) -> Result<Mmap> {
    // SAFETY: nobody changes the file while it is measured; were it to shrink, the process would end, and no result be given.
    let map = unsafe { MmapOptions::new().offset(start).len(bytes as usize).map(file)? };
    map.advise(Advice::Sequential)?;
    Ok(map)
}

/// Delimiters and line feeds.
fn count(bytes: &[u8]) -> u64 {
    // Sums of bytes are what the compiler counts with vectors.
    let marks =
        |chunk: &[u8]| chunk.iter().map(|byte| u8::from(matches!(byte, b',' | b';' | b'\n'))).sum::<u8>();
    bytes.chunks(128).map(|chunk| u64::from(marks(chunk))).sum()
}
