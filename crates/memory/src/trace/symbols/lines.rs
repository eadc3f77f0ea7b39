//! The lines of a compilation unit that addresses belong to: one run of the unit's line program, of whose rows none is kept.

use std::ops::Range;

use gimli::{IncompleteLineProgram, LineProgramHeader, Reader, Result, UnitRef};

use super::blocks::Part;
use super::units::within;

/// A line by the numbers of the unit.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Line {
    /// Number of the file; none where it is not known.
    pub(super) file: Option<u64>,
    /// From 1; 0 where it is not known.
    pub(super) line: u32,
}

type Header = LineProgramHeader<Part, usize>;

/// The line of each of the ascending `addresses`, none where no row is about it, and the header, which has the files.
///
/// # Errors
/// Where the program cannot be read.
pub(super) fn find(
    program: IncompleteLineProgram<Part>,
    addresses: &[u64],
) -> Result<(Header, Vec<Option<Line>>)> {
    let mut found = vec![None; addresses.len()];
    let header = run(program, |range, line| {
        for number in within(addresses, &range) {
            found[number].get_or_insert(line);
        }
    })?;
    Ok((header, found))
}

/// The ranges of addresses that the program is about.
///
/// # Errors
/// Where the program cannot be read.
pub(super) fn sequences(program: IncompleteLineProgram<Part>, mut add: impl FnMut(Range<u64>)) -> Result<()> {
    let mut last: Option<Range<u64>> = None;
    run(program, |range, _| match &mut last {
        Some(last) if last.end == range.start => last.end = range.end,
        _ => last.replace(range).into_iter().for_each(&mut add),
    })?;
    last.into_iter().for_each(add);
    Ok(())
}

/// Calls `each` with the addresses from each row to the next one, where there are any, and its line.
fn run(program: IncompleteLineProgram<Part>, mut each: impl FnMut(Range<u64>, Line)) -> Result<Header> {
    let mut rows = program.rows();
    let mut last: Option<(u64, Line)> = None;
    while let Some((_, row)) = rows.next_row()? {
        if let Some((start, line)) = last
            && start < row.address()
        {
            each(start..row.address(), line);
        }
        let line = row.line().map_or(0, |line| line.get() as u32);
        last = (!row.end_sequence()).then_some((row.address(), Line { file: Some(row.file_index()), line }));
    }
    Ok(rows.header().clone())
}

/// The path of a file of a unit by its number; empty where there is none.
///
/// # Errors
/// Where its name cannot be read.
pub(super) fn path(unit: UnitRef<'_, Part>, header: &Header, number: u64) -> Result<String> {
    let Some(file) = header.file(number) else { return Ok(String::new()) };
    let mut path = match &unit.comp_dir {
        Some(directory) => directory.to_string_lossy()?.into_owned(),
        None => String::new(),
    };
    // Number 0 is the unit's own directory.
    if file.directory_index() != 0
        && let Some(directory) = file.directory(header)
    {
        push(&mut path, &unit.attr_string(directory)?.to_string_lossy()?);
    }
    push(&mut path, &unit.attr_string(file.path_name())?.to_string_lossy()?);
    Ok(path)
}

fn push(path: &mut String, next: &str) {
    if next.starts_with('/') {
        path.clear();
    } else if !path.is_empty() && !path.ends_with('/') {
        path.push('/');
    }
    path.push_str(next);
}
