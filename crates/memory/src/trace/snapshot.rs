//! What was traced up to one moment, as taken: return addresses and counters. It becomes source lines when it is first read.

use std::collections::HashMap;
use std::ops::Deref;
use std::sync::OnceLock;

use super::recorder::{self, Quiet};
use super::sites::{self, Site};
use super::symbols::{self, Symbols};
use super::traces::{Amount, Frame, Mode, Trace, Traces};
use super::{sample, shadow};

/// What was traced up to one moment. It reads as [`Traces`], which resolves its symbols once; until then it holds addresses.
#[derive(Debug)]
pub struct Snapshot {
    taken: Vec<Taken>,
    /// Everything but the traces and their frames.
    head: Traces,
    traces: OnceLock<Traces>,
}

/// A site's figures.
#[derive(Debug)]
struct Taken {
    /// Return addresses, the innermost first.
    stack: Vec<usize>,
    trace: Trace,
}

impl Snapshot {
    /// Reads all counters. While other threads allocate, the figures belong to slightly different moments; each trace's
    /// own are consistent to within one allocation.
    pub(super) fn take(mode: Mode, frame_limit: usize, counted: Amount) -> Self {
        let _quiet = Quiet::enter();
        let taken: Vec<Taken> = sites::all().filter_map(|site| Taken::read(site, mode)).collect();
        let head = Traces {
            mode,
            frame_limit,
            tags: crate::heap::names().into_iter().map(str::to_owned).collect(),
            peak_bytes: recorder::traced().1,
            counted,
            overhead_bytes: overhead(),
            ..Traces::default()
        };
        Snapshot { taken, head, traces: OnceLock::new() }
    }

    /// The traces, resolved.
    #[must_use]
    pub fn into_traces(mut self) -> Traces {
        let _quiet = Quiet::enter();
        let _ = self.deref();
        self.traces.take().unwrap_or_default()
    }

    fn resolve(&self) -> Traces {
        let _quiet = Quiet::enter();
        let mut traces = self.head.clone();
        let addresses = self.taken.iter().flat_map(|taken| taken.stack.iter().copied());
        let mut resolver = Resolver::of(symbols::resolve(addresses));
        for taken in &self.taken {
            let stack = resolver.stack(&taken.stack, self.head.frame_limit);
            resolver.add(Trace { stack, ..taken.trace.clone() });
        }
        traces.frames = resolver.frames;
        traces.traces = resolver.traces;
        traces
    }
}

impl Deref for Snapshot {
    type Target = Traces;

    fn deref(&self) -> &Traces {
        self.traces.get_or_init(|| self.resolve())
    }
}

impl Taken {
    fn read(site: &Site, mode: Mode) -> Option<Self> {
        // The oldest figures first, so that no difference falls below zero.
        let (live, at_peak) = (site.live(), recorder::at_peak(site));
        let total = site.total.get();
        let amount = |(bytes, count): (u64, u64)| {
            let unit = if mode == Mode::Exact { 1 } else { sample::COUNT_UNIT };
            Amount { bytes, count: (count + unit / 2) / unit }
        };
        (total.1 > 0).then(|| Taken {
            stack: site.stack(),
            trace: Trace {
                stack: Vec::new(),
                tag: site.tag(),
                live: amount(live),
                at_peak: amount(at_peak),
                total: amount(total),
                temporary: amount(site.temporary.get()),
            },
        })
    }
}

/// Puts traces together whose stacks are the same lines.
struct Resolver {
    symbols: Symbols,
    frames: Vec<Frame>,
    /// The numbers of the frames, by those of the symbols.
    numbers: HashMap<u32, u32>,
    traces: Vec<Trace>,
    known: HashMap<(Vec<u32>, u32), usize>,
}

impl Resolver {
    fn of(symbols: Symbols) -> Self {
        let (frames, numbers) = (Vec::new(), HashMap::new());
        Resolver { symbols, frames, numbers, traces: Vec::new(), known: HashMap::new() }
    }

    /// The frames of a stack without the allocator's own, at most `limit` addresses deep.
    fn stack(&mut self, addresses: &[usize], limit: usize) -> Vec<u32> {
        // Whatever is called on the way into the allocator lies before the last of its frames.
        let inside = |frames: &[u32]| {
            frames.iter().rposition(|frame| symbols::is_allocator(&self.symbols.frame(*frame).function))
        };
        let first = addresses.iter().take(8).map(|address| inside(self.symbols.at(*address)));
        let first: Vec<Option<usize>> = first.collect();
        let innermost = first.iter().rposition(Option::is_some);
        let mut stack = Vec::new();
        let mut depth = 0;
        for (index, address) in addresses.iter().enumerate() {
            let frames = self.symbols.at(*address);
            let skipped = match innermost {
                Some(last) if index < last => frames.len(),
                Some(last) if index == last => first[last].map_or(0, |at| at + 1),
                _ => 0,
            };
            let kept = &frames[skipped..];
            if kept.is_empty() {
                continue;
            }
            if depth == limit {
                break;
            }
            depth += 1;
            for frame in kept {
                stack.push(*self.numbers.entry(*frame).or_insert_with(|| {
                    self.frames.push(self.symbols.frame(*frame).clone());
                    u32::try_from(self.frames.len() - 1).unwrap_or(u32::MAX)
                }));
            }
        }
        stack
    }

    fn add(&mut self, trace: Trace) {
        let next = self.traces.len();
        match *self.known.entry((trace.stack.clone(), trace.tag)).or_insert(next) {
            at if at == next => self.traces.push(trace),
            at => {
                let sum = &mut self.traces[at];
                sum.live = sum.live.plus(trace.live);
                sum.at_peak = sum.at_peak.plus(trace.at_peak);
                sum.total = sum.total.plus(trace.total);
                sum.temporary = sum.temporary.plus(trace.temporary);
            }
        }
    }
}

/// Resident bytes of the side table.
pub(super) fn overhead() -> u64 {
    shadow::resident() + sites::resident()
}
