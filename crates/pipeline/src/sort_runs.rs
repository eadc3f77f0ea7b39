//! The rows of a [`Sort`](crate::Sort) that memory did not hold: sorted runs in a temporary file, and their merge.

use std::panic::resume_unwind;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use arrow::array::ArrayRef;
use arrow::datatypes::DataType as ArrowType;
use arrow_row::{RowConverter, SortField};
use plimsoll_core::{DataType, Result, Schema, SortKey};
use plimsoll_kernels::Block;
use plimsoll_kernels::arrays::arrow_type;
use plimsoll_kernels::group::widen;
use plimsoll_kernels::spill::{Packed, Runs, Space};
use plimsoll_memory::Tag;
use plimsoll_memory::process::give_back;

use crate::given::at_once;
use crate::plumbing::{Memory, READERS};
use crate::sort_given::{MergedRows, Merging, payloads};
use crate::sort_rows::{Held, failed};

/// Bytes of rows that become a run of their own: to sort and to gather more of them at once misses the caches more often.
const RUN_BYTES: usize = 32 << 20;
/// But no less than such a part of what was held, so that all runs can be merged at once.
const RUNS_AT_ONCE: usize = 8;
/// Fewer bytes than these are not cut into runs for several threads.
const LEAST_RUN: usize = if cfg!(test) { 64 << 10 } else { 8 << 20 };
/// Rows that are encoded at once, if they are no larger than a block.
const TOGETHER: usize = 512;
/// Bytes of the rows of a block that is given, at the least and at the most.
const BLOCK_BYTES: [usize; 2] = [32 << 10, 256 << 10];
/// Of so many bytes that can be had, one is that of a block.
const BLOCKS: usize = 128;
/// Bytes of rows that were widened from which on they become a run.
const WIDENED_BYTES: usize = 4 * BLOCK_BYTES[1];

/// Runs of rows. An entry's key is that of [`Held::key`], its payload the row's columns and its position.
#[derive(Debug)]
pub(crate) struct SortRuns {
    space: Space,
    limit: usize,
    /// Runs of rows of the same types, which widen from one to the next, by the thread that has written them.
    runs: Vec<(Vec<DataType>, Vec<Runs>)>,
}

impl SortRuns {
    /// None yet; of each only the first `limit` rows are wanted.
    pub(crate) fn new(space: Space, limit: usize) -> Self {
        SortRuns { space, limit, runs: Vec::new() }
    }

    /// Whether there is none.
    pub(crate) fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }

    /// Makes the rows held runs, on up to so many threads; none is held then.
    pub(crate) fn spill(&mut self, held: &mut Held, threads: usize) -> Result<()> {
        let Some(types) = held.types().filter(|_| held.rows() > 0).map(<[DataType]>::to_vec) else {
            return Ok(());
        };
        if self.runs.last().is_none_or(|(last, _)| *last != types) {
            self.runs.push((types.clone(), Vec::new()));
        }
        let Some((_, runs)) = self.runs.last_mut() else { return Ok(()) };
        let writers = (held.size() / LEAST_RUN).clamp(1, threads);
        while runs.len() < writers {
            runs.push(Runs::new(&self.space)?);
        }
        let bytes = (held.size() / writers).min(RUN_BYTES).max(held.size() / RUNS_AT_ONCE);
        let (limit, codec, columns) = (self.limit, RowCodec::new(&types)?, types.len() + 1);
        let writing = Writing { held: Mutex::new(held), bytes, limit, codec, columns };
        let (writing, tag) = (&writing, Tag::inherited());
        thread::scope(|scope| {
            let mut runs = runs.iter_mut().take(writers);
            let mine = runs.next();
            let others = runs.map(|runs| {
                let write = move || {
                    let _tag = tag.enter();
                    writing.write(runs)
                };
                // Where there can be no more threads, those that there are write all.
                thread::Builder::new().name("run writer".to_owned()).spawn_scoped(scope, write).ok()
            });
            let others: Vec<_> = others.collect();
            let written = mine.map_or(Ok(()), |runs| writing.write(runs));
            let others = others.into_iter().flatten();
            let others = others.map(|other| other.join().unwrap_or_else(|panic| resume_unwind(panic)));
            others.fold(written, Result::and)
        })
    }

    /// The rows of all runs as rows of `schema`, sorted by these keys, for at most so many threads. Gives for how many there is
    /// room, too.
    pub(crate) fn merge(
        mut self,
        schema: Arc<Schema>,
        keys: &[SortKey],
        mut workers: usize,
        mut memory: Memory,
    ) -> Result<(MergedRows, usize)> {
        let types = schema.types();
        // Rows that are narrower are spilled anew, as wider ones.
        let narrower = self.runs.iter().take_while(|(of, _)| *of != types).count();
        for (of, runs) in self.runs.drain(..narrower).collect::<Vec<_>>() {
            let runs = self.joined(runs)?;
            self.widen(&of, runs, &types, keys)?;
        }
        let runs = self.runs.pop().map_or_else(Vec::new, |(_, runs)| runs);
        let runs = self.joined(runs)?;
        memory.hold(0)?;
        let room = usize::try_from(memory.room()).unwrap_or(usize::MAX);
        // Who makes a block has its rows as they were written, too, in a vector that may have room for twice as many.
        let blocks = |workers: usize| at_once(workers) + 2 * workers;
        while workers > 1 && blocks(workers) * BLOCK_BYTES[0] > room / 2 {
            workers -= 1;
        }
        let blocks = blocks(workers);
        let block_bytes = (room / BLOCKS).min(room / 2 / blocks).clamp(BLOCK_BYTES[0], BLOCK_BYTES[1]);
        let reader = runs.reader_bytes();
        // A pass more costs more than readers that nothing else needs the room of.
        let readers = (room / 2).max(READERS) / reader;
        let fan_in = memory.hold_readers(blocks * block_bytes, reader, readers.min(runs.len()))?;
        let (merging, rows) = (Mutex::new(Merging::new(runs.merge(fan_in)?)), RowCodec::new(&types)?);
        let limit = self.limit;
        Ok((MergedRows { rows, schema, merging, limit, block_bytes, _memory: memory }, workers))
    }

    /// All of some runs; there may be none.
    fn joined(&self, runs: Vec<Runs>) -> Result<Runs> {
        let joined = runs.into_iter().reduce(|mut all, runs| {
            all.append(runs);
            all
        });
        joined.map_or_else(|| Runs::new(&self.space), Ok)
    }

    /// Brings the rows of runs to wider types, and makes runs of them again.
    fn widen(&mut self, of: &[DataType], runs: Runs, types: &[DataType], keys: &[SortKey]) -> Result<()> {
        let codec = RowCodec::new(of)?;
        let mut merge = runs.merge(2)?;
        let mut held = Held::new(keys);
        loop {
            let rows = payloads(&mut merge, Block::ROWS, BLOCK_BYTES[1])?;
            if rows.is_empty() {
                return self.spill(&mut held, 1);
            }
            let columns = codec.columns(&rows)?;
            let wider = columns.iter().zip(types).map(|(column, to)| widen(column, *to));
            let columns = wider.chain(columns.last().cloned().map(Ok)).collect::<Result<_>>()?;
            let piece = held.encoded(columns, types)?;
            held.push(piece);
            if held.size() > WIDENED_BYTES {
                self.spill(&mut held, 1)?;
            }
        }
    }
}

/// Rows that become runs.
struct Writing<'a> {
    held: Mutex<&'a mut Held>,
    /// Bytes of a run, but of the last.
    bytes: usize,
    limit: usize,
    codec: RowCodec,
    /// How many, the positions included.
    columns: usize,
}

impl Writing<'_> {
    /// Writes runs until no rows are left, to which it comes at once where writing fails.
    fn write(&self, runs: &mut Runs) -> Result<()> {
        let held = || self.held.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let part = held().take_some(self.bytes);
            if part.rows() == 0 {
                return Ok(());
            }
            self.write_one(&part, runs).inspect_err(|_| held().clear())?;
            drop(part);
            give_back();
        }
    }

    fn write_one(&self, part: &Held, runs: &mut Runs) -> Result<()> {
        let mut writer = runs.writer();
        let together = BLOCK_BYTES[1] / (part.size() / part.rows().max(1)).max(1);
        for places in part.order(self.limit, None).chunks(together.clamp(1, TOGETHER)) {
            part.touch(places);
            let columns = part.gather(places, self.columns)?;
            let rows = self.codec.converter.convert_columns(&columns).map_err(failed)?;
            for (place, row) in places.iter().zip(&rows) {
                writer.push(part.key(*place), row.data())?;
            }
        }
        writer.finish()
    }
}

/// Rows of some columns, and a position behind them, as bytes.
#[derive(Debug)]
pub(crate) struct RowCodec {
    converter: RowConverter,
}

impl RowCodec {
    fn new(types: &[DataType]) -> Result<Self> {
        let fields = types.iter().map(|of| arrow_type(*of)).chain([ArrowType::UInt64]);
        let converter = RowConverter::new(fields.map(SortField::new).collect()).map_err(failed)?;
        Ok(RowCodec { converter })
    }

    /// The columns of rows that were written, the positions behind the others.
    pub(crate) fn columns(&self, rows: &Packed) -> Result<Vec<ArrayRef>> {
        let parser = self.converter.parser();
        self.converter.convert_rows(rows.iter().map(|row| parser.parse(row))).map_err(failed)
    }
}
