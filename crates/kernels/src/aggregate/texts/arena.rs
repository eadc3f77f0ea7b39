//! A text or none for each group: short ones in place, longer ones in one buffer of bytes, so that their size is known.
//! It compares nothing and reserves nothing: [`Arena::growth`] says beforehand what it may take.

use std::mem::{replace, take};

use crate::aggregate::NOWHERE;
use crate::growth::{MOVED, bytes_for, grow, step};

/// Texts of up to so many bytes lie in their slot.
const INLINE: usize = 12;
/// Bytes before a text in the buffer: its group and its room.
const HEAD: usize = 8;
/// A text in so much room is not kept there when it needs less than a quarter of it.
const ROOMY: usize = 256;
/// When one byte of so many is of no use, the buffer is compacted before it grows.
const USELESS: usize = 4;

/// The texts of the groups: 16 bytes for each, and 8 and the room of the text for each that is longer than 12 bytes.
#[derive(Default)]
pub(super) struct Arena {
    slots: Vec<Slot>,
    /// Entries one after the other: the group, the room, and so many bytes, of which a text has the first.
    bytes: Vec<u8>,
    /// Bytes of entries that no slot leads to.
    useless: usize,
    /// To where `bytes` may grow now without more need than what was announced.
    bound: usize,
}

/// Where the text of a group is.
#[derive(Debug, Clone, Copy)]
struct Slot {
    /// That of the text, with [`APART`] where it lies in the buffer; [`NONE`] for no text.
    length: u32,
    /// The text, or where its entry begins.
    rest: [u8; INLINE],
}

const APART: u32 = 1 << 31;
/// Neither a short length nor one with [`APART`].
const NONE: u32 = APART - 1;

impl Default for Slot {
    fn default() -> Self {
        Slot { length: NONE, rest: [0; INLINE] }
    }
}

impl Slot {
    /// For a text of so many bytes whose entry begins here. Arrow's texts have fewer than 2^31 bytes.
    #[allow(clippy::cast_possible_truncation, reason = "a text of an array has fewer than 2^31 bytes")]
    fn apart(start: usize, length: usize) -> Self {
        let mut rest = [0; INLINE];
        rest[..8].copy_from_slice(&(start as u64).to_le_bytes());
        Slot { length: length as u32 | APART, rest }
    }

    /// For a text of at most 12 bytes, which are copied without a call.
    #[inline]
    #[allow(clippy::cast_possible_truncation, reason = "it has at most 12 bytes")]
    fn inline(text: &[u8]) -> Self {
        let mut rest = [0; INLINE];
        match (text.first_chunk::<8>(), text.first_chunk::<4>(), text.last_chunk::<4>()) {
            (Some(first), _, Some(last)) => {
                rest[..8].copy_from_slice(first);
                rest[text.len() - 4..][..4].copy_from_slice(last);
            }
            (None, Some(first), Some(last)) => {
                rest[..4].copy_from_slice(first);
                rest[text.len() - 4..][..4].copy_from_slice(last);
            }
            _ => rest.iter_mut().zip(text).for_each(|(to, byte)| *to = *byte),
        }
        Slot { length: text.len() as u32, rest }
    }

    /// Where the entry begins, if there is one.
    #[inline]
    fn start(&self) -> Option<usize> {
        let [a, b, c, d, e, f, g, h, ..] = self.rest;
        let start = u64::from_le_bytes([a, b, c, d, e, f, g, h]) as usize;
        (self.length & APART != 0).then_some(start)
    }

    #[inline]
    fn length(&self) -> usize {
        (self.length & !APART) as usize
    }

    /// The text, given the buffer.
    #[inline]
    fn text<'a>(&'a self, bytes: &'a [u8]) -> Option<&'a [u8]> {
        match self.start() {
            Some(start) => Some(&bytes[start + HEAD..][..self.length()]),
            None if self.length == NONE => None,
            None => Some(&self.rest[..self.length()]),
        }
    }

    /// Bytes of an entry for the text.
    fn entry_size(&self) -> usize {
        self.start().map_or(0, |_| HEAD + self.length())
    }
}

impl Arena {
    /// Makes room for `groups` groups; the new ones have no text.
    pub(super) fn resize(&mut self, groups: usize) {
        grow(&mut self.slots, groups, Slot::default);
    }

    /// The text of a group.
    #[inline]
    pub(super) fn get(&self, group: usize) -> Option<&[u8]> {
        self.slots[group].text(&self.bytes)
    }

    /// Makes `text` that of a group.
    #[inline]
    #[allow(clippy::cast_possible_truncation, reason = "a text of an array has fewer than 2^31 bytes")]
    pub(super) fn set(&mut self, group: usize, text: Option<&[u8]>) {
        let slot = &mut self.slots[group];
        match (slot.start(), text) {
            (None, Some(text)) if text.len() <= INLINE => *slot = Slot::inline(text),
            (Some(start), Some(text)) if fits(text.len(), head(&self.bytes, start).1) => {
                self.bytes[start + HEAD..][..text.len()].copy_from_slice(text);
                slot.length = text.len() as u32 | APART;
            }
            _ => self.replace(group, text),
        }
    }

    /// Says that up to `texts` texts of `bytes` bytes in all may be set next, so that not more is taken than
    /// [`Arena::growth`] has said.
    pub(super) fn announce(&mut self, texts: usize, bytes: usize) {
        self.bound = self.bound_for(texts, bytes);
    }

    /// Bytes that it takes beside those that it has while `texts` texts of `bytes` bytes in all are set, were each that
    /// of a new group: what is copied is among them, while there is both.
    pub(super) fn growth(&self, texts: usize, bytes: usize) -> usize {
        let (capacity, bound) = (self.bytes.capacity(), self.bound_for(texts, bytes));
        let buffer = match bound > capacity {
            true if capacity < MOVED => bound - capacity + bound.min(MOVED),
            true => bound - capacity,
            false => 0,
        };
        bytes_for(&self.slots, texts) + buffer
    }

    /// Heap bytes held, by capacity.
    pub(super) fn size(&self) -> usize {
        self.slots.capacity() * size_of::<Slot>() + self.bytes.capacity()
    }

    /// How many bytes the texts have that [`Arena::take`] copies, at most.
    pub(super) fn copied(&self) -> usize {
        self.bytes.len() - self.useless
    }

    /// Sets texts of `other`: that of its group `i` becomes that of group `mapping[i]` where `wanted` says so of `i`, this
    /// group, that text and the one that is here. Of `other`, texts of groups that are mapped to [`NOWHERE`] are left.
    pub(super) fn take(
        &mut self,
        other: &mut Arena,
        mapping: &[u32],
        wanted: impl FnMut(usize, usize, Option<&[u8]>, Option<&[u8]>) -> bool,
    ) {
        match self.bytes.is_empty() && !mapping.contains(&NOWHERE) {
            true => self.take_over(other, mapping, wanted),
            false => self.copy(other, mapping, wanted),
        }
    }

    /// Takes the buffer over as it is; of texts that are not wanted it is rid then.
    fn take_over(
        &mut self,
        other: &mut Arena,
        mapping: &[u32],
        mut wanted: impl FnMut(usize, usize, Option<&[u8]>, Option<&[u8]>) -> bool,
    ) {
        (self.bytes, self.useless) = (take(&mut other.bytes), take(&mut other.useless));
        for (from, (slot, group)) in take(&mut other.slots).into_iter().zip(mapping).enumerate() {
            let to = *group as usize;
            let is_wanted = wanted(from, to, slot.text(&self.bytes), self.get(to));
            let loser = if is_wanted { replace(&mut self.slots[to], slot) } else { slot };
            if let Some(start) = slot.start().filter(|_| is_wanted) {
                self.bytes[start..start + 4].copy_from_slice(&group.to_le_bytes());
            }
            if let Some(start) = loser.start() {
                self.bytes[start..start + 4].copy_from_slice(&NOWHERE.to_le_bytes());
                self.useless += HEAD + head(&self.bytes, start).1;
            }
        }
        if self.is_wasteful() {
            self.compact();
            self.bytes.shrink_to_fit();
        }
    }

    fn copy(
        &mut self,
        other: &Arena,
        mapping: &[u32],
        mut wanted: impl FnMut(usize, usize, Option<&[u8]>, Option<&[u8]>) -> bool,
    ) {
        let slots = other.slots.iter().zip(mapping).enumerate();
        let slots = slots.filter(|(_, (_, group))| **group != NOWHERE);
        let bytes = slots.clone().map(|(_, (slot, _))| slot.entry_size()).sum();
        self.announce(0, bytes);
        if self.bytes.capacity() == 0 {
            self.bytes.reserve_exact(bytes);
        }
        for (from, (slot, group)) in slots {
            let (to, text) = (*group as usize, slot.text(&other.bytes));
            if wanted(from, to, text, self.get(to)) {
                self.set(to, text);
            }
        }
    }

    /// How long the buffer may become while texts are set.
    fn bound_for(&self, texts: usize, bytes: usize) -> usize {
        let more = bytes + texts.min(bytes / (INLINE + 1)) * HEAD;
        self.bytes.len() + if more == 0 { 0 } else { step(self.bytes.len(), more) }
    }

    /// Makes `text` that of a group where it does not go into the place of the one before.
    fn replace(&mut self, group: usize, text: Option<&[u8]>) {
        if let Some(start) = take(&mut self.slots[group]).start() {
            self.useless += HEAD + head(&self.bytes, start).1;
        }
        self.slots[group] = match text {
            None => Slot::default(),
            Some(text) if text.len() <= INLINE => Slot::inline(text),
            Some(text) => self.append(group, text),
        };
    }

    /// Adds an entry.
    #[allow(clippy::cast_possible_truncation, reason = "groups and lengths of texts have 32 bits")]
    fn append(&mut self, group: usize, text: &[u8]) -> Slot {
        let more = HEAD + text.len();
        if self.bytes.capacity() - self.bytes.len() < more {
            self.make_room(more);
        }
        let start = self.bytes.len();
        self.bytes.extend_from_slice(&(group as u32).to_le_bytes());
        self.bytes.extend_from_slice(&(text.len() as u32).to_le_bytes());
        self.bytes.extend_from_slice(text);
        Slot::apart(start, text.len())
    }

    #[cold]
    fn make_room(&mut self, more: usize) {
        if self.is_wasteful() {
            self.compact();
        }
        let length = self.bytes.len();
        if self.bytes.capacity() - length < more {
            let most = self.bound.saturating_sub(length).max(more);
            self.bytes.reserve_exact(step(length, more).min(most));
        }
    }

    fn is_wasteful(&self) -> bool {
        self.useless > 0 && self.useless * USELESS >= self.bytes.len()
    }

    /// Moves entries to the front, over those that no slot leads to.
    fn compact(&mut self) {
        let (mut from, mut to) = (0, 0);
        while from < self.bytes.len() {
            let (group, room) = head(&self.bytes, from);
            let end = from + HEAD + room;
            if let Some(slot) = self.slots.get_mut(group as usize).filter(|slot| slot.start() == Some(from)) {
                *slot = Slot::apart(to, slot.length());
                self.bytes.copy_within(from..end, to);
                to += end - from;
            }
            from = end;
        }
        self.bytes.truncate(to);
        self.useless = 0;
    }
}

/// The group and the room of an entry.
#[inline]
fn head(bytes: &[u8], start: usize) -> (u32, usize) {
    match bytes[start..].first_chunk() {
        Some([a, b, c, d, e, f, g, h]) => {
            (u32::from_le_bytes([*a, *b, *c, *d]), u32::from_le_bytes([*e, *f, *g, *h]) as usize)
        }
        None => (NOWHERE, 0),
    }
}

/// Whether a text of so many bytes should lie in so much room.
fn fits(length: usize, room: usize) -> bool {
    length <= room && (room < ROOMY || length >= room / 4)
}
