//! A program of known allocation sites, built as releases are: the test `golden.rs` builds and runs it. Each case allocates
//! under a tag of its name on the lines that `site: NAME` marks, and nowhere else.
//!
//! `golden frame-pointers|unwinder` prints for every trace, apart by tabs: its tag, file and line of its site, and file and
//! line of the innermost frame in `cases.rs`.

mod cases;

use std::error::Error;

use plimsoll_memory::trace::{self, Options, Traces, start_with, stop};
use plimsoll_memory::Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting::system();

fn main() -> Result<(), Box<dyn Error>> {
    let frame_pointers = match std::env::args().nth(1).as_deref() {
        Some("frame-pointers") => true,
        Some("unwinder") => false,
        other => return Err(format!("how to walk is not told by {other:?}").into()),
    };
    start_with(Options { frames: 24, frame_pointers, ..Options::default() })?;
    if trace::uses_frame_pointers() != frame_pointers {
        return Err("the build keeps no frame pointers".into());
    }
    cases::run();
    print(&stop()?.into_traces());
    Ok(())
}

fn print(traces: &Traces) {
    for one in &traces.traces {
        let tag = &traces.tags[one.tag as usize];
        let frame = |index: &u32| &traces.frames[*index as usize];
        let Some(site) = one.site(&traces.frames) else { continue };
        let outer = one.stack.iter().map(frame).find(|frame| frame.file.ends_with("cases.rs"));
        let (outer_file, outer_line) = outer.map_or(("", 0), |frame| (frame.file.as_str(), frame.line));
        let site = frame(&site);
        println!("{tag}\t{}\t{}\t{outer_file}\t{outer_line}", site.file, site.line);
    }
}
