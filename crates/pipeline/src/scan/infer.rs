//! `--infer full`: every cell of the wanted columns, in a pass of its own.

use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, PoisonError};

use plimsoll_core::{Profile, Result};
use plimsoll_csv::{CsvFile, Reader, Scan};
use plimsoll_kernels::Block;
use plimsoll_memory::Consumer;
use rayon::ThreadPool;

/// What the cells of `columns` (indexes in the file, ascending) are in the whole file, beside those that are `known`; the
/// entries of other columns stay as they are. Reads the file once, with a reader on each thread of `pool`. Records that are longer than a block
/// have their memory reserved from `consumer`.
///
/// # Errors
/// `Io`, `MemoryLimit`, and `Data` for the first record that breaks the rules of the format.
pub fn infer_full(
    file: &CsvFile,
    known: Vec<Profile>,
    columns: &[usize],
    block_size: usize,
    pool: &ThreadPool,
    bytes_read: Arc<AtomicU64>,
    consumer: Option<Consumer>,
) -> Result<Vec<Profile>> {
    let scan = Scan::new(file, columns.to_vec(), block_size, bytes_read).with_consumer(consumer);
    let scan = Arc::new(scan);
    let begun: Vec<Profile> = columns.iter().map(|column| known[*column]).collect();
    let known = Mutex::new((known, None));
    pool.scope(|scope| {
        for _ in 0..pool.current_num_threads() {
            scope.spawn(|_| {
                let mut reader = Reader::new(Arc::clone(&scan));
                let mut seen = begun.clone();
                let mut last = 0;
                let outcome = observe(&mut reader, &mut seen, &mut last);
                let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
                let (profiles, first_error) = &mut *known;
                columns.iter().zip(&seen).for_each(|(column, seen)| profiles[*column].merge(seen));
                if let Err(error) = outcome
                    && first_error.as_ref().is_none_or(|(ticket, _)| last < *ticket)
                {
                    *first_error = Some((last, error));
                }
            });
        }
    });
    match known.into_inner().unwrap_or_else(PoisonError::into_inner) {
        (_, Some((_, error))) => Err(error),
        (profiles, None) => Ok(profiles),
    }
}

fn observe(reader: &mut Reader, seen: &mut [Profile], last: &mut u64) -> Result<()> {
    while let Some(ticket) = reader.next_block()? {
        *last = ticket;
        while reader.next_records(Block::ROWS)? > 0 || !reader.block_ended() {
            for (index, profile) in seen.iter_mut().enumerate() {
                reader.cells(reader.spans(index)).classes().for_each(|class| profile.observe(class));
            }
        }
    }
    Ok(())
}
