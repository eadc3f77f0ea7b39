//! What a comparison found, as plain data. All bytes are bytes, all times seconds; `None` is not known or not measured.

use serde::{Deserialize, Serialize};

use crate::Strategy;

/// A whole comparison.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Report {
    /// The statement.
    pub sql: String,
    /// The file that it reads.
    pub input: Input,
    /// Worker threads of each run.
    pub threads: usize,
    /// Runs of each strategy, of which the median one is told.
    pub repeats: usize,
    /// The limit that every run kept.
    pub memory_limit_bytes: Option<u64>,
    /// What each strategy cost, in the order in which they were asked for.
    pub strategies: Vec<StrategyReport>,
    /// Whether all gave the same result.
    pub agreement: Agreement,
    /// How the figures grow with the file, where that was asked for.
    pub sweep: Option<Sweep>,
}

/// The file of a comparison.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Input {
    /// As the statement names it.
    pub path: String,
    /// Its size.
    pub bytes: u64,
    /// Its records.
    pub records: u64,
}

/// What one strategy came to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StrategyReport {
    /// Which.
    pub strategy: Strategy,
    /// Bytes that it would hold, as predicted from a sample before anything was loaded.
    pub predicted_bytes: Option<u64>,
    /// What happened.
    pub outcome: Outcome,
}

/// How the runs of one strategy ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The run whose time is the median.
    Measured(Box<Measured>),
    /// It would have passed the memory limit.
    DoesNotFit {
        /// About what it needs.
        needs_bytes: u64,
    },
    /// Something else went wrong.
    Failed {
        /// What.
        message: String,
    },
}

/// What one run of one strategy cost, as its own process saw it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Measured {
    /// Records held, or read where nothing is held.
    pub records: u64,
    /// What is held, without what it points to.
    pub shallow_bytes: u64,
    /// What is held and all that it points to; shared blocks once.
    pub deep_bytes: u64,
    /// Bytes that each held column takes, in the order of the file; empty where records are not held by column.
    pub columns: Vec<ColumnBytes>,
    /// Live bytes of the heap after the load, less those before.
    pub live_heap_bytes: u64,
    /// The most live bytes of the heap over load and queries, less those before.
    pub peak_heap_bytes: u64,
    /// Bytes of all allocations of load and first query.
    pub allocated_bytes: u64,
    /// All allocations of load and first query.
    pub allocations: u64,
    /// The process's peak resident memory (`VmHWM`), its program included.
    pub peak_resident_bytes: Option<u64>,
    /// The most anonymous memory that a sample saw: what only swapping could reclaim.
    pub peak_anonymous_bytes: Option<u64>,
    /// The most memory of mapped files that a sample saw: what the kernel may drop at any time.
    pub peak_file_bytes: Option<u64>,
    /// Page faults that read nothing.
    pub minor_faults: Option<u64>,
    /// Page faults that had to read.
    pub major_faults: Option<u64>,
    /// Until the data was held; that of `mapped` includes writing its file.
    pub load_seconds: f64,
    /// The first query.
    pub query_seconds: f64,
    /// The same query again.
    pub second_query_seconds: f64,
    /// Bytes of the IPC file that `mapped` wrote.
    pub file_bytes: Option<u64>,
    /// Resident memory over time.
    pub resident: Vec<Moment>,
    /// The result.
    pub digest: Digest,
}

/// One held column.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ColumnBytes {
    /// Its name.
    pub name: String,
    /// The type that it is held in.
    pub held_as: String,
    /// Bytes of its buffers.
    pub bytes: u64,
}

/// What a process was doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Reading the file into what is held.
    Load,
    /// The first query.
    Query,
    /// The same query again.
    SecondQuery,
}

/// A sample of a process's resident memory.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Moment {
    /// Since the load began.
    pub seconds: f64,
    /// What the process was doing.
    pub phase: Phase,
    /// What was resident.
    pub resident: Resident,
}

/// Resident memory by what backs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Resident {
    /// Backed by nothing.
    pub anonymous_bytes: u64,
    /// Backed by files.
    pub file_bytes: u64,
}

/// A result in a few numbers: equal for equal rows in any order.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Digest {
    /// Rows.
    pub rows: u64,
    /// The sum of the rows' 128-bit hashes modulo 2^128, as 32 hexadecimal digits.
    pub sum: String,
    /// A hash of the rows in their order, where the statement orders them; as 32 hexadecimal digits.
    pub ordered: Option<String>,
}

/// Whether all strategies that ended gave the same result.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Agreement {
    /// They did.
    #[default]
    All,
    /// They did not.
    Differs {
        /// The first strategy, and one that differs from it.
        strategies: [Strategy; 2],
        /// The first row that is not the same in both, for people.
        difference: String,
    },
}

/// How figures grow with the number of records.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Sweep {
    /// What was measured, by strategy and then by size.
    pub points: Vec<SweepPoint>,
    /// A line through the points of each strategy that has at least two.
    pub fits: Vec<Fit>,
}

/// One strategy over one prefix of the file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SweepPoint {
    /// Which.
    pub strategy: Strategy,
    /// Records of the prefix.
    pub records: u64,
    /// Most live bytes of the heap.
    pub peak_heap_bytes: u64,
    /// Peak resident memory.
    pub peak_resident_bytes: Option<u64>,
    /// Load and first query.
    pub seconds: f64,
}

/// `peak_heap_bytes = fixed_bytes + bytes_a_record * records`, by least squares.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Fit {
    /// Which.
    pub strategy: Strategy,
    /// The slope.
    pub bytes_a_record: f64,
    /// What does not grow.
    pub fixed_bytes: f64,
}

impl StrategyReport {
    /// The measured figures, where there are any.
    #[must_use]
    pub fn measured(&self) -> Option<&Measured> {
        match &self.outcome {
            Outcome::Measured(measured) => Some(measured),
            _ => None,
        }
    }

    /// How far the prediction was from the live heap, as a share of that: 0.1 is ten per cent too much. `None` for what
    /// holds no memory of its own.
    #[must_use]
    #[allow(clippy::cast_precision_loss, reason = "a share is a rough figure")]
    pub fn prediction_error(&self) -> Option<f64> {
        if !self.strategy.holds_memory() {
            return None;
        }
        let held = self.measured().map(|measured| measured.live_heap_bytes).filter(|held| *held > 0)?;
        self.predicted_bytes.map(|predicted| predicted as f64 / held as f64 - 1.0)
    }
}

impl Measured {
    /// Live heap bytes for each record held.
    #[must_use]
    #[allow(clippy::cast_precision_loss, reason = "a mean is shown with three digits")]
    pub fn bytes_a_record(&self) -> Option<f64> {
        (self.records > 0).then(|| self.live_heap_bytes as f64 / self.records as f64)
    }
}
