//! A program's or library's file: the addresses of its code, its sections, its table of symbols. It reads ELF with 64-bit
//! words in the machine's own order, as the running program is.

use std::fs::File;
use std::ops::Range;
use std::path::{Path, PathBuf};

use gimli::{Error, Reader, Result};

use super::blocks::Part;

/// A part of the file that is loaded as code.
struct Segment {
    file: Range<usize>,
    address: usize,
}

struct Section {
    name: usize,
    kind: u32,
    flags: u64,
    file: Range<usize>,
    /// Number of the section that this one refers to.
    link: usize,
}

/// A file.
pub(super) struct Image {
    file: Part,
    segments: Vec<Segment>,
    sections: Vec<Section>,
    /// Names of sections.
    names: Range<usize>,
}

impl Image {
    /// Opens it.
    ///
    /// # Errors
    /// Where it cannot be read or is of another form.
    pub(super) fn open(path: &Path) -> Result<Image> {
        const ELF_WITH_64_BITS: &[u8] = b"\x7fELF\x02";
        let file = File::open(path).and_then(Part::whole).map_err(|_| Error::Io)?;
        let mut header = file.clone();
        let mut start = [0; 16];
        header.read_slice(&mut start)?;
        if !start.starts_with(ELF_WITH_64_BITS) {
            return Err(Error::UnsupportedOffset);
        }
        // The kind, the machine, the version, where it starts.
        header.skip(2 + 2 + 4 + 8)?;
        let (segments, sections) = (word(&mut header)?, word(&mut header)?);
        // Flags, the size of this header.
        header.skip(4 + 2)?;
        let mut next = || header.read_u16().map(usize::from);
        let [size, count] = [next()?, next()?];
        let segments = entries(&file, segments, size, count)?.map(Segment::read);
        let [size, count, names] = [next()?, next()?, next()?];
        let sections =
            entries(&file, sections, size, count)?.map(Section::read).collect::<Result<Vec<_>>>()?;
        let names = sections.get(names).map_or(0..0, |section| section.file.clone());
        let segments = segments.filter_map(Result::transpose).collect::<Result<Vec<_>>>()?;
        Ok(Image { file, segments, sections, names })
    }

    /// The address, in the file's own terms, of code that lies at `offset` in the file.
    pub(super) fn address(&self, offset: usize) -> Option<u64> {
        let segment = self.segments.iter().find(|segment| segment.file.contains(&offset))?;
        Some((offset - segment.file.start + segment.address) as u64)
    }

    /// The file that the system keeps this one's debug information and symbols in, if it does.
    pub(super) fn debug_file(&self) -> Option<PathBuf> {
        let mut note = self.section(".note.gnu.build-id").ok()?;
        let (name, length) = (note.read_u32().ok()? as usize, note.read_u32().ok()? as usize);
        // The kind of note, and its name to the next whole word.
        note.skip(4 + name.next_multiple_of(4)).ok()?;
        note.truncate(length).ok()?;
        let digits: String = note.to_slice().ok()?.iter().map(|byte| format!("{byte:02x}")).collect();
        let (directory, name) = digits.split_at_checked(2)?;
        let path = PathBuf::from(format!("/usr/lib/debug/.build-id/{directory}/{name}.debug"));
        path.is_file().then_some(path)
    }

    /// A section's bytes: none where there is no such section.
    ///
    /// # Errors
    /// `Error::UnsupportedOffset` where it is compressed.
    pub(super) fn section(&self, name: &str) -> Result<Part> {
        const COMPRESSED: u64 = 1 << 11;
        for section in &self.sections {
            let at = self.names.start + section.name;
            let mut other = self.file.of_file(at..self.names.end.max(at));
            if other.read_null_terminated_slice()?.to_slice()? == name.as_bytes() {
                let plain = section.flags & COMPRESSED == 0;
                return if plain {
                    Ok(self.file.of_file(section.file.clone()))
                } else {
                    Err(Error::UnsupportedOffset)
                };
            }
        }
        Ok(self.file.of_file(0..0))
    }

    /// The name of the symbol that each of the ascending `probes` lies in or, as the last byte of one, behind.
    ///
    /// # Errors
    /// Where the table cannot be read.
    pub(super) fn symbols(&self, probes: &[u64]) -> Result<Vec<Option<Vec<u8>>>> {
        const TABLE: u32 = 2;
        const TABLE_OF_THE_LINKER: u32 = 11;
        const SIZE: usize = 24;
        const OBJECT: u8 = 1;
        const FUNCTION: u8 = 2;
        let of_kind =
            |kind| self.sections.iter().find(|section| section.kind == kind && !section.file.is_empty());
        let Some(table) = of_kind(TABLE).or_else(|| of_kind(TABLE_OF_THE_LINKER)) else {
            return Ok(vec![None; probes.len()]);
        };
        // The start, the size and the name of the symbol that starts last before each probe.
        let mut nearest: Vec<Option<(u64, u64, usize)>> = vec![None; probes.len()];
        for mut symbol in entries(&self.file, table.file.start, SIZE, table.file.len() / SIZE)? {
            let name = symbol.read_u32()? as usize;
            let kind = symbol.read_u8()? & 0xf;
            symbol.skip(1)?;
            let defined = symbol.read_u16()? != 0;
            let (start, size) = (symbol.read_u64()?, symbol.read_u64()?);
            if !defined || !matches!(kind, OBJECT | FUNCTION) {
                continue;
            }
            // All probes from the start on, up to those that are nearer to another symbol already.
            let first = probes.partition_point(|probe| *probe < start);
            for place in &mut nearest[first..] {
                if place.is_some_and(|(other, ..)| other > start) {
                    break;
                }
                *place = Some((start, size, name));
            }
        }
        let strings = self.sections.get(table.link).map_or(0..0, |section| section.file.clone());
        let name = |(probe, nearest): (&u64, Option<(u64, u64, usize)>)| {
            let inside = nearest.filter(|(start, size, _)| *probe <= start.saturating_add(*size));
            inside.map(|(.., name)| self.string(&strings, name)).transpose()
        };
        probes.iter().zip(nearest).map(name).collect()
    }

    fn string(&self, strings: &Range<usize>, at: usize) -> Result<Vec<u8>> {
        let start = strings.start.saturating_add(at);
        let mut rest = self.file.of_file(start..strings.end.max(start));
        Ok(rest.read_null_terminated_slice()?.to_slice()?.into_owned())
    }
}

impl Segment {
    /// A program header; none where it is not about code.
    fn read(mut entry: Part) -> Result<Option<Segment>> {
        const LOADED: u32 = 1;
        const EXECUTABLE: u32 = 1;
        let (kind, flags) = (entry.read_u32()?, entry.read_u32()?);
        let (offset, address) = (word(&mut entry)?, word(&mut entry)?);
        // The physical address.
        entry.skip(8)?;
        let size = word(&mut entry)?;
        let segment = Segment { file: offset..offset.saturating_add(size), address };
        Ok((kind == LOADED && flags & EXECUTABLE != 0).then_some(segment))
    }
}

impl Section {
    fn read(mut entry: Part) -> Result<Section> {
        const NO_BITS: u32 = 8;
        let (name, kind, flags) = (entry.read_u32()? as usize, entry.read_u32()?, entry.read_u64()?);
        // The address.
        entry.skip(8)?;
        let (offset, size) = (word(&mut entry)?, word(&mut entry)?);
        let link = entry.read_u32()? as usize;
        let size = if kind == NO_BITS { 0 } else { size };
        Ok(Section { name, kind, flags, file: offset..offset.saturating_add(size), link })
    }
}

fn word(from: &mut Part) -> Result<usize> {
    usize::try_from(from.read_u64()?).map_err(|_| Error::UnsupportedOffset)
}

/// The entries of a table, each `size` bytes.
fn entries(file: &Part, start: usize, size: usize, count: usize) -> Result<impl Iterator<Item = Part>> {
    let end = size.checked_mul(count).and_then(|bytes| start.checked_add(bytes));
    let end = end.ok_or(Error::UnsupportedOffset)?;
    let mut rest = file.of_file(start..end);
    Ok((0..count).map_while(move |_| rest.split(size).ok()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_running_program_is_read() {
        let image = Image::open(&std::env::current_exe().unwrap()).unwrap();
        assert!(image.section(".debug_info").unwrap().len() > 1000);
        assert!(image.section(".none").unwrap().is_empty());
        let code = &image.segments[0];
        assert_eq!(image.address(code.file.start + 9), Some(code.address as u64 + 9));
        assert_eq!(image.address(code.file.end), None);
    }

    #[test]
    fn what_is_no_program_is_refused() {
        assert!(Image::open(Path::new("nowhere")).is_err());
        for bytes in [&b""[..], b"#!/bin/sh\nexec something\n", b"\x7fELF\x02\x01\x01", &[0xff; 200]] {
            let file = tempfile::NamedTempFile::new().unwrap();
            std::fs::write(file.path(), bytes).unwrap();
            assert!(Image::open(file.path()).is_err());
        }
    }
}
