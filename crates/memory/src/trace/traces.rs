//! What a snapshot holds, resolved to source lines: plain data without addresses, which is what statistics, differences,
//! filters, files and exports work on. It knows nothing of the allocator.

use serde::{Deserialize, Serialize};

/// Bytes and the blocks that they lie in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct Amount {
    /// Bytes, as the program asked for them.
    pub bytes: u64,
    /// Blocks.
    pub count: u64,
}

/// How allocations were traced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Every allocation.
    #[default]
    Exact,
    /// A Poisson sample by bytes: on average one in `interval` bytes is a sample. Amounts are unbiased estimates.
    Sampled {
        /// Mean distance of two samples, in bytes.
        interval: u64,
    },
}

/// A function's place in the source. Inlined functions have frames of their own.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct Frame {
    /// Path of the source file, relative to the program's source where that is known; empty where there is none.
    pub file: String,
    /// Line, from 1; 0 where it is not known.
    pub line: u32,
    /// Name of the function, demangled, without the compiler's hash; an address in hexadecimal digits where it has no name.
    pub function: String,
    /// Whether the frame is the allocator's own or the standard library's (std, alloc, core), which is never the line that an
    /// allocation is put down to.
    pub library: bool,
}

/// All allocations of one stack under one tag.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Trace {
    /// Indices into [`Traces::frames`], the innermost call first. Empty where no frames were asked for.
    pub stack: Vec<u32>,
    /// Index into [`Traces::tags`].
    pub tag: u32,
    /// Allocated and not yet freed.
    pub live: Amount,
    /// What of it was live when the traced bytes were at their peak.
    pub at_peak: Amount,
    /// All allocations since tracing began.
    pub total: Amount,
    /// Allocations that were freed by the thread that had made them before it made another one.
    pub temporary: Amount,
}

/// What was traced up to one moment.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Traces {
    /// How allocations were traced.
    pub mode: Mode,
    /// Most frames kept of a stack, without inlined ones.
    pub frame_limit: usize,
    /// Names of tags; the first is empty and stands for allocations outside of any tag.
    pub tags: Vec<String>,
    /// Every frame that a trace names, once.
    pub frames: Vec<Frame>,
    /// One for each pair of a stack and a tag.
    pub traces: Vec<Trace>,
    /// Peak of the traced live bytes.
    pub peak_bytes: u64,
    /// Bytes and blocks allocated since tracing began as the counters say them, freed ones included: exact in either mode. The
    /// figure that an estimate is held against.
    pub counted: Amount,
    /// Bytes that tracing itself used.
    pub overhead_bytes: u64,
}

impl Amount {
    /// Both figures added.
    #[must_use]
    pub fn plus(self, other: Amount) -> Amount {
        Amount { bytes: self.bytes.wrapping_add(other.bytes), count: self.count.wrapping_add(other.count) }
    }
}

impl Trace {
    /// The frame that the allocations are put down to: the innermost one that is not the standard library's, or the
    /// outermost one where all are.
    #[must_use]
    pub fn site(&self, frames: &[Frame]) -> Option<u32> {
        let own = self.stack.iter().find(|frame| !frames[**frame as usize].library);
        own.or(self.stack.last()).copied()
    }
}

impl Traces {
    /// Traced bytes and blocks that are live.
    #[must_use]
    pub fn live(&self) -> Amount {
        self.traces.iter().fold(Amount::default(), |sum, trace| sum.plus(trace.live))
    }
}
