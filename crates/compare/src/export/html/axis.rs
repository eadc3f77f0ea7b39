//! Axes: where their ticks are, what stands at them, and where a value lies. Linear ones begin at 0.

use std::ops::Range;

use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, Ranged, ValueFormatter};

use crate::units::memory_bytes;

/// An axis with its ticks.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Axis {
    pub(super) from: f64,
    pub(super) to: f64,
    ticks: Vec<f64>,
    logarithmic: bool,
    unit: Unit,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unit {
    Bytes,
    /// With so many places.
    Seconds(usize),
    Counts,
}

impl Axis {
    /// Bytes from 0 to at least `most`; ticks at multiples of a power of two.
    pub(super) fn bytes(most: f64) -> Axis {
        let step = 2_f64.powf((most.max(16.0) / 4.0).log2().ceil());
        Axis::linear(most, step, Unit::Bytes)
    }

    /// Seconds from 0 to `most`; ticks at multiples of 1, 2 or 5 times a power of ten.
    pub(super) fn seconds(most: f64) -> Axis {
        let most = most.max(1e-6);
        let power = 10_f64.powf((most / 5.0).log10().floor());
        let step =
            [1.0, 2.0, 5.0, 10.0].map(|times| times * power).into_iter().find(|step| most / step <= 5.0);
        let step = step.unwrap_or(power);
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped")]
        let places = (-step.log10().floor()).clamp(0.0, 9.0) as usize;
        let axis = Axis::linear(most, step, Unit::Seconds(places));
        // Time goes on to its end and no further; the curve then fills the chart.
        Axis { ticks: axis.ticks.into_iter().filter(|tick| *tick <= most).collect(), to: most, ..axis }
    }

    /// Counts on a logarithmic axis; ticks at powers of ten, at most seven, with 2 and 5 times those
    /// where there are few.
    pub(super) fn log_counts(least: f64, most: f64) -> Axis {
        let between = around(least, most);
        let apart = ((between.1 / between.0).log10() / 7.0).ceil().max(1.0);
        let powers = (0..20).map(|step| 10_f64.powf(f64::from(step) * apart));
        let few = (between.1 / between.0).log10() < 2.5;
        let times: &[f64] = if few { &[1.0, 2.0, 5.0] } else { &[1.0] };
        Axis::logarithmic(
            between,
            powers.flat_map(|power| times.iter().map(move |times| times * power)),
            Unit::Counts,
        )
    }

    /// Bytes on a logarithmic axis; ticks at powers of two, at most seven.
    pub(super) fn log_bytes(least: f64, most: f64) -> Axis {
        let between = around(least, most);
        let apart = ((between.1 / between.0).log2() / 6.0).ceil().max(1.0);
        let powers = (0..=64).map(|step| 2_f64.powf(f64::from(step) * apart));
        Axis::logarithmic(between, powers, Unit::Bytes)
    }

    fn linear(most: f64, step: f64, unit: Unit) -> Axis {
        let count = (most / step).ceil().max(1.0);
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most a few")]
        let ticks = (0..=count as u32).map(|at| f64::from(at) * step).collect();
        Axis { from: 0.0, to: count * step, ticks, logarithmic: false, unit }
    }

    fn logarithmic((from, to): (f64, f64), ticks: impl Iterator<Item = f64>, unit: Unit) -> Axis {
        let ticks = ticks.filter(|tick| (from..=to).contains(tick)).collect();
        Axis { from, to, ticks, logarithmic: true, unit }
    }
}

impl Ranged for Axis {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, (start, end): (i32, i32)) -> i32 {
        let share = if self.logarithmic {
            (value / self.from).ln() / (self.to / self.from).ln()
        } else {
            (value - self.from) / (self.to - self.from)
        };
        #[allow(clippy::cast_possible_truncation, reason = "a pixel")]
        let pixel = (f64::from(start) + share * f64::from(end - start)).round() as i32;
        pixel
    }

    fn key_points<Hint: KeyPointHint>(&self, hint: Hint) -> Vec<f64> {
        // There are no lines between those at the ticks.
        if hint.weight().allow_light_points() { Vec::new() } else { self.ticks.clone() }
    }

    fn range(&self) -> Range<f64> {
        self.from..self.to
    }
}

impl ValueFormatter<f64> for Axis {
    fn format_ext(&self, value: &f64) -> String {
        match self.unit {
            Unit::Bytes => bytes(*value),
            Unit::Seconds(_) if *value >= 1e6 => format!("{value:e}"),
            Unit::Seconds(places) => format!("{value:.places$}"),
            Unit::Counts => count(*value),
        }
    }
}

/// Both ends with some room beyond them.
fn around(least: f64, most: f64) -> (f64, f64) {
    (least / 1.6, most * 1.6)
}

/// `128 MiB`, `1 GiB`; two of the largest figures may be stacked, so there is more than 64 bits hold.
fn bytes(bytes: f64) -> String {
    if bytes >= 2_f64.powi(63) {
        return format!("{} PiB", bytes / 2_f64.powi(50));
    }
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "ticks are not negative")]
    let text = memory_bytes(bytes as u64);
    text.replace(".00 ", " ").replace(".0 ", " ")
}

/// `500`, `20 k`, `1 M`.
fn count(count: f64) -> String {
    let units = [(1e18, " E"), (1e15, " P"), (1e12, " T"), (1e9, " G"), (1e6, " M"), (1e3, " k")];
    let (unit, name) = units.into_iter().find(|(unit, _)| count >= *unit).unwrap_or((1.0, ""));
    format!("{}{name}", count / unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(axis: &Axis) -> String {
        axis.ticks.iter().map(|tick| axis.format_ext(tick)).collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn ticks_are_round() {
        assert_eq!(labels(&Axis::bytes(503e6)), "0 bytes, 128 MiB, 256 MiB, 384 MiB, 512 MiB");
        assert_eq!(labels(&Axis::bytes(0.0)), "0 bytes, 4 bytes");
        assert_eq!(labels(&Axis::bytes(1.2 * f64::from(1 << 30))), "0 bytes, 512 MiB, 1 GiB, 1.50 GiB");
        assert!(labels(&Axis::bytes(2_f64.powi(65))).ends_with("16384 PiB, 24576 PiB, 32768 PiB"));
        assert_eq!(labels(&Axis::seconds(4.651)), "0, 1, 2, 3, 4");
        assert_eq!(labels(&Axis::seconds(0.038)), "0.00, 0.01, 0.02, 0.03");
        assert_eq!(labels(&Axis::seconds(1e9)), "0, 2e8, 4e8, 6e8, 8e8, 1e9");
        assert_eq!(labels(&Axis::log_counts(1e4, 5e6)), "10 k, 100 k, 1 M");
        assert_eq!(labels(&Axis::log_counts(3e5, 5e6)), "200 k, 500 k, 1 M, 2 M, 5 M");
        assert_eq!(labels(&Axis::log_counts(1e4, 1.8e19)), "1 M, 1 G, 1 T, 1 P, 1 E");
        assert_eq!(labels(&Axis::log_bytes(1.2e6, 481e6)), "1 MiB, 4 MiB, 16 MiB, 64 MiB, 256 MiB");
    }

    #[test]
    fn values_have_their_places() {
        assert_eq!([0.0, 256e3, 512e3].map(|value| Axis::bytes(512e3).map(&value, (300, 0))), [300, 154, 7]);
        let log = Axis::log_counts(10.0, 1000.0);
        let places = [10.0, 100.0, 1000.0].map(|value| log.map(&value, (0, 1000)));
        assert_eq!(places[1] - places[0], places[2] - places[1]);
        assert_eq!(places[1], 500);
    }

    #[test]
    fn what_is_drawn_lies_on_its_axis() {
        for most in [0.0, 1.0, 15.9, 16.0, 1e6, 1e12, u64::MAX as f64] {
            assert!(Axis::bytes(most).to >= most && Axis::bytes(most).ticks.len() <= 6, "{most}");
            let log = Axis::log_bytes(most.max(1.0), most.max(1.0));
            assert!(log.from < most.max(1.0) && log.to > most && !log.ticks.is_empty(), "{most}: {log:?}");
        }
    }
}
