//! Bytes of some encoding to UTF-8, in order, and from places in the text back to those in the file. It knows nothing of
//! records, and never puts a character in the place of bytes that mean none.

use encoding_rs::{DecoderResult, Encoding};
use plimsoll_core::Result;

/// Bytes that are decoded at once.
const PIECE: usize = 64 << 10;

/// Bytes of text that a single one of the file becomes at most.
const GROWTH: u64 = 3;

/// A decoder that stands somewhere in an input.
pub(super) struct Decoder {
    decoder: encoding_rs::Decoder,
    /// Offset in the input of the next byte to read.
    position: u64,
    raw: Vec<u8>,
    /// Text that was decoded, and how much of it was given.
    text: String,
    given: usize,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    /// The input has ended.
    Ended,
    /// Bytes stand behind the text that mean no character.
    Broken,
}

impl std::fmt::Debug for Decoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Decoder").field("position", &self.position).field("state", &self.state).finish()
    }
}

impl Decoder {
    /// A decoder of what stands behind the first `mark` bytes.
    pub(super) fn new(encoding: &'static Encoding, mark: u64) -> Self {
        Decoder {
            decoder: encoding.new_decoder_without_bom_handling(),
            position: mark,
            raw: Vec::new(),
            text: String::new(),
            given: 0,
            state: State::Open,
        }
    }

    /// Offset in the input of the next byte to read.
    pub(super) fn position(&self) -> u64 {
        self.position
    }

    /// Whether the text ends before bytes that mean no character.
    pub(super) fn is_broken(&self) -> bool {
        self.state == State::Broken
    }

    /// Whether all of the text was given.
    pub(super) fn is_done(&self) -> bool {
        self.state != State::Open && self.given == self.text.len()
    }

    /// Gives the next bytes of the text: some, or 0 at its end. `source` reads from an offset in the input; it gives 0 at
    /// its end.
    ///
    /// # Errors
    /// Those of `source`.
    pub(super) fn read(
        &mut self,
        into: &mut [u8],
        mut source: impl FnMut(u64, &mut [u8]) -> Result<usize>,
    ) -> Result<usize> {
        while self.given == self.text.len() && self.state == State::Open {
            self.text.clear();
            self.given = 0;
            let mut raw = std::mem::take(&mut self.raw);
            raw.resize(PIECE, 0);
            let read = source(self.position, &mut raw);
            if let Ok(read) = &read {
                self.feed(&raw[..*read]);
            }
            self.raw = raw;
            read?;
        }
        let text = &self.text.as_bytes()[self.given..];
        let copied = text.len().min(into.len());
        into[..copied].copy_from_slice(&text[..copied]);
        self.given += copied;
        Ok(copied)
    }

    /// Decodes the next bytes of the input, none at its end, behind the text.
    fn feed(&mut self, raw: &[u8]) {
        let is_last = raw.is_empty();
        let room = self.decoder.max_utf8_buffer_length_without_replacement(raw.len());
        self.text.reserve(room.unwrap_or(0));
        let (result, _) = self.decoder.decode_to_string_without_replacement(raw, &mut self.text, is_last);
        self.position += raw.len() as u64;
        self.state = match result {
            DecoderResult::Malformed(..) => State::Broken,
            _ if is_last => State::Ended,
            _ => State::Open,
        };
    }
}

/// A place between two characters where a decoder may begin.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Anchor {
    /// Offset in the text.
    pub(super) text: u64,
    /// Offset in the input.
    pub(super) raw: u64,
}

/// Finds where bytes of the text stand in the input.
#[derive(Debug)]
pub(super) struct Finder {
    decoder: Decoder,
    /// Offset in the text of what is decoded next.
    text: u64,
    /// Offset in the input of the byte behind the last whole character.
    behind: u64,
}

impl Finder {
    /// A finder at `anchor`.
    pub(super) fn new(encoding: &'static Encoding, anchor: Anchor) -> Self {
        Finder { decoder: Decoder::new(encoding, anchor.raw), text: anchor.text, behind: anchor.raw }
    }

    /// Whether it has not passed by this byte of the text.
    pub(super) fn is_before(&self, text: u64) -> bool {
        self.text <= text
    }

    /// Behind the last whole character that was decoded.
    pub(super) fn anchor(&self) -> Anchor {
        Anchor { text: self.text, raw: self.behind }
    }

    /// Offset in the input of the character that begins with this byte of the text, or holds it.
    ///
    /// # Errors
    /// Those of `source`, which is as that of [`Decoder::read`].
    pub(super) fn find(
        &mut self,
        text: u64,
        mut source: impl FnMut(u64, &mut [u8]) -> Result<usize>,
    ) -> Result<u64> {
        let mut raw = vec![0; PIECE];
        while self.text < text && self.decoder.state == State::Open {
            // Near to the place only one byte at a time, so that no character behind it is decoded.
            let far = usize::try_from((text - self.text) / GROWTH).unwrap_or(usize::MAX).saturating_sub(16);
            let read = source(self.decoder.position, &mut raw[..far.clamp(1, PIECE)])?;
            self.decoder.text.clear();
            self.decoder.feed(&raw[..read]);
            let decoded = self.decoder.text.len() as u64;
            if self.text + decoded > text {
                return Ok(self.behind);
            }
            if decoded > 0 {
                (self.text, self.behind) = (self.text + decoded, self.decoder.position);
            }
        }
        Ok(self.behind)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A source over `bytes` that gives at most `most` at a time.
    fn source(bytes: &[u8], most: usize) -> impl FnMut(u64, &mut [u8]) -> Result<usize> {
        move |offset, into| {
            let rest = &bytes[offset as usize..];
            let count = rest.len().min(into.len()).min(most);
            into[..count].copy_from_slice(&rest[..count]);
            Ok(count)
        }
    }

    fn utf16(text: &str) -> Vec<u8> {
        text.encode_utf16().flat_map(u16::to_le_bytes).collect()
    }

    proptest! {
        #[test]
        fn any_pieces_give_the_same_text(
            text in "[a-c,\n\"äж一😀]{0,200}",
            most in 1usize..50,
            room in 1usize..50,
        ) {
            let bytes = utf16(&text);
            let mut decoder = Decoder::new(encoding_rs::UTF_16LE, 0);
            let mut decoded = Vec::new();
            loop {
                let mut into = vec![0; room];
                match decoder.read(&mut into, source(&bytes, most)).unwrap() {
                    0 => break,
                    read => decoded.extend_from_slice(&into[..read]),
                }
            }
            prop_assert_eq!(decoded, text.as_bytes());
            prop_assert!(decoder.is_done() && !decoder.is_broken());
        }

        #[test]
        fn places_are_found(text in "[a-c,\näж一😀]{1,300}", places in prop::collection::vec(any::<prop::sample::Index>(), 1..5)) {
            let bytes = utf16(&text);
            let starts: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
            let mut finder = Finder::new(encoding_rs::UTF_16LE, Anchor::default());
            for place in places {
                let at = *place.get(&starts);
                if !finder.is_before(at as u64) {
                    finder = Finder::new(encoding_rs::UTF_16LE, Anchor::default());
                }
                let expected = 2 * text[..at].encode_utf16().count() as u64;
                prop_assert_eq!(finder.find(at as u64, source(&bytes, 7)).unwrap(), expected);
            }
        }
    }

    #[test]
    fn what_means_no_character_ends_the_text() {
        // An unpaired surrogate, and half a character at the end.
        for bytes in [&b"a\0\0\xd8b\0"[..], b"a\0b"] {
            let mut decoder = Decoder::new(encoding_rs::UTF_16LE, 0);
            let mut into = [0; 10];
            let read = decoder.read(&mut into, source(bytes, 100)).unwrap();
            assert_eq!(&into[..read], b"a");
            assert_eq!(decoder.read(&mut into, source(bytes, 100)).unwrap(), 0);
            assert!(decoder.is_broken() && decoder.is_done());
            let mut finder = Finder::new(encoding_rs::UTF_16LE, Anchor::default());
            assert_eq!(finder.find(1, source(bytes, 100)).unwrap(), 2);
        }
    }
}
