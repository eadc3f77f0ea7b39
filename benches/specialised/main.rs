//! `specialised [--threads N] FILE`: minimum, mean and maximum by station of a file of the One Billion Row Challenge, as CSV.
//! What this costs a program that knows the format beforehand and does nothing else: the mark that the engine is held against.
//!
//! It takes every line for `name;-?d?d.d`, of names of 1 to 100 bytes without a quote, at most 10,000 different ones. It
//! checks nothing: of another file its output means nothing.

mod rows;
mod table;

use std::fs::File;
use std::io::{BufWriter, Error, ErrorKind, Result, Write, stderr, stdout};
use std::os::unix::fs::FileExt;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use table::Table;

/// Bytes of a block: small enough to stay in the processor's cache while it is read.
const BLOCK: usize = 1 << 19;

/// The longest line: a name of 100 bytes, `;-99.9` and the line feed, rounded up.
const LINE: usize = 128;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        [path] => run(path, 2),
        ["--threads", threads, path] => {
            threads.parse().map_err(Error::other).and_then(|threads| run(path, threads))
        }
        _ => Err(Error::other("usage: specialised [--threads N] FILE")),
    };
    let failed =
        |error| writeln!(stderr(), "specialised: {error}").map_or(ExitCode::FAILURE, |()| ExitCode::FAILURE);
    done.map_or_else(failed, |()| ExitCode::SUCCESS)
}

fn run(path: &str, threads: usize) -> Result<()> {
    let (file, ticket) = (File::open(path)?, AtomicU64::new(0));
    let mut all = Table::new();
    thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(|| scan(&file, &ticket))).collect();
        for worker in workers {
            all.merge(&worker.join().map_err(|_| Error::other("a thread has panicked"))??);
        }
        report(&all)
    })
}

/// Blocks by the ticket until there are none.
fn scan(file: &File, ticket: &AtomicU64) -> Result<Table> {
    let mut table = Table::new();
    // The byte before the block, the block, the end of its last line, and what is loaded but not looked at.
    let mut buffer = vec![0; 1 + BLOCK + LINE + 32];
    loop {
        let begin = ticket.fetch_add(1, Ordering::Relaxed) * BLOCK as u64;
        let before = usize::from(begin > 0);
        let length = read(file, &mut buffer[..before + BLOCK + LINE], begin - before as u64)?;
        if length <= before {
            return Ok(table);
        }
        // A row belongs to the block in which it begins.
        let from = if begin == 0 { 0 } else { rows::next_line(&buffer, 0) };
        rows::add(&buffer, from, length.min(before + BLOCK), &mut table);
    }
}

/// Fills the buffer as far as the file goes.
fn read(file: &File, buffer: &mut [u8], from: u64) -> Result<usize> {
    let mut length = 0;
    while length < buffer.len() {
        match file.read_at(&mut buffer[length..], from + length as u64) {
            Ok(0) => break,
            Ok(more) => length += more,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(length)
}

fn report(table: &Table) -> Result<()> {
    let mut stations: Vec<_> = table.stations().collect();
    stations.sort_unstable_by_key(|(name, _)| *name);
    let mut output = BufWriter::new(stdout().lock());
    output.write_all(b"station,least,mean,greatest\n")?;
    for (name, station) in stations {
        let quote = if name.contains(&b',') { "\"" } else { "" };
        write!(output, "{quote}{}{quote}", String::from_utf8_lossy(name))?;
        let (least, greatest) = (f64::from(station.least) / 10.0, f64::from(station.greatest) / 10.0);
        writeln!(output, ",{least:.1},{:?},{greatest:.1}", station.mean())?;
    }
    output.flush()
}
