//! The functions of a compilation unit that addresses lie in, with those that were inlined there: one walk through the
//! unit's entries.

use gimli::{AttributeValue, EntriesRaw, Result, UnitOffset, UnitRef};

use super::blocks::Part;
use super::lines::Line;
use super::units::{Bounds, within};

/// A function, or a copy of one that was inlined.
#[derive(Clone)]
pub(super) struct Function {
    /// Its entry.
    pub(super) at: UnitOffset<usize>,
    pub(super) names: Names,
    /// Where it was inlined; nowhere for one that was not.
    pub(super) called_from: Line,
}

/// What an entry says of a function's name.
#[derive(Clone, Default)]
pub(super) struct Names {
    linker: Option<AttributeValue<Part>>,
    plain: Option<AttributeValue<Part>>,
    /// The entry that has the name, where this one has none.
    pub(super) origin: Option<AttributeValue<Part>>,
}

/// A function whose entries are being read.
struct Open {
    depth: isize,
    /// How many functions it was inlined into.
    inlined: usize,
    /// The addresses in it, by number.
    inside: Vec<usize>,
}

/// The functions of each of the ascending `addresses`, the outermost first; none where no function has it.
///
/// # Errors
/// Where the unit cannot be read.
pub(super) fn find(unit: UnitRef<'_, Part>, addresses: &[u64]) -> Result<Vec<Vec<Function>>> {
    let mut found: Vec<Vec<Function>> = vec![Vec::new(); addresses.len()];
    let mut open: Vec<Open> = Vec::new();
    let mut entries = unit.entries_raw(None)?;
    while !entries.is_empty() {
        let (at, depth) = (entries.next_offset(), entries.next_depth());
        while open.last().is_some_and(|last| last.depth >= depth) {
            open.pop();
        }
        let Some(abbreviation) = entries.read_abbreviation()? else { continue };
        let own = abbreviation.tag() == gimli::DW_TAG_subprogram;
        let outer = open.last().filter(|last| !last.inside.is_empty());
        if !own && (abbreviation.tag() != gimli::DW_TAG_inlined_subroutine || outer.is_none()) {
            entries.skip_attributes(abbreviation.attributes())?;
            continue;
        }
        let (bounds, function) = read(&mut entries, abbreviation, at, unit)?;
        let inlined = outer.filter(|_| !own).map_or(0, |outer| outer.inlined + 1);
        let mut inside = Vec::new();
        bounds.each(unit, |range| {
            let within = within(addresses, &range);
            // A part of those of the outer one, and one function at each depth.
            inside.extend(within.filter(|number| {
                found[*number].len() == inlined
                    && (own || outer.is_some_and(|outer| outer.inside.binary_search(number).is_ok()))
            }));
        })?;
        inside.sort_unstable();
        inside.dedup();
        for number in &inside {
            found[*number].push(function.clone());
        }
        open.push(Open { depth, inlined, inside });
    }
    Ok(found)
}

/// What the entry at `at` says of a function's name.
///
/// # Errors
/// Where there is no entry.
pub(super) fn names(unit: UnitRef<'_, Part>, at: UnitOffset<usize>) -> Result<Names> {
    let mut entries = unit.entries_raw(Some(at))?;
    let abbreviation = entries.read_abbreviation()?.ok_or(gimli::Error::NoEntryAtGivenOffset(at.0 as u64))?;
    let mut names = Names::default();
    for specification in abbreviation.attributes() {
        names.take(&entries.read_attribute(*specification)?);
    }
    Ok(names)
}

fn read(
    entries: &mut EntriesRaw<'_, Part>,
    abbreviation: &gimli::Abbreviation,
    at: UnitOffset<usize>,
    unit: UnitRef<'_, Part>,
) -> Result<(Bounds, Function)> {
    let mut bounds = Bounds::default();
    let mut function = Function { at, names: Names::default(), called_from: Line::default() };
    for specification in abbreviation.attributes() {
        let attribute = entries.read_attribute(*specification)?;
        bounds.take(&attribute, unit)?;
        function.names.take(&attribute);
        match (attribute.name(), attribute.value()) {
            // Before version 5, the file of number 0 is none.
            (gimli::DW_AT_call_file, AttributeValue::FileIndex(file)) => {
                function.called_from.file = (file > 0 || unit.header.version() >= 5).then_some(file);
            }
            (gimli::DW_AT_call_line, _) => {
                function.called_from.line = attribute.udata_value().unwrap_or(0) as u32;
            }
            _ => {}
        }
    }
    Ok((bounds, function))
}

impl Names {
    fn take(&mut self, attribute: &gimli::Attribute<Part>) {
        match attribute.name() {
            gimli::DW_AT_linkage_name | gimli::DW_AT_MIPS_linkage_name => {
                self.linker = Some(attribute.value())
            }
            gimli::DW_AT_name => self.plain = Some(attribute.value()),
            gimli::DW_AT_abstract_origin | gimli::DW_AT_specification => {
                self.origin = Some(attribute.value())
            }
            _ => {}
        }
    }

    /// The name that the entry itself has: the linker's, where there are both.
    pub(super) fn own(&self, unit: UnitRef<'_, Part>) -> Option<Part> {
        let text = |value: &Option<_>| value.clone().and_then(|value| unit.attr_string(value).ok());
        text(&self.linker).or_else(|| text(&self.plain))
    }
}
