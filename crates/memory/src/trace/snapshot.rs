//! What was traced up to one moment, as taken: return addresses and counters. It becomes source lines when it is first read.

use std::collections::HashMap;
use std::ops::Deref;
use std::sync::OnceLock;

use super::recorder::{self, Quiet};
use super::sites::{self, Site};
use super::traces::{Amount, Frame, Mode, Trace, Traces};
use super::{sample, shadow, symbols};

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
        let mut resolver = Resolver::default();
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
#[derive(Default)]
struct Resolver {
    frames: Vec<Frame>,
    numbers: HashMap<Frame, u32>,
    traces: Vec<Trace>,
    known: HashMap<(Vec<u32>, u32), usize>,
}

impl Resolver {
    /// The frames of a stack without the allocator's own, at most `limit` addresses deep.
    fn stack(&mut self, addresses: &[usize], limit: usize) -> Vec<u32> {
        let resolved: Vec<_> = addresses.iter().map(|address| symbols::resolve(*address)).collect();
        // Whatever is called on the way into the allocator lies before the last of its frames.
        let inside =
            |frames: &[Frame]| frames.iter().rposition(|frame| symbols::is_allocator(&frame.function));
        let innermost = resolved.iter().take(8).rposition(|frames| inside(frames).is_some());
        let mut stack = Vec::new();
        let mut depth = 0;
        for (index, frames) in resolved.iter().enumerate() {
            let skipped = match innermost {
                Some(last) if index < last => frames.len(),
                Some(last) if index == last => inside(frames).map_or(0, |at| at + 1),
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
            stack.extend(kept.iter().map(|frame| self.number(frame)));
        }
        stack
    }

    fn number(&mut self, frame: &Frame) -> u32 {
        if let Some(number) = self.numbers.get(frame) {
            return *number;
        }
        let number = u32::try_from(self.frames.len()).unwrap_or(u32::MAX);
        self.frames.push(frame.clone());
        self.numbers.insert(frame.clone(), number);
        number
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
