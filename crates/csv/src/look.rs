//! Looks at the head of an input: reads as much of it as its dialect, header and sample need, and holds no more than that.
//! Lines before the table are passed over, and a long record has its memory reserved. It parses nothing.

use plimsoll_core::{CsvOptions, Result};
use plimsoll_memory::Consumer;

use crate::CsvFile;
use crate::head::Head;
use crate::input::{Front, Input, Looked};
use crate::lead::{Lead, Passer, Spot};
use crate::room::HeadRoom;
use crate::sniff::{Sniffed, marker_throughout, sniff};

/// Bytes looked at first: the sample and room for the header and for the record that the sample ends in.
const HEAD_BYTES: usize = CsvOptions::SAMPLE_BYTES + (64 << 10);

/// The most bytes in which the table behind comments is looked for that nobody named.
const TOP_BYTES: u64 = 256 << 20;

/// Opens `path` and looks at its head; see [`CsvFile::open_within`].
pub(crate) fn look(path: &str, options: &CsvOptions, consumer: Option<&Consumer>) -> Result<CsvFile> {
    let mut front = Front::new(Input::open(path, options.encoding.as_deref())?);
    let mut room = HeadRoom::new(consumer, front.input(), options.max_field);
    let (mut head, mut wanted) = (Vec::new(), HEAD_BYTES);
    let (mut lead, mut may_pass, mut may_have_top) = (Lead::default(), front.can_pass(), true);
    let mut refused = None;
    loop {
        let known = head.len();
        let mut looked = Looked { ended: false, paused: false };
        if refused.is_none() {
            looked = front.fill(&mut head, wanted, lead.origin)?;
            // How much the fields of the head take is known only now.
            if head.len() > HEAD_BYTES
                && let Err(error) = room.hold(&head, head.len())
            {
                head.truncate(known);
                looked.ended = false;
                refused = Some(error);
            }
        }
        let Looked { ended, paused } = looked;
        let is_full = head.len() >= HEAD_BYTES && !ended;
        if is_full && std::mem::take(&mut may_pass) {
            let (before, begin) = Lead::of(&head, options);
            let mut passer = Passer::new(options, before.start);
            if !passer.pass(&head[begin..], false).done {
                let mut passer = Passer::new(options, before.start);
                head.drain(..begin);
                front.pass(&mut head, &mut passer, u64::MAX)?;
                lead = before.behind(&passer);
                continue;
            }
        }
        let longest = usize::try_from(options.max_field).unwrap_or(usize::MAX).saturating_add(HEAD_BYTES);
        let Sniffed { options: mut resolved, choices, short, splits } = sniff(&head, ended, options, &lead);
        if is_full
            && std::mem::take(&mut may_have_top)
            && front.input().length().is_some()
            && let Some(top) = top(&head, options, &lead, splits)
        {
            lead = behind_top(&mut front, &mut head, top)?.unwrap_or(lead);
            front.seek(lead.origin.byte)?;
            head.clear();
            continue;
        }
        let looked = Head {
            bytes: &head,
            ended,
            enough: ended || head.len() > longest,
            full: refused.is_some(),
            paused,
            path,
            options: &resolved,
            short,
            lead: &lead,
            is_stream: front.input().length().is_none(),
        };
        if let Some(findings) = looked.read(&mut room).map_err(|error| front.input().in_file(error))? {
            if short.is_some() {
                resolved.columns = Some(findings.columns.iter().map(|name| (name.clone(), None)).collect());
            }
            let is_found = |name: &&str| *name != "UTF-8" || options.encoding.is_some();
            resolved.encoding = Some(front.input().encoding()).filter(is_found).map(str::to_owned);
            return Ok(findings.with(front.into_input(), resolved, choices));
        }
        if let Some(error) = refused {
            return Err(error);
        }
        wanted = head.len().saturating_mul(2).max(HEAD_BYTES);
        refused = room.hold(&head, wanted).err().filter(|_| wanted > HEAD_BYTES);
    }
}

/// Comments that nobody named, where all of a head is made of them.
struct Top {
    marker: &'static str,
    /// What stands before them.
    before: Lead,
    /// Where they begin in the head, and in the text.
    begin: usize,
    start: Spot,
}

fn top(head: &[u8], options: &CsvOptions, lead: &Lead, are_records: bool) -> Option<Top> {
    let (before, begin) = if lead.is_passed() { (lead.clone(), 0) } else { Lead::of(head, options) };
    let is_open = options.comment.is_none() && options.skip_rows.is_none();
    let marker = marker_throughout(head, begin, are_records).filter(|_| is_open)?;
    let start = if lead.is_passed() { lead.origin } else { before.start };
    Some(Top { marker, before, begin, start })
}

/// The lead behind these comments, where a table follows. Reads on for that.
fn behind_top(front: &mut Front, head: &mut Vec<u8>, top: Top) -> Result<Option<Lead>> {
    let Top { marker, before, begin, start } = top;
    let mut passer = Passer::of_top(marker, start);
    head.drain(..begin);
    let found = front.pass(head, &mut passer, start.byte.saturating_add(TOP_BYTES))?;
    Ok(found.then(|| before.behind_top(&passer, marker)))
}
