//! The figures of a comparison as tables of one line a strategy, which every form for people draws its own way.

use std::collections::BTreeSet;

use super::quantity::Quantity;
use crate::units::grouped;
use crate::{Measured, Report, Strategy, StrategyReport, Sweep};

/// Figures by strategy.
pub(super) struct Table {
    /// What the columns hold.
    pub(super) columns: Vec<Column>,
    /// The lines.
    pub(super) rows: Vec<Row>,
}

/// What a column holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Column {
    /// Its heading.
    pub(super) heading: String,
    /// What that means, in a sentence.
    pub(super) about: &'static str,
}

/// The figures of one strategy, as many as there are columns.
pub(super) struct Row {
    /// Which.
    pub(super) strategy: Strategy,
    /// Its figures; `None` where there is none.
    pub(super) cells: Vec<Option<Quantity>>,
}

/// A heading, its meaning, and the figure.
type Figure = (&'static str, &'static str, fn(&StrategyReport) -> Option<Quantity>);

const MEMORY: [Figure; 8] = [
    (
        "predicted",
        "What it would hold, as predicted from a sample; how far the live heap was from that.",
        predicted,
    ),
    ("deep", "What is held and all that it points to, shared blocks once.", |of| {
        bytes(of, |one| Some(one.deep_bytes))
    }),
    ("live heap", "Live bytes of the heap after the load, less those before.", |of| {
        bytes(of, |one| Some(one.live_heap_bytes))
    }),
    ("peak heap", "The most live bytes of the heap over load and queries.", |of| {
        bytes(of, |one| Some(one.peak_heap_bytes))
    }),
    ("peak resident", "The most memory that the process had, its program included.", |of| {
        bytes(of, |one| one.peak_resident_bytes)
    }),
    ("peak anonymous", "The most of it that only swapping could reclaim.", |of| {
        bytes(of, |one| one.peak_anonymous_bytes)
    }),
    ("peak file", "The most of it that is mapped files, which the kernel may drop at any time.", |of| {
        bytes(of, |one| one.peak_file_bytes)
    }),
    ("bytes a record", "Live heap for each record.", |of| {
        of.measured()?.bytes_a_record().map(Quantity::BytesEach)
    }),
];

const TIME: [Figure; 3] = [
    ("load", "Until the data was held.", |of| seconds(of, |one| one.load_seconds)),
    ("first query", "The query over what is held.", |of| seconds(of, |one| one.query_seconds)),
    ("second query", "The same query again.", |of| seconds(of, |one| one.second_query_seconds)),
];

/// What each strategy takes of memory.
pub(super) fn memory(report: &Report) -> Table {
    figures(report, &MEMORY)
}

/// How long each strategy takes.
pub(super) fn time(report: &Report) -> Table {
    figures(report, &TIME)
}

/// Both.
pub(super) fn all(report: &Report) -> Table {
    figures(report, &[MEMORY.as_slice(), TIME.as_slice()].concat())
}

/// The line through the points of each strategy of a sweep.
pub(super) fn growth(sweep: &Sweep) -> Table {
    let columns = [
        ("bytes a record", "By how much the peak of the heap grows with each record."),
        ("fixed", "What does not grow."),
        ("points", "Sizes that were measured."),
    ];
    let row = |fit: &crate::Fit| {
        let points = sweep.points.iter().filter(|point| point.strategy == fit.strategy).count();
        let cells = [
            Quantity::BytesEach(fit.bytes_a_record),
            Quantity::Fixed(fit.fixed_bytes),
            Quantity::Count(points as u64),
        ];
        Row { strategy: fit.strategy, cells: cells.map(Some).into() }
    };
    Table {
        columns: columns.map(|(heading, about)| Column { heading: heading.into(), about }).into(),
        rows: sweep.fits.iter().map(row).collect(),
    }
}

/// The peak of the heap of each strategy at each size of a sweep.
pub(super) fn peaks(sweep: &Sweep) -> Table {
    let sizes: BTreeSet<u64> = sweep.points.iter().map(|point| point.records).collect();
    let column = |size: &u64| Column {
        heading: format!("{} {}", grouped(*size), if *size == 1 { "record" } else { "records" }),
        about: "The peak of the heap over so many records.",
    };
    let row = |strategy: Strategy| {
        let at = |size: &u64| {
            let found =
                sweep.points.iter().find(|point| (point.strategy, point.records) == (strategy, *size));
            found.map(|point| Quantity::Bytes(point.peak_heap_bytes))
        };
        Row { strategy, cells: sizes.iter().map(at).collect() }
    };
    Table { columns: sizes.iter().map(column).collect(), rows: swept(sweep).into_iter().map(row).collect() }
}

/// The strategies of a sweep, in the order of their first points.
pub(super) fn swept(sweep: &Sweep) -> Vec<Strategy> {
    let mut strategies = Vec::new();
    for point in &sweep.points {
        if !strategies.contains(&point.strategy) {
            strategies.push(point.strategy);
        }
    }
    strategies
}

fn figures(report: &Report, figures: &[Figure]) -> Table {
    let row = |of: &StrategyReport| Row {
        strategy: of.strategy,
        cells: figures.iter().map(|(_, _, figure)| figure(of)).collect(),
    };
    Table {
        columns: figures
            .iter()
            .map(|(heading, about, _)| Column { heading: (*heading).into(), about })
            .collect(),
        rows: report.strategies.iter().map(row).collect(),
    }
}

/// The error is told only where the prediction and the live heap are of the same thing: `stream` holds no data, and that
/// of `mapped` is in a file.
fn predicted(of: &StrategyReport) -> Option<Quantity> {
    let error = of.prediction_error().filter(|_| of.strategy.holds_memory());
    of.predicted_bytes.map(|bytes| Quantity::Predicted { bytes, error })
}

fn bytes(of: &StrategyReport, figure: fn(&Measured) -> Option<u64>) -> Option<Quantity> {
    of.measured().and_then(figure).map(Quantity::Bytes)
}

fn seconds(of: &StrategyReport, figure: fn(&Measured) -> f64) -> Option<Quantity> {
    of.measured().map(figure).map(Quantity::Seconds)
}
