//! Which aggregates share a state: those that need the same of the same arguments.

use plimsoll_core::{AggregateFunction as A, DataType, TypedAggregate};

use super::argument_type;

/// What a state keeps, where several functions can read their results from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shared {
    /// Sums, counts and extremes of integers and decimals, extremes of other values of fixed width.
    Summary,
    /// Sums and counts of doubles.
    FloatSums,
    /// Sums and sums of squares.
    Moments,
    /// All values.
    Samples,
}

/// Aggregates by their numbers, put together with those that they share a state with; each is in one family, the first of
/// which says what its arguments are. Two aggregates have the same arguments where their numbers in `arguments` are the
/// same: they must be the same expressions, so that they stay the same when types widen.
///
/// A `count` joins a sum of its argument, `count(*)` the first sum of integers or decimals: they count anyway.
pub(super) fn families(aggregates: &[TypedAggregate], arguments: &[usize]) -> Vec<Vec<usize>> {
    let mut families: Vec<Vec<usize>> = Vec::new();
    let mut join = |number: usize, fits: &dyn Fn(usize) -> bool| match families
        .iter_mut()
        .find(|family| family.iter().any(|member| fits(*member)))
    {
        Some(family) => family.push(number),
        None => families.push(vec![number]),
    };
    let function = |number: usize| aggregates[number].function;
    let sums = |number: usize| matches!(function(number), A::Sum | A::Avg);
    let exact = |number: usize| argument_type(&aggregates[number]).exact_scale().is_some();
    let (counts, others): (Vec<_>, Vec<_>) =
        (0..aggregates.len()).partition(|number| matches!(function(*number), A::CountStar | A::Count));
    for number in others {
        let kind = shared(&aggregates[number]);
        let same = |other: usize| arguments[other] == arguments[number];
        join(number, &|other| kind.is_some() && shared(&aggregates[other]) == kind && same(other));
    }
    for number in counts {
        match function(number) {
            A::CountStar => join(number, &|other| sums(other) && exact(other)),
            _ => join(number, &|other| sums(other) && arguments[other] == arguments[number]),
        }
    }
    families
}

fn shared(aggregate: &TypedAggregate) -> Option<Shared> {
    match (aggregate.function, argument_type(aggregate)) {
        (A::Sum | A::Avg, DataType::Float64) => Some(Shared::FloatSums),
        (A::Min | A::Max, DataType::Utf8) => None,
        (A::Sum | A::Avg | A::Min | A::Max, _) => Some(Shared::Summary),
        (A::VarPop | A::VarSamp | A::StddevPop | A::StddevSamp, _) => Some(Shared::Moments),
        (A::QuantileCont(_) | A::QuantileDisc(_), _) => Some(Shared::Samples),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use plimsoll_core::typed::bind_aggregate;
    use plimsoll_core::{Expr, Quantile};

    use super::*;

    #[test]
    fn who_joins_whom() {
        let types = [DataType::Int64, DataType::Float64, DataType::Utf8, DataType::decimal(2)];
        let bound: Vec<TypedAggregate> = [
            (A::CountStar, None),
            (A::Min, Some(0)),
            (A::Count, Some(0)),
            (A::Avg, Some(0)),
            (A::Sum, Some(1)),
            (A::Max, Some(1)),
            (A::Count, Some(1)),
            (A::Min, Some(2)),
            (A::Max, Some(2)),
            (A::StddevPop, Some(0)),
            (A::VarSamp, Some(0)),
            (A::QuantileCont(Quantile::MEDIAN), Some(3)),
            (A::QuantileDisc(Quantile::new(9, 1).unwrap()), Some(3)),
            (A::Sum, Some(3)),
            (A::Count, Some(2)),
        ]
        .iter()
        .map(|(function, field)| {
            let arguments: Vec<Expr> = field.iter().map(|field| Expr::Field(*field)).collect();
            bind_aggregate(*function, &arguments, &types).unwrap()
        })
        .collect();
        let expected: [&[usize]; 9] =
            [&[1, 3, 0, 2], &[4, 6], &[5], &[7], &[8], &[9, 10], &[11, 12], &[13], &[14]];
        let fields = [9, 0, 0, 0, 1, 1, 1, 2, 2, 0, 0, 3, 3, 3, 2];
        assert_eq!(families(&bound, &fields), expected);
        // Equal types do not make equal arguments.
        let apart: Vec<usize> = (0..bound.len()).collect();
        assert_eq!(families(&bound, &apart).len(), bound.len() - 1, "but count(*) joins");
    }
}
