//! The colours of the page's charts, in light and in dark. The charts are drawn in the light ones; the style sheet gives
//! whatever is drawn in one of them its counterpart.

use std::fmt::Write;

use plotters::style::RGBColor;

use crate::Strategy;

/// A colour by its use.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ink {
    /// What it is called in the style sheet.
    pub(super) name: &'static str,
    /// On light ground.
    pub(super) light: RGBColor,
    /// On dark ground.
    dark: RGBColor,
}

const fn ink(name: &'static str, light: (u8, u8, u8), dark: (u8, u8, u8)) -> Ink {
    Ink { name, light: RGBColor(light.0, light.1, light.2), dark: RGBColor(dark.0, dark.1, dark.2) }
}

/// Text.
pub(super) const TEXT: Ink = ink("chart-text", (0x52, 0x5a, 0x63), (0xa6, 0xb0, 0xba));
/// Lines of the grid.
pub(super) const GRID: Ink = ink("grid", (0xe3, 0xe6, 0xe9), (0x2e, 0x36, 0x3d));
/// Axes, and lines between phases.
pub(super) const AXIS: Ink = ink("axis", (0x8d, 0x96, 0x9f), (0x6b, 0x76, 0x80));
/// Anonymous memory.
pub(super) const ANONYMOUS: Ink = ink("anonymous", (0x3d, 0x6f, 0x9e), (0x86, 0xb6, 0xe2));
/// Memory of files: pale, with a line in the colour above around it.
pub(super) const FILE: Ink = ink("file", (0xb8, 0xc9, 0xd9), (0x42, 0x5c, 0x75));

/// One for each strategy, told apart by people who see few colours too; charts add marks of different shapes.
pub(super) const fn of(strategy: Strategy) -> Ink {
    match strategy {
        Strategy::Rows => ink("rows", (0xb2, 0x4a, 0x3c), (0xe0, 0x85, 0x78)),
        Strategy::Stream => ink("stream", (0x2e, 0x7d, 0x5b), (0x6c, 0xbf, 0x9a)),
        Strategy::Columnar => ink("columnar", (0x2f, 0x6d, 0xb5), (0x77, 0xac, 0xe6)),
        Strategy::Compact => ink("compact", (0x7c, 0x57, 0xa8), (0xb5, 0x94, 0xdc)),
        Strategy::Mapped => ink("mapped", (0xa8, 0x72, 0x10), (0xd9, 0xa9, 0x4c)),
    }
}

/// Variables for all colours, and the rules that make charts follow them.
pub(super) fn style_sheet() -> String {
    let inks = [TEXT, GRID, AXIS, ANONYMOUS, FILE].into_iter().chain(Strategy::ALL.map(of));
    let (mut light, mut dark, mut rules) = (String::new(), String::new(), String::new());
    for Ink { name, light: on_light, dark: on_dark } in inks {
        let drawn = hex(on_light);
        // Writing to a string cannot fail.
        let _ = write!(light, "--{name}:{drawn};");
        let _ = write!(dark, "--{name}:{};", hex(on_dark));
        for property in ["fill", "stroke"] {
            let _ = writeln!(rules, "svg [{property}=\"{drawn}\"]{{{property}:var(--{name})}}");
        }
    }
    format!(":root{{{light}}}\n@media (prefers-color-scheme:dark){{:root{{{dark}}}}}\n{rules}")
}

/// As the charts' attributes have it.
fn hex(RGBColor(red, green, blue): RGBColor) -> String {
    format!("#{red:02X}{green:02X}{blue:02X}")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Contrast of two colours as WCAG 2.2 defines it.
    fn contrast(one: RGBColor, other: RGBColor) -> f64 {
        let luminance = |RGBColor(red, green, blue): RGBColor| {
            let linear = [red, green, blue].map(|part| {
                let part = f64::from(part) / 255.0;
                if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
            });
            0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
        };
        let (one, other) = (luminance(one) + 0.05, luminance(other) + 0.05);
        one.max(other) / one.min(other)
    }

    /// WCAG asks for 4.5 for text and 3 for lines that carry meaning. The grounds are those of page.css.
    #[test]
    fn colours_are_seen_on_their_ground() {
        let (light, dark) = (RGBColor(0xff, 0xff, 0xff), RGBColor(0x16, 0x1b, 0x20));
        assert!(contrast(TEXT.light, light) >= 4.5 && contrast(TEXT.dark, dark) >= 4.5);
        for ink in Strategy::ALL.map(of).into_iter().chain([ANONYMOUS]) {
            assert!(contrast(ink.light, light) >= 3.0, "{}", ink.name);
            assert!(contrast(ink.dark, dark) >= 3.0, "{}", ink.name);
        }
        assert!(contrast(ANONYMOUS.light, FILE.light) >= 3.0 && contrast(ANONYMOUS.dark, FILE.dark) >= 2.5);
    }
}
