//! A file read in blocks, of which a fixed number is kept: what is read of a program's debug information, however large
//! that is, takes the same few bytes. It knows nothing of what the bytes mean.

use std::borrow::Cow;
use std::cell::RefCell;
use std::fs::File;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::rc::Rc;

use gimli::{Error, NativeEndian, Reader, ReaderOffsetId, Result};

/// Bytes of a block. Most reads are of a name somewhere in the file: larger blocks would be read in vain.
const BLOCK: usize = 4096;
/// Blocks that are kept: 1 MiB.
const KEPT: usize = 256;

/// A range of a file, from which is read at its start. Clones share the blocks. Reads end with `Error::Io` where the file
/// cannot be read.
#[derive(Clone, Debug)]
pub(super) struct Part {
    blocks: Rc<Blocks>,
    /// The block that was read last, and its number in the file.
    block: Rc<[u8]>,
    number: usize,
    /// What is left of the range.
    at: usize,
    end: usize,
}

#[derive(Debug)]
struct Blocks {
    file: File,
    length: usize,
    /// Block n, if it is kept, in the place n modulo their number.
    kept: RefCell<Vec<(usize, Rc<[u8]>)>>,
}

impl Part {
    /// All of a file.
    ///
    /// # Errors
    /// Where the system does not tell its length.
    pub(super) fn whole(file: File) -> std::io::Result<Self> {
        let length = usize::try_from(file.metadata()?.len()).unwrap_or(usize::MAX);
        let none: Rc<[u8]> = Rc::new([]);
        let kept = RefCell::new(vec![(usize::MAX, Rc::clone(&none)); KEPT]);
        let blocks = Rc::new(Blocks { file, length, kept });
        Ok(Part { blocks, block: none, number: usize::MAX, at: 0, end: length })
    }

    /// Another range of the same file, cut to where that ends.
    pub(super) fn of_file(&self, range: Range<usize>) -> Self {
        let end = range.end.min(self.blocks.length);
        Part { at: range.start.min(end), end, ..self.clone() }
    }

    /// Gives what lies in the block at `at`: at least one byte.
    #[inline]
    fn load(&mut self) -> Result<&[u8]> {
        let number = self.at / BLOCK;
        if self.number != number {
            self.block = self.blocks.get(number)?;
            self.number = number;
        }
        let from = self.at % BLOCK;
        let to = self.block.len().min(from + (self.end - self.at));
        self.block.get(from..to).filter(|bytes| !bytes.is_empty()).ok_or(Error::Io)
    }

    fn check(&self, length: usize) -> Result<()> {
        if length > self.len() { Err(Error::UnexpectedEof(self.offset_id())) } else { Ok(()) }
    }
}

impl Blocks {
    #[cold]
    fn get(&self, number: usize) -> Result<Rc<[u8]>> {
        let kept = &mut self.kept.borrow_mut()[number % KEPT];
        if kept.0 != number {
            let start = number * BLOCK;
            let mut block = [0; BLOCK];
            let length = self.length.saturating_sub(start).min(BLOCK);
            self.file.read_exact_at(&mut block[..length], start as u64).map_err(|_| Error::Io)?;
            *kept = (number, Rc::from(&block[..length]));
        }
        Ok(Rc::clone(&kept.1))
    }
}

impl Reader for Part {
    type Endian = NativeEndian;
    type Offset = usize;

    fn endian(&self) -> NativeEndian {
        NativeEndian
    }

    #[inline]
    fn len(&self) -> usize {
        self.end - self.at
    }

    fn empty(&mut self) {
        self.end = self.at;
    }

    fn truncate(&mut self, length: usize) -> Result<()> {
        self.check(length)?;
        self.end = self.at + length;
        Ok(())
    }

    fn offset_from(&self, base: &Self) -> usize {
        self.at - base.at
    }

    fn offset_id(&self) -> ReaderOffsetId {
        ReaderOffsetId(self.at as u64)
    }

    fn lookup_offset_id(&self, id: ReaderOffsetId) -> Option<usize> {
        let at = usize::try_from(id.0).ok()?;
        (self.at..self.end).contains(&at).then(|| at - self.at)
    }

    fn find(&self, byte: u8) -> Result<usize> {
        let mut rest = self.clone();
        while !rest.is_empty() {
            let bytes = rest.load()?;
            if let Some(found) = bytes.iter().position(|other| *other == byte) {
                return Ok(rest.at + found - self.at);
            }
            rest.at += bytes.len();
        }
        Err(Error::UnexpectedEof(self.offset_id()))
    }

    #[inline]
    fn skip(&mut self, length: usize) -> Result<()> {
        self.check(length)?;
        self.at += length;
        Ok(())
    }

    fn split(&mut self, length: usize) -> Result<Self> {
        let mut first = self.clone();
        first.truncate(length)?;
        self.skip(length)?;
        Ok(first)
    }

    fn to_slice(&self) -> Result<Cow<'_, [u8]>> {
        let mut bytes = vec![0; self.len()];
        self.clone().read_slice(&mut bytes)?;
        Ok(bytes.into())
    }

    fn to_string(&self) -> Result<Cow<'_, str>> {
        let bytes = self.to_slice()?.into_owned();
        String::from_utf8(bytes).map(Cow::Owned).map_err(|_| Error::BadUtf8)
    }

    fn to_string_lossy(&self) -> Result<Cow<'_, str>> {
        Ok(String::from_utf8_lossy(&self.to_slice()?).into_owned().into())
    }

    #[inline]
    fn read_slice(&mut self, into: &mut [u8]) -> Result<()> {
        self.check(into.len())?;
        let mut done = 0;
        while done < into.len() {
            let bytes = self.load()?;
            let count = bytes.len().min(into.len() - done);
            into[done..done + count].copy_from_slice(&bytes[..count]);
            done += count;
            self.at += count;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn bytes_are_those_of_the_file() {
        let bytes: Vec<u8> = (0..KEPT * BLOCK * 2 + 77).map(|at| (at % 251) as u8).collect();
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&bytes).unwrap();
        let whole = Part::whole(file).unwrap();
        assert_eq!(whole.to_slice().unwrap(), bytes);
        // Across the end of a block, twice, with others of the same place between.
        for start in [0, BLOCK - 3, (KEPT + 1) * BLOCK - 3, BLOCK - 3, bytes.len() - 9] {
            let mut part = whole.of_file(start..start + 9);
            assert_eq!(*part.to_slice().unwrap(), bytes[start..start + 9]);
            assert_eq!(part.find(bytes[start + 5]).unwrap(), 5);
            assert_eq!(part.find(252), Err(Error::UnexpectedEof(part.offset_id())));
            let first = part.split(4).unwrap();
            assert_eq!(*first.to_slice().unwrap(), bytes[start..start + 4]);
            assert_eq!(part.len(), 5);
            assert_eq!(part.read_u8(), Ok(bytes[start + 4]));
            assert_eq!(part.offset_from(&first), 5);
            assert!(part.read_u64().is_err() && part.skip(5).is_err() && part.skip(4).is_ok());
        }
        assert!(whole.of_file(bytes.len() + 1..usize::MAX).is_empty());
    }
}
