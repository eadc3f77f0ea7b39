//! The measured process: it loads the data in one way, runs the query twice, and tells what that cost. Peaks are read here,
//! by the process that they belong to: the system's figures for a child begin with those of its parent.

use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::time::{Duration, Instant};

use arrow::record_batch::RecordBatch;
use plimsoll::memory::process::{self, Usage};
use plimsoll::memory::size::{deep_size, shallow_size};
use plimsoll::memory::{Budget, Heap, heap, reset_peak};
use plimsoll::{Dataset, Engine, Error, ErrorKind, Form, Query, QueryBuilder, Result};
use plimsoll_rows::{Held, Rows};

use crate::digest::{Digester, with_cell};
use crate::rows_text::write_row;
use crate::watch::Watch;
use crate::{Answer, ColumnBytes, Digest, Measured, Phase, Request, Strategy};

/// Reads a [`Request`] from `input`, does what it says, and writes the [`Answer`].
///
/// # Errors
/// Those of reading and writing. What goes wrong with the query is part of the answer.
pub fn serve(mut input: impl Read, mut output: impl Write) -> io::Result<()> {
    let mut text = String::new();
    input.read_to_string(&mut text)?;
    let request: Request = serde_json::from_str(&text)?;
    let answer = match answer(&request) {
        Ok(answer) => answer,
        Err(error) => match error.kind() {
            ErrorKind::MemoryLimit { .. } => Answer::DoesNotFit { message: error.to_string() },
            _ => Answer::Failed { message: error.to_string() },
        },
    };
    serde_json::to_writer(&mut output, &answer)?;
    output.flush()
}

/// Between a load and the look at what it holds.
const SETTLING: Duration = Duration::from_millis(20);

fn answer(request: &Request) -> Result<Answer> {
    let task = Task::new(request)?;
    match &request.rows_file {
        None => task.measured().map(|measured| Answer::Measured(Box::new(measured))),
        Some(path) => {
            let file = File::create(path).map_err(|source| Error::io(path.clone(), source))?;
            let mut file = BufWriter::new(file);
            let mut failed = Ok(());
            task.load()?.run(&task, &mut Sink::Text(&mut file, &mut failed))?;
            failed.and_then(|()| file.flush()).map_err(|source| Error::io(path.clone(), source))?;
            Ok(Answer::Written)
        }
    }
}

/// A request, read.
struct Task<'a> {
    request: &'a Request,
    engine: Engine,
    query: Query,
}

/// What a strategy holds.
enum Holder {
    Rows(Held),
    Stream(Box<QueryBuilder>),
    Store(Dataset),
}

/// Where rows go.
enum Sink<'a> {
    Digest(Digester),
    /// Text, and the first error of writing it.
    Text(&'a mut dyn Write, &'a mut io::Result<()>),
}

impl<'a> Task<'a> {
    fn new(request: &'a Request) -> Result<Self> {
        let mut engine = Engine::builder().threads(request.threads);
        if let Some(limit) = request.memory_limit_bytes {
            engine = engine.memory_limit(limit);
        }
        let mut query = plimsoll::sql::parse(&request.sql, &request.options)?;
        query.from = request.inferred.table.clone();
        Ok(Task { request, engine: engine.build()?, query })
    }

    fn load(&self) -> Result<Holder> {
        let inferred = &self.request.inferred;
        Ok(match self.request.strategy {
            Strategy::Rows => {
                let consumer = self.budget()?.consumer("rows");
                Holder::Rows(Held::load(
                    &inferred.table,
                    inferred.schema.clone(),
                    &inferred.profiles,
                    &consumer,
                )?)
            }
            Strategy::Stream => {
                Holder::Stream(Box::new(self.engine.query(self.query.clone()).with_types(inferred)?))
            }
            Strategy::Columnar => Holder::Store(self.engine.load(inferred, Form::Plain)?),
            Strategy::Compact => Holder::Store(self.engine.load(inferred, Form::Compact)?),
            Strategy::Mapped => Holder::Store(self.engine.load_mapped(inferred, &self.request.ipc_file)?),
        })
    }

    /// What the rows may take: all that the process does not have yet.
    fn budget(&self) -> Result<Budget> {
        let Some(limit) = self.request.memory_limit_bytes else { return Ok(Budget::unlimited()) };
        let base = process::resident().current.unwrap_or(0);
        // Millions of small blocks have a part beside what was asked for.
        let left = limit.saturating_sub(base).saturating_sub(limit / 16);
        Budget::of_process(limit, left).map_err(|_| {
            let message = format!("a memory limit of {limit} bytes is below what the program itself needs");
            ErrorKind::MemoryLimit { message, hint: "allow more".to_owned() }.into()
        })
    }

    fn measured(&self) -> Result<Measured> {
        let watch = Watch::start();
        reset_peak();
        let (heap_before, usage_before) = (counted(), usage());
        let start = Instant::now();
        let holder = self.load()?;
        let load_seconds = start.elapsed().as_secs_f64();
        // The threads of the load end a little after it, and what is theirs is not what is held.
        std::thread::sleep(SETTLING);
        let heap_loaded = counted();
        let mut measured = Measured {
            load_seconds,
            live_heap_bytes: heap_loaded.live_bytes.saturating_sub(heap_before.live_bytes),
            ..holder.described()
        };
        watch.phase(Phase::Query);
        let digest = self.timed(&holder, &mut measured.query_seconds)?;
        let heap_queried = counted();
        watch.phase(Phase::SecondQuery);
        let again = self.timed(&holder, &mut measured.second_query_seconds)?;
        if again != digest {
            return Err(Error::value("the same query gave another result the second time"));
        }
        let heap_after = counted();
        let usage_after = usage();
        let resident = process::resident();
        let (samples, peak) = watch.stop();
        if let Holder::Stream(_) = &holder {
            measured.records = self.records()?;
        }
        Ok(Measured {
            peak_heap_bytes: heap_after.peak_bytes.saturating_sub(heap_before.live_bytes),
            allocated_bytes: heap_queried.total_bytes - heap_before.total_bytes,
            allocations: heap_queried.allocations - heap_before.allocations,
            peak_resident_bytes: resident.peak,
            peak_anonymous_bytes: peak.map(|peak| peak.anonymous_bytes),
            peak_file_bytes: peak.map(|peak| peak.file_bytes),
            minor_faults: usage_after.map(|after| after.minor_faults - before(usage_before).minor_faults),
            major_faults: usage_after.map(|after| after.major_faults - before(usage_before).major_faults),
            file_bytes: self.request.ipc_file.metadata().ok().map(|file| file.len()),
            resident: samples,
            digest,
            ..measured
        })
    }

    fn timed(&self, holder: &Holder, seconds: &mut f64) -> Result<Digest> {
        let mut sink = Sink::Digest(Digester::new(!self.query.order_by.is_empty()));
        let start = Instant::now();
        holder.run(self, &mut sink)?;
        *seconds = start.elapsed().as_secs_f64();
        match sink {
            Sink::Digest(digester) => Ok(digester.finish()),
            Sink::Text(..) => Ok(Digest::default()),
        }
    }

    /// The records of a file that nobody holds.
    fn records(&self) -> Result<u64> {
        let table = &self.request.inferred.table;
        let count = self.engine.query(Query::new(table.clone())).select([plimsoll::expr::count_all()]);
        Ok(count.run()?.footprint.rows_read)
    }
}

impl Holder {
    /// Sizes of what is held.
    fn described(&self) -> Measured {
        match self {
            Holder::Rows(held) => Measured {
                records: held.len() as u64,
                shallow_bytes: shallow_size(held),
                deep_bytes: deep_size(held).total,
                ..Measured::default()
            },
            Holder::Stream(query) => Measured {
                shallow_bytes: shallow_size(&**query),
                deep_bytes: shallow_size(&**query),
                ..Measured::default()
            },
            Holder::Store(dataset) => {
                let store = &**dataset.store();
                let columns = dataset.columns().into_iter().map(|column| ColumnBytes {
                    held_as: column.physical.to_string(),
                    bytes: column.heap_bytes + column.mapped_bytes,
                    name: column.name,
                });
                Measured {
                    records: dataset.records(),
                    shallow_bytes: shallow_size(store),
                    deep_bytes: deep_size(store).total,
                    columns: columns.collect(),
                    ..Measured::default()
                }
            }
        }
    }

    fn run(&self, task: &Task<'_>, sink: &mut Sink<'_>) -> Result<()> {
        let query = match self {
            Holder::Rows(held) => {
                sink.rows(&held.run(&task.query)?);
                return Ok(());
            }
            Holder::Stream(query) => QueryBuilder::clone(query),
            Holder::Store(dataset) => task.engine.query(task.query.clone()).over(dataset),
        };
        for batch in query.stream()? {
            sink.batch(&batch?);
        }
        Ok(())
    }
}

impl Sink<'_> {
    fn batch(&mut self, batch: &RecordBatch) {
        match self {
            Sink::Digest(digester) => digester.batch(batch),
            Sink::Text(out, failed) => {
                for row in 0..batch.num_rows() {
                    let texts =
                        batch.columns().iter().map(|array| with_cell(array, row, |cell| cell.to_string()));
                    write_row(*out, texts, failed);
                }
            }
        }
    }

    fn rows(&mut self, rows: &Rows) {
        match self {
            Sink::Digest(digester) => digester.rows(rows),
            Sink::Text(out, failed) => {
                for row in &rows.rows {
                    let texts = row.iter().map(|value| crate::digest::Cell::of(value).to_string());
                    write_row(*out, texts, failed);
                }
            }
        }
    }
}

/// The heap's figures; zeroes where the allocator does not count, which no program that serves has.
fn counted() -> Heap {
    heap().unwrap_or_default()
}

fn usage() -> Option<Usage> {
    process::usage()
}

fn before(usage: Option<Usage>) -> Usage {
    usage.unwrap_or_default()
}
