//! What a group table says that it takes beside itself, which is reserved for it before, against what the allocator gave.
#![allow(clippy::unwrap_used, reason = "a failed expectation is the test's message")]

use std::ops::Range;
use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, StringArray};
use plimsoll_core::typed::bind_aggregate;
use plimsoll_core::{AggregateFunction, DataType, Expr, Quantile};
use plimsoll_kernels::aggregate::Aggregates;
use plimsoll_kernels::group::PARTITIONS;
use plimsoll_kernels::{Block, GroupTable};
use plimsoll_memory::{Counting, measure};

#[global_allocator]
static ALLOCATOR: Counting = Counting::system();

const GROUPS: usize = 40_000;
const ROWS: usize = 3 * GROUPS;
/// The columns of a block, and what else does not grow with the table.
const BLOCK: usize = 512 << 10;

const TEXT: &[DataType] = &[DataType::Utf8];
const WORD: &[DataType] = &[DataType::Int64];
const LANES: &[DataType] = &[DataType::Int64, DataType::Int64, DataType::Int64];

/// The types of a table.
struct Case {
    keys: &'static [DataType],
    function: AggregateFunction,
    argument: DataType,
}

/// Every form of keys of fixed types with states of every kind: numbers, values one by one, sets, texts.
fn cases() -> impl Iterator<Item = Case> {
    let median = AggregateFunction::QuantileCont(Quantile::MEDIAN);
    let numbers = [AggregateFunction::Sum, median, AggregateFunction::CountDistinct];
    let texts = [AggregateFunction::Max, AggregateFunction::Last];
    let functions = numbers.map(|function| (function, DataType::Int64));
    let functions = functions.into_iter().chain(texts.map(|function| (function, DataType::Utf8)));
    [TEXT, WORD, LANES]
        .into_iter()
        .flat_map(move |keys| functions.clone().map(|(function, argument)| Case { keys, function, argument }))
}

impl Case {
    fn table(&self) -> GroupTable {
        let aggregate = bind_aggregate(self.function, &[Expr::Field(0)], &[self.argument]).unwrap();
        GroupTable::new(self.keys, &[aggregate])
    }

    /// All rows, with values from `first` on, all of them different.
    fn filled(&self, first: usize) -> GroupTable {
        let mut table = self.table();
        for start in (0..ROWS).step_by(Block::ROWS) {
            let rows = start..ROWS.min(start + Block::ROWS);
            let keys: Vec<ArrayRef> = self.keys.iter().map(|key| column(*key, rows.clone())).collect();
            let values: ArrayRef = match self.argument {
                DataType::Utf8 => Arc::new(texts(rows.clone().map(|row| first + row))),
                _ => Arc::new(Int64Array::from_iter_values(rows.clone().map(|row| (first + row) as i64))),
            };
            table.update(&keys, &[vec![values]], rows.len(), start as u64).unwrap();
        }
        table
    }

    fn name(&self) -> String {
        format!("{:?} of {:?} by {:?}", self.function, self.argument, self.keys)
    }
}

/// Keys of rows, [`GROUPS`] different ones that are far apart.
fn column(data_type: DataType, rows: Range<usize>) -> ArrayRef {
    let numbers = rows.map(|row| row % GROUPS * 7_919_000_017);
    match data_type {
        DataType::Utf8 => {
            Arc::new(StringArray::from_iter_values(numbers.map(|number| format!("key {number:020}"))))
        }
        _ => Arc::new(Int64Array::from_iter_values(numbers.map(|number| number as i64))),
    }
}

/// Different ones, of 8 to 107 bytes.
fn texts(numbers: impl Iterator<Item = usize>) -> StringArray {
    StringArray::from_iter_values(
        numbers.map(|number| format!("{number:08}{}", "x".repeat(number * 7 % 100))),
    )
}

/// What states take for a block is said before, to the byte: for texts of any length in new groups and in the place of
/// others.
#[test]
fn taking_texts() {
    use AggregateFunction::{AnyValue, First, Last, Max, Min};
    for function in [Min, Max, First, Last, AnyValue] {
        let aggregate = bind_aggregate(function, &[Expr::Field(0)], &[DataType::Utf8]).unwrap();
        let mut states = Aggregates::new(&[aggregate], &[0]);
        for start in (0..ROWS).step_by(Block::ROWS) {
            let rows = start..ROWS.min(start + Block::ROWS);
            let ids: Vec<u32> = rows.clone().map(|row| (row % GROUPS) as u32).collect();
            let arguments = [vec![Arc::new(texts(rows.clone())) as ArrayRef]];
            let (before, said) = (states.size(), states.growth(rows.len(), &arguments));
            let (taken, measured) = measure(|| {
                states.resize(GROUPS.min(rows.end));
                states.update(&ids, &arguments, start as u64)
            });
            taken.unwrap();
            let (given, grown) = (usize::try_from(measured.peak_bytes).unwrap(), states.size() - before);
            assert!(
                grown <= said && given <= said,
                "{function:?}: {said} said, {given} given, {grown} grown"
            );
        }
    }
}

#[test]
fn taking_a_table_apart() {
    for case in cases() {
        for dense in [false, true] {
            let table = case.filled(0);
            let (size, said) = (table.size(), table.split_size(PARTITIONS, dense));
            let part = || if dense { case.table().dense() } else { case.table() };
            let mut parts: Vec<GroupTable> = (0..PARTITIONS).map(|_| part()).collect();
            let (split, measured) = measure(|| table.split_into(&mut parts));
            split.unwrap();
            let given = usize::try_from(measured.peak_bytes).unwrap();
            let name = format!("{}, dense: {dense}", case.name());
            println!("{name}: {size} held, {said} said, {given} given");
            assert!(given <= said + BLOCK, "{name}: {said} said, {given} given");
            assert!(said <= given * 9 / 8 + BLOCK, "{name}: {said} said, {given} given");
        }
    }
}

/// Of tables that have the same groups.
#[test]
fn merging_tables() {
    for case in cases() {
        let (mut table, other) = (case.filled(0), case.filled(ROWS));
        let (said, handed_over) = (table.growth_of_sets(&other), other.handed_over());
        let (before, there) = (table.size(), other.size());
        let (merged, measured) = measure(|| table.merge(other));
        merged.unwrap();
        let given = usize::try_from(measured.peak_bytes).unwrap();
        let grown = table.size() - before;
        let name = case.name();
        println!(
            "{name}: {before}, {there}, {said} said, {handed_over} handed over, {given} given, {grown} grown"
        );
        // The keys of the other table are let go of before its values are copied. Of texts it is not known before which of
        // them are.
        let at_most = if case.argument == DataType::Utf8 { usize::MAX } else { given * 3 / 2 + BLOCK };
        assert!(given <= said + BLOCK && said <= at_most, "{name}: {said} said, {given} given");
        assert!(grown <= said + handed_over && handed_over <= grown * 9 / 8, "{name}: {grown} grown");
    }
}

#[test]
fn letting_go_of_a_table() {
    for case in cases() {
        let table = case.filled(0);
        let said = table.freeze_size();
        let (frozen, measured) = measure(|| table.freeze());
        frozen.unwrap();
        let given = usize::try_from(measured.peak_bytes).unwrap();
        let name = case.name();
        println!("{name}: {said} said, {given} given");
        // What look-ups need is let go of before.
        assert!(given <= said + BLOCK && said <= given * 3 / 2 + BLOCK, "{name}: {said} said, {given} given");
    }
}
