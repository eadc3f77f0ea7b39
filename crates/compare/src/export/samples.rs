//! Hand-made reports for exact tests. None of their figures were measured.

use crate::{
    Agreement, ColumnBytes, Digest, Fit, Input, Measured, Moment, Outcome, Phase, Report, Resident, Strategy,
    StrategyReport, Sweep, SweepPoint,
};

/// Every strategy measured, with a sweep.
pub(super) fn handmade() -> Report {
    serde_json::from_str(include_str!("../../tests/handmade.json")).unwrap()
}

/// One strategy with every figure known, and one that did not fit.
pub(super) fn small() -> Report {
    let measured = Measured {
        records: 1000,
        shallow_bytes: 312,
        deep_bytes: 10_240,
        columns: vec![ColumnBytes { name: "t".into(), held_as: "Int16".into(), bytes: 2000 }],
        live_heap_bytes: 12_288,
        peak_heap_bytes: 65_536,
        allocated_bytes: 131_072,
        allocations: 321,
        peak_resident_bytes: Some(9_437_184),
        peak_anonymous_bytes: Some(4_194_304),
        peak_file_bytes: Some(5_242_880),
        minor_faults: Some(2304),
        major_faults: Some(1),
        load_seconds: 0.0125,
        query_seconds: 0.00225,
        second_query_seconds: 0.0005,
        file_bytes: Some(20_480),
        resident: vec![Moment {
            seconds: 0.25,
            phase: Phase::SecondQuery,
            resident: Resident { anonymous_bytes: 4_194_304, file_bytes: 5_242_880 },
        }],
        digest: Digest { rows: 7, sum: "0".repeat(32), ordered: None },
    };
    Report {
        sql: "SELECT t, count(*) FROM 'small.csv' GROUP BY t".into(),
        input: Input { path: "small.csv".into(), bytes: 13_800, records: 1000 },
        threads: 1,
        repeats: 1,
        memory_limit_bytes: Some(16 << 20),
        strategies: vec![
            StrategyReport {
                strategy: Strategy::Rows,
                predicted_bytes: None,
                outcome: Outcome::DoesNotFit { needs_bytes: 17 << 20 },
            },
            StrategyReport {
                strategy: Strategy::Compact,
                predicted_bytes: Some(12_000),
                outcome: Outcome::Measured(Box::new(measured)),
            },
        ],
        agreement: Agreement::All,
        sweep: Some(Sweep {
            points: vec![SweepPoint {
                strategy: Strategy::Compact,
                records: 1000,
                peak_heap_bytes: 65_536,
                peak_resident_bytes: None,
                seconds: 0.01475,
            }],
            fits: vec![Fit { strategy: Strategy::Compact, bytes_a_record: 12.5, fixed_bytes: -512.0 }],
        }),
    }
}

/// One that does not fit, one that failed, two that disagree, text that wants to be markup, and no sweep.
pub(super) fn troubled() -> Report {
    let hostile = "\"><script>alert('1')</script> | `a` *b* & \x1b[2J\u{202e}";
    let mut report = Report { sweep: None, memory_limit_bytes: Some(64 << 20), ..handmade() };
    report.sql = format!("SELECT '{hostile}'\n--> ```` </code></pre> \0");
    report.input.path = format!("a,{hostile}\r\nb.csv");
    report.strategies[0].outcome = Outcome::DoesNotFit { needs_bytes: 484_350_000 };
    report.strategies[2].outcome =
        Outcome::Failed { message: format!("no such column: {hostile}\nhint: say \"t\"") };
    report.agreement = Agreement::Differs {
        strategies: [Strategy::Stream, Strategy::Mapped],
        difference: format!("row 3: {hostile} and 41.5"),
    };
    report
}

/// A file without records: nothing takes time or memory, and nothing is known of the process.
pub(super) fn nothing() -> Report {
    let of = |strategy| StrategyReport {
        strategy,
        predicted_bytes: None,
        outcome: Outcome::Measured(Box::default()),
    };
    let point = |strategy| SweepPoint {
        strategy,
        records: 0,
        peak_heap_bytes: 0,
        peak_resident_bytes: None,
        seconds: 0.0,
    };
    Report {
        sql: "SELECT count(*) FROM 'empty.csv'".into(),
        input: Input { path: "empty.csv".into(), ..Input::default() },
        threads: 1,
        repeats: 1,
        strategies: Strategy::ALL.map(of).into(),
        sweep: Some(Sweep { points: Strategy::ALL.map(point).into(), fits: Vec::new() }),
        ..Report::default()
    }
}

/// The largest figures that there are, beside ordinary ones.
pub(super) fn huge() -> Report {
    let mut report = handmade();
    report.input.bytes = u64::MAX;
    report.input.records = u64::MAX;
    report.memory_limit_bytes = Some(u64::MAX);
    report.strategies[0].predicted_bytes = Some(u64::MAX);
    if let Outcome::Measured(measured) = &mut report.strategies[0].outcome {
        measured.records = u64::MAX;
        measured.deep_bytes = u64::MAX;
        measured.live_heap_bytes = u64::MAX / 2;
        measured.peak_heap_bytes = u64::MAX;
        measured.peak_resident_bytes = Some(u64::MAX);
        measured.load_seconds = 1e9;
        measured.second_query_seconds = 1e300;
        measured.digest.rows = u64::MAX;
        measured.resident.push(Moment {
            seconds: 1e9,
            phase: Phase::SecondQuery,
            resident: Resident { anonymous_bytes: u64::MAX, file_bytes: u64::MAX },
        });
    }
    if let Some(sweep) = &mut report.sweep {
        sweep.points[4].records = u64::MAX;
        sweep.points[4].peak_heap_bytes = u64::MAX;
    }
    report
}

/// All of them, by name.
pub(super) fn all() -> [(&'static str, Report); 6] {
    [
        ("handmade", handmade()),
        ("small", small()),
        ("troubled", troubled()),
        ("nothing", nothing()),
        ("huge", huge()),
        ("unasked", Report::default()),
    ]
}
