//! A flame graph as one SVG file, drawn without any other library: boxes from stacks, and a page around them.

use std::collections::{BTreeSet, HashMap};
use std::fmt::Write;

use super::label::{clipped, digits, escaped, fit, percent, size};
use super::stacks::{Level, stacks};
use crate::trace::{Frame, Measure, Mode, Traces};

/// Width of the picture in pixels, all boxes together.
const WIDTH: u128 = 1200;
/// Height of a box.
const ROW: usize = 17;
/// Where the boxes begin, below the title.
const TOP: usize = 54;
/// Free space around text.
const PAD: usize = 4;
/// Hundredths of a pixel that a character of the boxes' font is wide: 0.6 em of 11 pixels.
const COLUMN: u128 = 660;
/// The same of the title's font, which is larger and bold.
const TITLE_COLUMN: u128 = 1100;
/// Boxes narrower than one in so many parts of the whole are left out.
const NARROWEST: u128 = 1000;
/// Columns of a name in a tooltip.
const TOOLTIP: usize = 400;
/// How many colours `flame.css` has for crates.
const COLOURS: usize = 12;

/// A flame graph of `traces` as one SVG file, with the outermost call at the top ("icicles").
///
/// - A box is a call, as wide as its share of the bytes, below its caller. Boxes are one only where function, file and
///   line are the same: two calls from two lines of a function show as two boxes. Siblings are in order of their source.
/// - The box on top stands for all bytes. Below it comes the tag, if it is not empty; a trace without frames is
///   `[no stack]`.
/// - Every frame is drawn, the standard library's and the allocator's in grey. The others have a colour for each crate,
///   the same one in every picture as far as crates do not compete for it.
/// - Boxes of less than 0.1 % are left out. Tooltips have the whole name, the source line, the bytes and the percentage.
/// - The file needs nothing else: no network, no fonts. It follows the light or dark scheme of the viewer. Where scripts
///   run, a click on a box widens it, a click on the topmost one shows all again, and Ctrl-F searches.
///
/// Flame graphs are Brendan Gregg's (<https://www.brendangregg.com/flamegraphs.html>).
#[must_use]
pub fn flame_graph(traces: &Traces, of: Measure, title: &str) -> String {
    let stacks = stacks(traces, of);
    let total: u128 = stacks.values().sum();
    let boxes = boxes(stacks);
    let colours = colours(&boxes);
    let rows = boxes.iter().map(|shown| shown.depth + 1).max().unwrap_or(1);
    let mut svg = String::new();
    // Writing to a string cannot fail.
    let _ = head(&mut svg, title, &subtitle(traces, of, total), TOP + rows * ROW + 2 * PAD);
    for shown in &boxes {
        let _ = draw(&mut svg, shown, total, &colours);
    }
    let _ = writeln!(svg, "<script><![CDATA[\n{}]]></script>\n</svg>", include_str!("flame.js"));
    svg
}

/// A call in the picture, or everything. Its place is given in bytes from the left.
struct Shown<'a> {
    /// `None` for all bytes.
    level: Option<Level<'a>>,
    depth: usize,
    start: u128,
    end: u128,
}

/// The boxes of stacks that come in order: neighbours share a box as far as they begin alike.
fn boxes<'a>(stacks: impl IntoIterator<Item = (Vec<Level<'a>>, u128)>) -> Vec<Shown<'a>> {
    let mut boxes = Vec::new();
    let mut open: Vec<(Level<'a>, u128)> = Vec::new();
    let mut right = 0;
    for (stack, bytes) in stacks {
        let alike = open.iter().zip(&stack).take_while(|((level, _), other)| level == *other).count();
        close(&mut boxes, &mut open, alike, right);
        open.extend(stack[alike..].iter().map(|level| (*level, right)));
        right += bytes;
    }
    close(&mut boxes, &mut open, 0, right);
    if right > 0 {
        boxes.push(Shown { level: None, depth: 0, start: 0, end: right });
    }
    boxes.retain(|shown| (shown.end - shown.start) * NARROWEST >= right);
    boxes.sort_by_key(|shown| (shown.depth, shown.start));
    boxes
}

fn close<'a>(boxes: &mut Vec<Shown<'a>>, open: &mut Vec<(Level<'a>, u128)>, keep: usize, end: u128) {
    for (index, (level, start)) in open.drain(keep..).enumerate() {
        boxes.push(Shown { level: Some(level), depth: keep + index + 1, start, end });
    }
}

/// The class of each crate's colour. A crate takes the colour of its name's hash, or the next one that is free.
fn colours<'a>(boxes: &[Shown<'a>]) -> HashMap<&'a str, usize> {
    let crates: BTreeSet<&str> = boxes
        .iter()
        .filter_map(|shown| match shown.level {
            Some(Level::Call(frame)) if !frame.library => Some(crate_of(frame)),
            _ => None,
        })
        .collect();
    let mut taken = [false; COLOURS];
    let mut colours = HashMap::new();
    for name in crates {
        let hashed = fnv(name) as usize % COLOURS;
        let free = (0..COLOURS).map(|step| (hashed + step) % COLOURS).find(|colour| !taken[*colour]);
        let colour = free.unwrap_or(hashed);
        taken[colour] = true;
        colours.insert(name, colour);
    }
    colours
}

/// The crate of a function: the first word that `::` follows, also in `<a::B as c::D>::e`. Without such a word it is the
/// source file's folder.
fn crate_of(frame: &Frame) -> &str {
    let before = frame.function.split_once("::").map_or("", |(before, _)| before);
    let word = before.rfind(|letter: char| !letter.is_alphanumeric() && letter != '_');
    let name =
        word.map_or(before, |at| before[at..].trim_start_matches(|letter: char| !letter.is_alphanumeric()));
    if name.is_empty() { frame.file.rsplit_once('/').map_or("", |(folder, _)| folder) } else { name }
}

/// The hash FNV-1a of 32 bits: small, and the same on every machine and in every version.
fn fnv(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

fn subtitle(traces: &Traces, of: Measure, total: u128) -> String {
    let what = match of {
        Measure::Live => "live",
        Measure::AtPeak => "live at the peak",
        Measure::Total => "allocated in all",
        Measure::Temporary => "temporary: freed before the next allocation",
    };
    let sampled = match traces.mode {
        Mode::Exact => String::new(),
        Mode::Sampled { interval } => {
            format!("; estimated from a sample every {}", size(u128::from(interval)))
        }
    };
    format!("{} {what}{sampled}", size(total))
}

fn head(svg: &mut String, title: &str, subtitle: &str, height: usize) -> std::fmt::Result {
    let whole = escaped(&clipped(title, TOOLTIP));
    let short = escaped(&clipped(title, columns(WIDTH * 100, TITLE_COLUMN)));
    let (subtitle, right) = (escaped(subtitle), WIDTH as usize - PAD);
    let size = format!(r#"width="{WIDTH}" height="{height}""#);
    writeln!(
        svg,
        r#"<svg xmlns="http://www.w3.org/2000/svg" class="flame" {size} viewBox="0 0 {WIDTH} {height}"
font-family="ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace" font-size="11">
<title>{whole}</title>
<style>
{}</style>
<rect class="back" {size}/>
<text x="{PAD}" y="21" font-family="system-ui, sans-serif" font-size="16" font-weight="bold">{short}</text>
<text class="note" x="{PAD}" y="42">{subtitle}</text>
<text class="note button" x="{right}" y="42" text-anchor="end" style="display: none">search</text>"#,
        include_str!("flame.css"),
    )
}

fn draw(
    svg: &mut String,
    shown: &Shown<'_>,
    total: u128,
    colours: &HashMap<&str, usize>,
) -> std::fmt::Result {
    let call = match shown.level {
        Some(Level::Call(frame)) => Some(frame),
        _ => None,
    };
    let name = shown.level.map_or("all", Level::name);
    let place = call.map_or(String::new(), place);
    let class = match call {
        None => "all".to_owned(),
        Some(frame) if frame.library => "library".to_owned(),
        Some(frame) => colours.get(crate_of(frame)).map_or(String::new(), |colour| format!("c{colour}")),
    };
    // Both edges are rounded, not the width: so neighbours touch and no box leaves its caller.
    let (left, right) = (edge(shown.start, total), edge(shown.end, total));
    let (x, y, width) = (pixels(left), TOP + shown.depth * ROW, pixels(right - left));
    writeln!(svg, r#"<g class="box"><title>{}"#, escaped(&clipped(name, TOOLTIP)))?;
    if !place.is_empty() {
        writeln!(svg, "{}", escaped(&clipped(&place, TOOLTIP)))?;
    }
    let bytes = shown.end - shown.start;
    write!(svg, "{} bytes ({}), {}</title>", digits(bytes), size(bytes), percent(bytes, total))?;
    write!(svg, r#"<rect class="{class}" x="{x}" y="{y}" width="{width}" height="{ROW}"/>"#)?;
    let label = fit(name, &place, columns(right - left, COLUMN));
    if !label.is_empty() {
        let (x, y) = (pixels(left + PAD as u128 * 100), y + ROW - 5);
        write!(svg, r#"<text x="{x}" y="{y}">{}</text>"#, escaped(&label))?;
    }
    writeln!(svg, "</g>")
}

/// File and line of a call, as far as they are known.
fn place(frame: &Frame) -> String {
    if frame.line == 0 || frame.file.is_empty() {
        frame.file.clone()
    } else {
        format!("{}:{}", frame.file, frame.line)
    }
}

/// Where a byte lies, in hundredths of a pixel from the left, rounded down.
fn edge(byte: u128, total: u128) -> u128 {
    byte * (WIDTH * 100) / total
}

fn pixels(hundredths: u128) -> String {
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

/// Characters that fit into a box with free space on both sides; widths are hundredths of a pixel.
fn columns(width: u128, column: u128) -> usize {
    (width.saturating_sub(2 * PAD as u128 * 100) / column) as usize
}

#[cfg(test)]
mod tests;
