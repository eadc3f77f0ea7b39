//! The delimiters that are tried, in the order that settles ties, and when one of the rarer ones is believed.

use plimsoll_core::Delimiter;

use super::cell::{Kind, kind};
use super::header::judge;
use super::layout::Layout;
use super::split::{Record, Records};

/// Delimiters that split most records are believed.
const USUAL: [u8; 5] = [b',', b';', b'\t', b'|', 1];

/// Delimiters of two bytes that are tried as those are; the last one where blanks stand behind commas.
const LONG: [&[u8]; 3] = [b"||", b"::", b", "];

/// Delimiters that stand in texts as well, and need more evidence.
const RARE: [u8; 4] = [b':', b' ', b'~', b'^'];

/// Bytes in which a delimiter must stand to be tried.
const PROBED: usize = 8 << 10;

/// The usual delimiters that stand in the text.
pub(super) fn usual(text: &[u8]) -> Vec<Delimiter> {
    let probe = probe(text);
    let long = LONG.iter().filter(|long| probe.windows(long.len()).any(|window| window == **long));
    present(&USUAL, probe).chain(long.map(|long| Delimiter::Text(long.to_vec()))).collect()
}

/// The rare ones; runs of blanks where two of them stand together.
pub(super) fn rare(text: &[u8]) -> Vec<Delimiter> {
    let probe = probe(text);
    let runs = probe.windows(2).any(|pair| pair.iter().all(|byte| matches!(byte, b' ' | b'\t')));
    present(&RARE, probe).chain(runs.then_some(Delimiter::Blanks)).collect()
}

fn probe(text: &[u8]) -> &[u8] {
    &text[..text.len().min(PROBED)]
}

fn present(bytes: &[u8], probe: &[u8]) -> impl Iterator<Item = Delimiter> {
    bytes.iter().filter(|byte| probe.contains(byte)).map(|byte| Delimiter::from(*byte))
}

/// Whether it is punctuation as well, so that rare ones are tried beside it.
pub(super) fn is_punctuation(delimiter: &Delimiter) -> bool {
    matches!(delimiter, Delimiter::Text(bytes) if bytes == b", ")
}

/// Whether a usual delimiter other than `own` stands in the text; a comma before a blank is punctuation.
pub(super) fn could_split(text: &[u8], own: &Delimiter) -> bool {
    text.iter().enumerate().any(|(at, byte)| {
        let punctuation = *byte == b',' && text.get(at + 1).is_none_or(|next| *next == b' ');
        USUAL.contains(byte) && own.byte() != Some(*byte) && !punctuation
    })
}

/// Whether a rare delimiter is one: every record is split alike, and the columns or the quotes say so too.
pub(super) fn is_credible(records: &Records<'_>, layout: &Layout) -> bool {
    let table = &records.all[layout.start.min(records.all.len())..];
    let even = layout.regular == layout.total;
    if !even || table.len() < 2 || records.open {
        return false;
    }
    let below = &table[1..];
    let whole = |record: &Record| {
        let line = records.rest(record);
        let length = line.iter().position(|byte| matches!(byte, b'\n' | b'\r')).unwrap_or(line.len());
        kind(&line[..length]).is_typed()
    };
    if below.iter().all(whole) {
        return false;
    }
    let column = |index: usize| below.iter().filter_map(move |record| records.cells(record).get(index));
    let says = |index: &usize| {
        let typed = column(*index).all(|cell| kind(records.text(cell)).is_typed() || cell.quoted);
        typed && column(*index).any(|cell| kind(records.text(cell)) != Kind::Empty)
    };
    let telling = (0..layout.width).filter(says).count();
    let named = judge(records, layout.start, layout.width);
    let headed = named.names && named.certain;
    telling == layout.width || (telling > 0 && (headed || layout.width > 2) && telling * 4 >= layout.width)
}
