//! The scan, stage by stage: a block is read and marked, its records are walked, cells become numbers or views. Each stage has
//! those before it in it; the difference is its own. The file is small enough to stay in the caches of most processors.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};
use plimsoll_core::CsvOptions;
use plimsoll_csv::{CsvFile, Reader, Scan};
use plimsoll_kernels::Block;
use tempfile::NamedTempFile;

use crate::aggregate::random;

const ROWS: usize = 200_000;
const BLOCK_BYTES: usize = 256 << 10;

/// How far a row goes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Marked,
    Walked,
    Numbers,
    NumbersAndViews,
}

/// Records of a text and a decimal, as in the One Billion Row Challenge.
fn narrow() -> NamedTempFile {
    written("name,t", |row, out| {
        let tenths = random(row) % 1000;
        write!(out, "station {},{}.{}", random(row) % 400, tenths / 10, tenths % 10)
    })
}

/// Records of 40 columns, of which the second is a decimal.
fn wide() -> NamedTempFile {
    let names: Vec<String> = (2..40).map(|column| format!("c{column}")).collect();
    written(&format!("name,t,{}", names.join(",")), |row, out| {
        write!(out, "station {},{}.5", random(row) % 400, random(row) % 100)?;
        (2..40).try_for_each(|column| write!(out, ",{}", random(row * 64 + column) % 100_000))
    })
}

fn written(header: &str, record: impl Fn(u64, &mut Vec<u8>) -> std::io::Result<()>) -> NamedTempFile {
    let mut text = format!("{header}\n").into_bytes();
    for row in 0..ROWS as u64 {
        record(row, &mut text).expect("memory");
        text.push(b'\n');
    }
    let mut file = NamedTempFile::new().expect("a temporary file");
    file.write_all(&text).expect("room");
    file
}

fn measure(bencher: Bencher, input: &NamedTempFile, stage: Stage) {
    let bytes = input.as_file().metadata().expect("a file").len();
    let path = input.path().to_string_lossy();
    let file = CsvFile::open(&path, &CsvOptions::default()).expect("a CSV file");
    let wanted = if stage < Stage::Walked { Vec::new() } else { vec![0, 1] };
    let decimal = file.column_type(1, file.sampled());
    bencher.counter(BytesCount::new(bytes)).counter(ItemsCount::new(ROWS)).bench(|| {
        let scan = Scan::new(&file, wanted.clone(), BLOCK_BYTES, Arc::new(AtomicU64::new(0)));
        let mut reader = Reader::new(Arc::new(scan));
        while reader.next_block().expect("a lawful file").is_some() {
            while stage > Stage::Marked && reader.next_records(Block::ROWS).expect("lawful records") > 0 {
                if stage >= Stage::Numbers {
                    black_box(reader.cells(reader.spans(1)).parse(decimal).expect("decimals"));
                }
                if stage == Stage::NumbersAndViews {
                    let lent = reader.lend();
                    black_box(reader.text_views(reader.spans(0), &lent).expect("UTF-8"));
                }
            }
        }
    });
}

#[divan::bench]
fn narrow_marked(bencher: Bencher) {
    measure(bencher, &narrow(), Stage::Marked);
}

#[divan::bench]
fn narrow_walked(bencher: Bencher) {
    measure(bencher, &narrow(), Stage::Walked);
}

#[divan::bench]
fn narrow_numbers(bencher: Bencher) {
    measure(bencher, &narrow(), Stage::Numbers);
}

#[divan::bench]
fn narrow_numbers_and_views(bencher: Bencher) {
    measure(bencher, &narrow(), Stage::NumbersAndViews);
}

#[divan::bench]
fn wide_marked(bencher: Bencher) {
    measure(bencher, &wide(), Stage::Marked);
}

#[divan::bench]
fn wide_walked(bencher: Bencher) {
    measure(bencher, &wide(), Stage::Walked);
}

#[divan::bench]
fn wide_numbers(bencher: Bencher) {
    measure(bencher, &wide(), Stage::Numbers);
}
