//! What statistics are grouped under: keys by content, since two snapshots number their frames differently.

use std::fmt;

use super::traces::{Frame, Trace, Traces};

/// A group of traces. Keys of one kind are ordered by their content, as text and number.
///
/// Its text is what `tracemalloc` writes before the colon of a statistic: `file:line`, with line 0 for a whole file and the
/// outermost frame for a traceback. A function or a tag is written as its name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key {
    /// A source line.
    Line {
        /// The file; empty where it is not known.
        file: String,
        /// The line, from 1; 0 where it is not known.
        line: u32,
    },
    /// A source file; empty where it is not known.
    File(String),
    /// A function's full name; empty where it is not known.
    Function(String),
    /// A whole stack.
    Traceback(Traceback),
    /// A tag's name; empty for allocations outside of any tag.
    Tag(String),
}

/// The frames of one stack, outermost call first, which is the order that `tracemalloc` has and sorts by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Traceback {
    /// The frames; none where none were kept.
    pub frames: Vec<Frame>,
}

impl Traceback {
    /// The lines of `tracemalloc.Traceback.format`, with the function's name added: `  File "src/scan.rs", line 41, in
    /// scan::read`. The most recent call comes last unless `most_recent_first`; with a `limit`, only that many of the most
    /// recent calls are listed. The text of the source lines is left out: a source file need not be there.
    #[must_use]
    pub fn format(&self, limit: Option<usize>, most_recent_first: bool) -> Vec<String> {
        let skipped = limit.map_or(0, |limit| self.frames.len().saturating_sub(limit));
        let mut lines: Vec<String> = self.frames[skipped..].iter().map(line).collect();
        if most_recent_first {
            lines.reverse();
        }
        lines
    }
}

fn line(frame: &Frame) -> String {
    let place = format!("  File \"{}\", line {}", known(&frame.file), frame.line);
    if frame.function.is_empty() { place } else { format!("{place}, in {}", frame.function) }
}

impl Traces {
    /// The stack of one of these traces.
    ///
    /// # Panics
    /// If the trace is from another snapshot and names a frame that this one does not have.
    #[must_use]
    pub fn traceback(&self, trace: &Trace) -> Traceback {
        let frames = trace.stack.iter().rev().map(|frame| self.frames[*frame as usize].clone());
        Traceback { frames: frames.collect() }
    }
}

/// The name, or what `tracemalloc` calls a file that it does not know.
fn known(name: &str) -> &str {
    if name.is_empty() { "<unknown>" } else { name }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Key::Line { file, line } => write!(f, "{}:{line}", known(file)),
            Key::File(file) => write!(f, "{}:0", known(file)),
            Key::Function(name) => f.write_str(known(name)),
            Key::Traceback(traceback) => traceback.fmt(f),
            Key::Tag(name) if name.is_empty() => f.write_str("<no tag>"),
            Key::Tag(name) => f.write_str(name),
        }
    }
}

impl fmt::Display for Traceback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.frames.first() {
            Some(frame) => write!(f, "{}:{}", known(&frame.file), frame.line),
            None => write!(f, "{}:0", known("")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(file: &str, line: u32, function: &str) -> Frame {
        Frame { file: file.into(), line, function: function.into(), library: false }
    }

    #[test]
    fn a_traceback_lists_the_most_recent_call_last() {
        let frames =
            vec![frame("src/main.rs", 3, "main"), frame("", 0, ""), frame("src/scan.rs", 41, "scan::read")];
        let traceback = Traceback { frames };
        let (main, unknown, scan) = (
            "  File \"src/main.rs\", line 3, in main",
            "  File \"<unknown>\", line 0",
            "  File \"src/scan.rs\", line 41, in scan::read",
        );
        assert_eq!(traceback.format(None, false), [main, unknown, scan]);
        assert_eq!(traceback.format(None, true), [scan, unknown, main]);
        assert_eq!(traceback.format(Some(2), false), [unknown, scan]);
        assert_eq!(traceback.format(Some(1), true), [scan]);
        assert_eq!(traceback.format(Some(9), false).len(), 3);
        assert!(traceback.format(Some(0), false).is_empty());
        assert_eq!(traceback.to_string(), "src/main.rs:3");
    }

    #[test]
    fn what_has_no_name_is_said_so() {
        let text = |key: Key| key.to_string();
        assert_eq!(text(Key::Line { file: String::new(), line: 0 }), "<unknown>:0");
        assert_eq!(text(Key::File("a.rs".into())), "a.rs:0");
        assert_eq!(text(Key::Function(String::new())), "<unknown>");
        assert_eq!(text(Key::Traceback(Traceback::default())), "<unknown>:0");
        assert_eq!(text(Key::Tag(String::new())), "<no tag>");
    }

    #[test]
    fn a_trace_is_turned_around() {
        let frames = vec![frame("inner.rs", 1, "inner"), frame("outer.rs", 2, "outer")];
        let traces = Traces { frames, ..Traces::default() };
        let traceback = traces.traceback(&Trace { stack: vec![0, 1], ..Trace::default() });
        assert_eq!(traceback.frames, [frame("outer.rs", 2, "outer"), frame("inner.rs", 1, "inner")]);
    }
}
