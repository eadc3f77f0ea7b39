//! From addresses to frames by debug information in DWARF, one compilation unit after the other: what is kept are the
//! addresses and their frames, never a unit that was read. What it finds is what the crate `addr2line` finds, which keeps
//! all units that it has read.

use std::cell::Cell;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::ops::Range;

use gimli::{AttributeValue, DebugInfoOffset, Dwarf, RangeListsOffset, Result, Unit, UnitRef, UnitType};

use super::Place;
use super::blocks::Part;
use super::elf::Image;
use super::functions::{self, Function};
use super::lines::{self, Line};

/// A program's debug information.
pub(super) struct Units {
    dwarf: Dwarf<Part>,
}

/// A unit whose ranges hold some of the probes.
struct Candidate {
    at: DebugInfoOffset<usize>,
    /// Numbers of the probes, ascending, each with the end of its range.
    probes: Vec<(usize, u64)>,
}

impl Units {
    /// # Errors
    /// `Error::UnsupportedOffset` where it is compressed.
    pub(super) fn of(image: &Image) -> Result<Units> {
        Ok(Units { dwarf: Dwarf::load(|id| image.section(id.name()))? })
    }

    /// Finds the places of each of the ascending `probes`, an inlined function's first, and gives them to `found` with the
    /// number of the probe. It gives nothing for probes that are not known.
    ///
    /// # Errors
    /// Where there are no units, they cannot be told apart, or lie in other files. A unit that cannot be read is passed over.
    pub(super) fn find(&self, probes: &[u64], mut found: impl FnMut(usize, Vec<Place>)) -> Result<()> {
        let (starts, candidates) = self.candidates(probes)?;
        // Where units overlap, the one whose range ends first has it.
        let mut ends: Vec<Option<u64>> = vec![None; probes.len()];
        for candidate in candidates {
            let wanted =
                candidate.probes.into_iter().filter(|(at, end)| ends[*at].is_none_or(|other| *end < other));
            let wanted: Vec<(usize, u64)> = wanted.collect();
            let addresses: Vec<u64> = wanted.iter().map(|(at, _)| probes[*at]).collect();
            let Ok(unit) = self.unit(candidate.at) else { continue };
            let Ok(places) = self.places(&unit, &addresses, &starts) else { continue };
            for ((at, end), places) in wanted.into_iter().zip(places) {
                if !places.is_empty() {
                    ends[at] = Some(end);
                    found(at, places);
                }
            }
        }
        Ok(())
    }

    fn unit(&self, at: DebugInfoOffset<usize>) -> Result<Unit<Part>> {
        self.dwarf.unit(self.dwarf.unit_header(at)?)
    }

    /// Where units start, and those that may know of a probe.
    fn candidates(&self, probes: &[u64]) -> Result<(Vec<usize>, Vec<Candidate>)> {
        let sets = self.sets()?;
        let (mut starts, mut candidates) = (Vec::new(), Vec::new());
        let mut headers = self.dwarf.units();
        while let Some(header) = headers.next()? {
            let Some(at) = header.debug_info_offset() else { continue };
            starts.push(at.0);
            if !matches!(header.type_(), UnitType::Compilation | UnitType::Skeleton(_)) {
                continue;
            }
            let Ok(unit) = self.dwarf.unit(header) else { continue };
            if unit.dwo_id.is_some() {
                return Err(gimli::Error::UnsupportedOffset);
            }
            let mut inside = Vec::new();
            let add = |range: Range<u64>| inside.extend(within(probes, &range).map(|at| (at, range.end)));
            if self.ranges(unit.unit_ref(&self.dwarf), &sets, add).is_err() || inside.is_empty() {
                continue;
            }
            inside.sort_unstable();
            inside.dedup_by_key(|(at, _)| *at);
            candidates.push(Candidate { at, probes: inside });
        }
        // Whoever asks for lines has to look elsewhere.
        if starts.is_empty() { Err(gimli::Error::UnsupportedOffset) } else { Ok((starts, candidates)) }
    }

    /// The sets of ranges apart from the units: where the unit lies, and where the set does.
    fn sets(&self) -> Result<Vec<(DebugInfoOffset<usize>, gimli::DebugArangesOffset<usize>)>> {
        let mut sets = Vec::new();
        let mut headers = self.dwarf.debug_aranges.headers();
        while let Some(header) = headers.next()? {
            sets.push((header.debug_info_offset(), header.offset()));
        }
        sets.sort_unstable_by_key(|(unit, set)| (unit.0, set.0));
        Ok(sets)
    }

    /// A unit's ranges: those that it lists, those of the sets, its only one, or what its lines are of.
    fn ranges(
        &self,
        unit: UnitRef<'_, Part>,
        sets: &[(DebugInfoOffset<usize>, gimli::DebugArangesOffset<usize>)],
        mut add: impl FnMut(Range<u64>),
    ) -> Result<()> {
        let mut root = unit.entries_raw(None)?;
        let Some(abbreviation) = root.read_abbreviation()? else { return Ok(()) };
        let mut bounds = Bounds::default();
        for specification in abbreviation.attributes() {
            bounds.take(&root.read_attribute(*specification)?, unit)?;
        }
        let any = Cell::new(false);
        let mut add = |range: Range<u64>| {
            any.set(true);
            add(range);
        };
        if bounds.list.is_none() {
            let offset = unit.header.debug_info_offset();
            let first = sets.partition_point(|(other, _)| Some(*other) < offset);
            for (_, set) in sets[first..].iter().take_while(|(other, _)| Some(*other) == offset) {
                let mut entries = self.dwarf.debug_aranges.header(*set)?.entries();
                while let Some(entry) = entries.next().transpose() {
                    // One that overflows says nothing.
                    if let Ok(entry) = entry
                        && entry.length() != 0
                    {
                        add(entry.range().begin..entry.range().end);
                    }
                }
            }
        }
        if !any.get() {
            bounds.each(unit, &mut add)?;
        }
        if !any.get()
            && let Some(program) = unit.line_program.clone()
        {
            lines::sequences(program, add)?;
        }
        Ok(())
    }

    /// The places of ascending addresses in a unit; none for those that it does not know.
    fn places(&self, unit: &Unit<Part>, addresses: &[u64], starts: &[usize]) -> Result<Vec<Vec<Place>>> {
        let unit = unit.unit_ref(&self.dwarf);
        let functions = functions::find(unit, addresses)?;
        let lines = unit.line_program.clone().map(|program| lines::find(program, addresses)).transpose()?;
        let (header, lines) = lines.unzip();
        let lines = lines.unwrap_or_else(|| vec![None; addresses.len()]);
        let mut names = HashMap::new();
        let mut files: HashMap<u64, String> = HashMap::new();
        let mut file = |at: Option<u64>| -> Result<String> {
            let (Some(at), Some(header)) = (at, &header) else { return Ok(String::new()) };
            Ok(match files.entry(at) {
                Entry::Occupied(known) => known.get().clone(),
                Entry::Vacant(new) => new.insert(lines::path(unit, header, at)?).clone(),
            })
        };
        let mut all = Vec::with_capacity(addresses.len());
        for (functions, line) in functions.into_iter().zip(lines) {
            let mut places = Vec::new();
            let mut next: Option<Line> = line;
            if functions.is_empty() && line.is_some() {
                let Line { file: at, line } = line.unwrap_or_default();
                places.push(Place { function: None, file: file(at)?, line });
            }
            // From the innermost one outwards: each was called from where it says.
            for function in functions.into_iter().rev() {
                let Line { file: at, line } = next.unwrap_or_default();
                next = Some(function.called_from);
                let name = match names.get(&function.at) {
                    Some(known) => Option::clone(known),
                    None => {
                        let name = self.name(unit, &function, starts)?;
                        names.insert(function.at, name.clone());
                        name
                    }
                };
                places.push(Place { function: name, file: file(at)?, line });
            }
            all.push(places);
        }
        Ok(all)
    }

    /// A function's name, or that of the one that it is made of.
    fn name(
        &self,
        unit: UnitRef<'_, Part>,
        function: &Function,
        starts: &[usize],
    ) -> Result<Option<Vec<u8>>> {
        // One refers to another a few times at most, unless they go in a circle.
        const STEPS: usize = 16;
        let (mut names, mut other) = (function.names.clone(), None);
        for _ in 0..=STEPS {
            let unit = other.as_ref().map_or(unit, |other: &Unit<Part>| other.unit_ref(&self.dwarf));
            if let Some(name) = names.own(unit) {
                return Ok(Some(gimli::Reader::to_slice(&name)?.into_owned()));
            }
            let (entry, unit) = match names.origin {
                Some(AttributeValue::UnitRef(entry)) => (entry, unit),
                Some(AttributeValue::DebugInfoRef(at)) => {
                    let start = starts.partition_point(|start| *start <= at.0).checked_sub(1);
                    let Some(start) = start.map(|index| starts[index]) else { return Ok(None) };
                    let new = self.unit(DebugInfoOffset(start))?;
                    let Some(entry) = at.to_unit_offset(&new.header) else { return Ok(None) };
                    (entry, other.insert(new).unit_ref(&self.dwarf))
                }
                _ => return Ok(None),
            };
            names = functions::names(unit, entry)?;
        }
        Ok(None)
    }
}

/// What an entry says of the addresses that it is about.
#[derive(Default)]
pub(super) struct Bounds {
    low: Option<u64>,
    high: Option<u64>,
    size: Option<u64>,
    list: Option<RangeListsOffset<usize>>,
}

impl Bounds {
    /// Takes an attribute in, if it is about them.
    pub(super) fn take(&mut self, attribute: &gimli::Attribute<Part>, unit: UnitRef<'_, Part>) -> Result<()> {
        let address = |value| match value {
            AttributeValue::Addr(address) => Ok(Some(address)),
            AttributeValue::DebugAddrIndex(index) => unit.address(index).map(Some),
            _ => Ok(None),
        };
        match attribute.name() {
            gimli::DW_AT_low_pc => self.low = address(attribute.value())?.or(self.low),
            gimli::DW_AT_high_pc => match attribute.value() {
                AttributeValue::Udata(size) => self.size = Some(size),
                value => self.high = address(value)?.or(self.high),
            },
            gimli::DW_AT_ranges => self.list = unit.attr_ranges_offset(attribute.value())?,
            _ => {}
        }
        Ok(())
    }

    /// Calls `add` with each range that is not empty.
    pub(super) fn each(&self, unit: UnitRef<'_, Part>, mut add: impl FnMut(Range<u64>)) -> Result<()> {
        let mut add = |range: Range<u64>| {
            if range.start < range.end {
                add(range);
            }
        };
        if let Some(list) = self.list {
            let mut ranges = unit.ranges(list)?;
            while let Some(range) = ranges.next()? {
                add(range.begin..range.end);
            }
        } else if let (Some(low), Some(high)) = (self.low, self.high) {
            add(low..high);
        } else if let (Some(low), Some(size)) = (self.low, self.size) {
            add(low..low.wrapping_add(size));
        }
        Ok(())
    }
}

/// Numbers of the ascending `probes` that lie in a range.
pub(super) fn within(probes: &[u64], range: &Range<u64>) -> Range<usize> {
    let first = probes.partition_point(|probe| *probe < range.start);
    first..first + probes[first..].partition_point(|probe| *probe < range.end)
}
