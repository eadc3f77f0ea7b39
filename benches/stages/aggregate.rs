//! Aggregate states: rows of one block after the other into 1, 413 and 100,000 groups; doubles into 1,000, too.

use std::sync::Arc;

use arrow::array::{ArrayRef, Decimal64Array, Float64Array};
use arrow::datatypes::DataType as ArrowType;
use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use plimsoll::AggregateFunction as A;
use plimsoll_core::typed::bind_aggregate;
use plimsoll_core::{DataType, Expr, Quantile, TypedAggregate};
use plimsoll_kernels::{Aggregates, Block};

const ROWS: usize = 1 << 20;
const GROUPS: [usize; 3] = [1, 413, 100_000];

/// Blocks of group ids and of three columns of one type: decimals with one digit behind the point, or doubles from 0 to 1.
struct Input {
    blocks: Vec<(Vec<u32>, Vec<ArrayRef>)>,
    groups: usize,
    data_type: DataType,
}

/// Numbers that follow no order (SplitMix64: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014).
pub(crate) fn random(seed: u64) -> u64 {
    let mut bits = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

impl Input {
    fn new(groups: usize, data_type: DataType) -> Self {
        let column = |start: usize, column: usize| -> ArrayRef {
            let bits = (start..start + Block::ROWS).map(|row| random((row * 4 + column) as u64));
            if data_type == DataType::Float64 {
                return Arc::new(Float64Array::from_iter_values(
                    bits.map(|bits| (bits >> 11) as f64 / 2f64.powi(53)),
                ));
            }
            let values = bits.map(|bits| (bits % 2000) as i64 - 1000);
            let values = Decimal64Array::from_iter_values(values);
            Arc::new(values.with_data_type(ArrowType::Decimal64(18, 1)))
        };
        let block = |start: usize| {
            let ids = (start..start + Block::ROWS).map(|row| random(row as u64 * 4) as u32 % groups as u32);
            (ids.collect(), (1..4).map(|number| column(start, number)).collect())
        };
        Input { blocks: (0..ROWS).step_by(Block::ROWS).map(block).collect(), groups, data_type }
    }

    /// All rows into states of these functions, each of a column.
    fn fill(&self, functions: &[(A, usize)]) -> Aggregates {
        let bound: Vec<TypedAggregate> = functions
            .iter()
            .map(|(function, column)| {
                let arguments: Vec<Expr> = (0..function.arity()).map(|_| Expr::Field(*column)).collect();
                bind_aggregate(*function, &arguments, &[self.data_type; 3]).expect("numbers")
            })
            .collect();
        let columns: Vec<usize> = functions.iter().map(|(_, column)| *column).collect();
        let mut states = Aggregates::new(&bound, &columns);
        states.resize(self.groups);
        for (ids, arrays) in &self.blocks {
            let arguments: Vec<Vec<ArrayRef>> =
                columns.iter().map(|column| vec![Arc::clone(&arrays[*column])]).collect();
            states.update(ids, &arguments, 0).expect("small numbers");
        }
        states
    }
}

/// Rows into states.
#[divan::bench_group(sample_count = 20)]
mod update {
    use super::*;

    fn measured(bencher: Bencher<'_, '_>, groups: usize, functions: &[(A, usize)]) {
        measured_of(bencher, groups, DataType::decimal(1), functions);
    }

    fn measured_of(bencher: Bencher<'_, '_>, groups: usize, data_type: DataType, functions: &[(A, usize)]) {
        let input = Input::new(groups, data_type);
        bencher.counter(ItemsCount::new(ROWS)).bench(|| black_box(input.fill(functions)));
    }

    #[divan::bench(args = [1, 1_000, 100_000])]
    fn sum_of_doubles(bencher: Bencher<'_, '_>, groups: usize) {
        measured_of(bencher, groups, DataType::Float64, &[(A::Sum, 0)]);
    }

    #[divan::bench(args = GROUPS)]
    fn sum(bencher: Bencher<'_, '_>, groups: usize) {
        measured(bencher, groups, &[(A::Sum, 0)]);
    }

    #[divan::bench(args = GROUPS)]
    fn min_avg_max(bencher: Bencher<'_, '_>, groups: usize) {
        measured(bencher, groups, &[(A::Min, 0), (A::Avg, 0), (A::Max, 0)]);
    }

    #[divan::bench(args = GROUPS)]
    fn three_sums(bencher: Bencher<'_, '_>, groups: usize) {
        measured(bencher, groups, &[(A::Sum, 0), (A::Sum, 1), (A::Sum, 2)]);
    }

    #[divan::bench(args = GROUPS)]
    fn count(bencher: Bencher<'_, '_>, groups: usize) {
        measured(bencher, groups, &[(A::CountStar, 0)]);
    }

    #[divan::bench(args = GROUPS)]
    fn median(bencher: Bencher<'_, '_>, groups: usize) {
        measured(bencher, groups, &[(A::QuantileCont(Quantile::MEDIAN), 0)]);
    }

    #[divan::bench(args = GROUPS)]
    fn stddev(bencher: Bencher<'_, '_>, groups: usize) {
        measured(bencher, groups, &[(A::StddevSamp, 0)]);
    }
}

/// States into results: what a row adds to that, so that it compares with its update.
#[divan::bench_group(sample_count = 20)]
mod results {
    use super::*;

    fn measured(bencher: Bencher<'_, '_>, groups: usize, functions: &[(A, usize)]) {
        let input = Input::new(groups, DataType::decimal(1));
        let mut states = input.fill(functions);
        states.close().expect("small numbers");
        let ids: Vec<u32> = (0..groups as u32).collect();
        bencher.counter(ItemsCount::new(ROWS)).bench(|| {
            ids.chunks(Block::ROWS).for_each(|ids| drop(black_box(states.results(ids).expect("results"))));
        });
    }

    #[divan::bench(args = GROUPS)]
    fn min_avg_max(bencher: Bencher<'_, '_>, groups: usize) {
        measured(bencher, groups, &[(A::Min, 0), (A::Avg, 0), (A::Max, 0)]);
    }

    #[divan::bench(args = GROUPS)]
    fn median(bencher: Bencher<'_, '_>, groups: usize) {
        measured(bencher, groups, &[(A::QuantileCont(Quantile::MEDIAN), 0)]);
    }

    #[divan::bench(args = GROUPS)]
    fn stddev(bencher: Bencher<'_, '_>, groups: usize) {
        measured(bencher, groups, &[(A::StddevSamp, 0)]);
    }
}
