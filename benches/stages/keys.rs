//! The group table: rows of one block after the other to group ids, for keys of every form; no aggregates.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, StringViewArray};
use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use plimsoll_core::DataType;
use plimsoll_kernels::{Block, GroupTable};

use crate::aggregate::random;

const ROWS: usize = 1 << 20;

/// A key column: its type, and its values by the number of a group.
#[derive(Clone, Copy)]
enum Column {
    /// Of so many values, a text of at most 12 bytes.
    Short(usize),
    /// Of so many values, a text of 21 bytes.
    Long(usize),
    /// Of so many values, an integer.
    Integer(usize),
    /// Of so many values, integers far from each other.
    Sparse(usize),
}

impl Column {
    fn data_type(self) -> DataType {
        match self {
            Column::Short(_) | Column::Long(_) => DataType::Utf8,
            Column::Integer(_) | Column::Sparse(_) => DataType::Int64,
        }
    }

    fn block(self, start: usize, number: usize) -> ArrayRef {
        let rows = start..start + Block::ROWS;
        let of = |row: usize, values: usize| random((row * 8 + number) as u64) % values as u64;
        match self {
            Column::Short(values) => Arc::new(StringViewArray::from_iter_values(
                rows.map(|row| format!("id{:06}", of(row, values))),
            )),
            Column::Long(values) => {
                let texts = rows.map(|row| format!("identifier {:010}", of(row, values)));
                Arc::new(StringViewArray::from_iter_values(texts))
            }
            Column::Integer(values) => {
                Arc::new(Int64Array::from_iter_values(rows.map(|row| of(row, values) as i64)))
            }
            Column::Sparse(values) => {
                Arc::new(Int64Array::from_iter_values(rows.map(|row| random(of(row, values)) as i64)))
            }
        }
    }
}

fn look_up(bencher: Bencher, columns: &[Column]) {
    let types: Vec<DataType> = columns.iter().map(|column| column.data_type()).collect();
    let block =
        |start| columns.iter().enumerate().map(|(number, column)| column.block(start, number)).collect();
    let blocks: Vec<Vec<ArrayRef>> = (0..ROWS).step_by(Block::ROWS).map(block).collect();
    bencher.counter(ItemsCount::new(ROWS)).bench(|| {
        let mut table = GroupTable::new(&types, &[]);
        for (keys, position) in blocks.iter().zip((0..).step_by(Block::ROWS)) {
            table.update(black_box(keys), &[], Block::ROWS, position).expect("room");
        }
        table.groups()
    });
}

#[divan::bench(args = [100, 10_000, 100_000, 1_000_000])]
fn short_text(bencher: Bencher, groups: usize) {
    look_up(bencher, &[Column::Short(groups)]);
}

#[divan::bench(args = [100, 10_000, 1_000_000])]
fn long_text(bencher: Bencher, groups: usize) {
    look_up(bencher, &[Column::Long(groups)]);
}

#[divan::bench(args = [100, 100_000, 1_000_000])]
fn integer(bencher: Bencher, groups: usize) {
    look_up(bencher, &[Column::Integer(groups)]);
}

#[divan::bench(args = [100, 100_000, 1_000_000])]
fn sparse_integer(bencher: Bencher, groups: usize) {
    look_up(bencher, &[Column::Sparse(groups)]);
}

#[divan::bench]
fn two_short_texts(bencher: Bencher) {
    look_up(bencher, &[Column::Short(100), Column::Short(100)]);
}

#[divan::bench]
fn text_and_integer(bencher: Bencher) {
    look_up(bencher, &[Column::Short(100), Column::Integer(100)]);
}

#[divan::bench]
fn two_integers(bencher: Bencher) {
    look_up(bencher, &[Column::Integer(100), Column::Integer(100)]);
}

#[divan::bench(sample_count = 10)]
fn six_keys_of_a_million_groups(bencher: Bencher) {
    let texts = [Column::Short(100), Column::Short(100), Column::Short(100_000)];
    let integers = [Column::Integer(100), Column::Integer(100), Column::Integer(100_000)];
    look_up(bencher, &[texts, integers].concat());
}
