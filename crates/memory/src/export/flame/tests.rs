//! The picture read back as XML by another library: the boxes are where the bytes say, and names cannot break it.

use proptest::prelude::*;
use roxmltree::{Document, Node};

use super::super::stacks::examples;
use super::*;
use crate::trace::Trace;

/// A box as a viewer sees it; lengths are hundredths of a pixel.
#[derive(Debug, Clone, PartialEq)]
struct Seen {
    title: String,
    class: String,
    label: String,
    left: i64,
    width: i64,
    row: i64,
}

fn child<'a>(node: Node<'a, 'a>, name: &str) -> Option<Node<'a, 'a>> {
    node.children().find(|child| child.has_tag_name(name))
}

/// Reads the whole picture, and asserts what is true of every one: boxes lie in their callers and do not overlap.
fn seen(svg: &str) -> Vec<Seen> {
    let document = Document::parse(svg).unwrap_or_else(|error| panic!("{error}\n{svg}"));
    let groups = document.descendants().filter(|node| node.attribute("class") == Some("box"));
    let mut boxes = Vec::new();
    for group in groups {
        let rect = child(group, "rect").unwrap();
        let number = |name| (rect.attribute(name).unwrap().parse::<f64>().unwrap() * 100.0).round() as i64;
        let text = |name| child(group, name).and_then(|node| node.text()).unwrap_or("").to_owned();
        boxes.push(Seen {
            title: text("title"),
            class: rect.attribute("class").unwrap().to_owned(),
            label: text("text"),
            left: number("x"),
            width: number("width"),
            row: (number("y") / 100 - TOP as i64) / ROW as i64,
        });
    }
    for shown in &boxes {
        let inside = |other: &&Seen| {
            other.row == shown.row - 1
                && other.left <= shown.left
                && shown.left + shown.width <= other.left + other.width
        };
        assert!(shown.row == 0 || boxes.iter().filter(inside).count() == 1, "{shown:?} has one caller");
        let overlaps = |other: &&Seen| {
            other.row == shown.row
                && other.left < shown.left + shown.width
                && shown.left < other.left + other.width
        };
        assert_eq!(boxes.iter().filter(overlaps).count(), 1, "{shown:?} overlaps itself alone");
        let columns = super::super::label::width(&shown.label) as i64;
        assert!(columns * 660 <= shown.width, "{shown:?}: the text fits");
    }
    boxes
}

fn titles(svg: &str) -> Vec<String> {
    seen(svg).into_iter().map(|shown| shown.title).collect()
}

#[test]
fn boxes_are_as_wide_as_their_bytes() {
    let svg = flame_graph(&examples::small(), Measure::Live, "small");
    let boxes = seen(&svg);
    let total = 180;
    // Row, bytes to the left, bytes: by hand from the example, in the order of files and lines.
    let expected = [
        (0, 0, 180, "all"),
        (1, 0, 50, "reading"),
        (1, 50, 123, "app::main"),
        (1, 173, 7, "[no stack]"),
        (2, 0, 50, "app::main"),
        (2, 50, 103, "app::scan::field"),
        (2, 153, 20, "app::scan::field"),
        (3, 0, 50, "app::scan::field"),
        (3, 50, 103, "alloc::vec::Vec<T>::push"),
        (3, 153, 20, "alloc::vec::Vec<T>::push"),
    ];
    assert_eq!(boxes.len(), expected.len());
    for (shown, (row, left, bytes, name)) in boxes.iter().zip(expected) {
        assert_eq!((shown.row, shown.title.lines().next().unwrap()), (row, name));
        assert!((shown.left - left * 120_000 / total).abs() <= 1, "{shown:?}");
        assert!((shown.width - bytes * 120_000 / total).abs() <= 1, "{shown:?}");
    }
    assert_eq!(boxes[5].title, "app::scan::field\nsrc/scan.rs:41\n103 bytes (103 bytes), 57.2 %");
    assert_eq!(boxes[2].label, "app::main (src/main.rs:7)");
    assert_eq!(boxes[8].class, "library");
    assert_eq!(boxes[2].class, boxes[5].class, "a crate has one colour");
    assert!(svg.contains(">180 bytes live; estimated from a sample every 512 bytes<"));
}

#[test]
fn a_function_that_is_narrower_than_a_pixel_is_left_out_and_its_bytes_are_not() {
    let traces = Traces {
        frames: ["a::wide", "b::narrow", "c::just"].map(|name| examples::frame(name, name, 1)).to_vec(),
        traces: vec![
            examples::trace(&[0], 0, 99_801),
            examples::trace(&[1], 0, 99),
            examples::trace(&[2], 0, 100),
        ],
        ..Traces::default()
    };
    let svg = flame_graph(&traces, Measure::Live, "");
    let boxes = seen(&svg);
    assert_eq!(boxes.len(), 3, "{boxes:?}");
    assert!(boxes[0].title.contains("100,000 bytes"));
    assert!(boxes[2].title.starts_with("c::just") && boxes[2].left + boxes[2].width == 120_000);
}

#[test]
fn measures_and_titles_are_told() {
    let svg = flame_graph(&examples::small(), Measure::Temporary, "a <title> & more");
    assert!(titles(&svg)[0].starts_with("all\n180,000 bytes (175.7 KiB), 100.0 %"));
    assert!(svg.contains(">175.7 KiB temporary: freed before the next allocation;"));
    let document = Document::parse(&svg).unwrap();
    let title = child(document.root_element(), "title").unwrap();
    assert_eq!(title.text(), Some("a <title> & more"));
    let long = flame_graph(&examples::small(), Measure::Live, &"long ".repeat(1000));
    assert!(long.contains("…</text>"), "a title that does not fit is cut");
}

#[test]
fn nothing_is_a_picture_too() {
    let svg = flame_graph(&Traces::default(), Measure::AtPeak, "");
    assert_eq!(seen(&svg), []);
    assert!(svg.contains(">0 bytes live at the peak<"));
    let without_bytes = Traces { traces: vec![Trace::default()], ..Traces::default() };
    assert_eq!(seen(&flame_graph(&without_bytes, Measure::Total, "")), []);
}

#[test]
fn hostile_names_stay_text() {
    let traces = examples::hostile();
    for title in traces.frames.iter().map(|frame| frame.function.as_str()) {
        let svg = flame_graph(&traces, Measure::Live, title);
        let boxes = seen(&svg);
        let scripts =
            Document::parse(&svg).unwrap().descendants().filter(|node| node.has_tag_name("script")).count();
        assert_eq!(scripts, 1);
        let deepest = boxes.iter().map(|shown| shown.row).max();
        assert_eq!(
            deepest,
            Some(traces.frames.len() as i64 + 1),
            "every call of the deepest stack has a box"
        );
        assert!(boxes.iter().any(|shown| shown.title.starts_with("<>&\"'\n<>&\"':1\n")));
        assert!(svg.len() < 200_000, "{} bytes: names of 10,000 characters are cut", svg.len());
    }
}

#[test]
fn very_deep_stacks_need_no_recursion() {
    let stack: Vec<u32> = (0..100_000).map(|index| index % 2).collect();
    let traces = Traces {
        frames: ["a::even", "a::odd"].map(|name| examples::frame(name, "a.rs", 1)).to_vec(),
        traces: vec![examples::trace(&stack, 0, 1)],
        ..Traces::default()
    };
    let svg = flame_graph(&traces, Measure::Live, "");
    assert_eq!(svg.matches("class=\"box\"").count(), 100_001);
}

#[test]
fn crates_are_found_in_names() {
    let of = |function: &str| crate_of(&examples::frame(function, "src/dir/file.rs", 1)).to_owned();
    assert_eq!(of("app::scan::field"), "app");
    assert_eq!(of("<app::Row as core::fmt::Debug>::fmt"), "app");
    assert_eq!(of("<&mut W as std_2::io::Write>::write"), "std_2");
    assert_eq!(of("<[u8] as app::Bytes>::get"), "app");
    assert_eq!(of("main"), "src/dir");
    assert_eq!(of(""), "src/dir");
    // The published check value of the hash.
    assert_eq!(fnv("foobar"), 0xbf9c_f968);
}

#[test]
fn up_to_twelve_crates_have_colours_of_their_own() {
    let names: Vec<String> = (0..12).map(|index| format!("crate{index}::f")).collect();
    let traces = Traces {
        frames: names.iter().map(|name| examples::frame(name, "f.rs", 1)).collect(),
        traces: (0..12).map(|index| examples::trace(&[index], 0, 1)).collect(),
        ..Traces::default()
    };
    let boxes = seen(&flame_graph(&traces, Measure::Live, ""));
    let classes: BTreeSet<&str> = boxes.iter().map(|shown| shown.class.as_str()).collect();
    assert_eq!(classes.len(), 13);
    let css = include_str!("../flame.css");
    for class in classes {
        assert_eq!(css.matches(&format!(".{class} {{")).count(), 2, "{class} in light and dark");
    }
}

/// Relative luminance of `#rrggbb`, as WCAG 2 defines it (<https://www.w3.org/TR/WCAG22/#dfn-relative-luminance>).
fn luminance(colour: &str) -> f64 {
    let channel = |at: usize| {
        let part = f64::from(u8::from_str_radix(&colour[at..at + 2], 16).unwrap()) / 255.0;
        if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
}

/// The first `#rrggbb` of a line.
fn first_colour(line: &str) -> &str {
    &line[line.find('#').unwrap()..][..7]
}

#[test]
fn text_is_readable_on_every_colour() {
    let (light, dark) =
        include_str!("../flame.css").split_once("@media (prefers-color-scheme: dark)").unwrap();
    for scheme in [light, dark] {
        let fills: Vec<&str> = scheme.lines().filter(|line| line.contains("fill: #")).collect();
        let find = |class: &str| first_colour(fills.iter().find(|rule| rule.contains(class)).unwrap());
        let contrast = |one: &str, other: &str| {
            let (one, other) = (luminance(one) + 0.05, luminance(other) + 0.05);
            one.max(other) / one.min(other)
        };
        let boxes = fills.iter().filter(|rule| !rule.contains("flame text") && !rule.contains(".note"));
        for rule in boxes.clone() {
            let contrast = contrast(find("flame text"), first_colour(rule));
            assert!(contrast >= 4.5, "{rule}: {contrast:.2}");
        }
        assert!(contrast(find(".note"), find(".back")) >= 4.5);
        assert_eq!(boxes.count(), COLOURS + 4, "crates, all, library, hits and the page");
    }
}

#[test]
fn the_script_ends_where_it_should() {
    let script = include_str!("../flame.js");
    assert!(!script.contains("]]>") && !script.contains("</script"));
}

proptest! {
    #[test]
    fn any_traces_make_a_sound_picture(
        stacks in prop::collection::vec((prop::collection::vec(0_u32..5, 0..6), 0_u32..3, 0_u64..5000), 0..20)
    ) {
        let traces = Traces {
            tags: ["", "read", "<sort>"].map(str::to_owned).to_vec(),
            frames: (0..5).map(|line| examples::frame("app::f", "app.rs", line)).collect(),
            traces: stacks.iter().map(|(stack, tag, bytes)| examples::trace(stack, *tag, *bytes)).collect(),
            ..Traces::default()
        };
        let boxes = seen(&flame_graph(&traces, Measure::Live, "any"));
        let total: u64 = stacks.iter().map(|(_, _, bytes)| bytes).sum();
        prop_assert_eq!(boxes.is_empty(), total == 0);
        // Where no box is too narrow to be shown, the second row is as wide as the first.
        let least = stacks.iter().map(|(_, _, bytes)| *bytes).filter(|bytes| *bytes > 0).min().unwrap_or(0);
        if least * 1000 >= total {
            let width = |row| boxes.iter().filter(|shown| shown.row == row).map(|shown| shown.width).sum::<i64>();
            prop_assert_eq!(width(0), if total == 0 { 0 } else { 120_000 });
            prop_assert_eq!(width(1), width(0));
        }
    }
}
