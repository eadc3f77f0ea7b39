//! What is kept of each group for one value, and the value that it comes to.

use std::str::FromStr;

use crate::number::{UNIT, decimal, nearest};

/// How a column of a result is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Names the row.
    Key,
    /// A decimal that has one right value.
    Exact,
    /// The double nearest to the right value.
    Double,
    /// A double with a root in it: the last digits depend on the order of operations.
    Root,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Function {
    Count,
    Sum,
    Min,
    Max,
    /// The greatest of the first column minus the least of the second.
    Range,
    Avg,
    Median,
    /// Of the sample.
    Sd,
    /// The square of Pearson's coefficient.
    Corr2,
}

/// In millionths. What few queries need is boxed, so that many groups stay small.
pub(crate) enum State {
    Count(i64),
    Sum(i128),
    Least(i64),
    Greatest(i64),
    Range { greatest: i64, least: i64 },
    Mean { sum: i64, count: i64 },
    All(Vec<i64>),
    Moments(Box<Moments>),
}

/// Sums of two columns, of their squares and of their product.
#[derive(Default)]
pub(crate) struct Moments {
    count: i128,
    x: i128,
    y: i128,
    xx: i128,
    yy: i128,
    xy: i128,
}

impl Kind {
    const NAMES: [(Kind, &'static str); 4] =
        [(Kind::Key, "key"), (Kind::Exact, "exact"), (Kind::Double, "double"), (Kind::Root, "root")];

    pub(crate) fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(kind, _)| *kind == self).map_or("", |(_, name)| name)
    }

    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(_, one)| *one == name).map(|(kind, _)| *kind)
    }
}

impl FromStr for Function {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        Ok(match name {
            "count" => Function::Count,
            "sum" => Function::Sum,
            "min" => Function::Min,
            "max" => Function::Max,
            "range" => Function::Range,
            "avg" => Function::Avg,
            "median" => Function::Median,
            "sd" => Function::Sd,
            "corr2" => Function::Corr2,
            other => return Err(format!("unknown function {other}")),
        })
    }
}

impl Function {
    /// Columns that it takes.
    pub(crate) fn arguments(self) -> usize {
        match self {
            Function::Count => 0,
            Function::Range | Function::Corr2 => 2,
            _ => 1,
        }
    }

    pub(crate) fn kind(self) -> Kind {
        match self {
            Function::Avg | Function::Median => Kind::Double,
            Function::Sd | Function::Corr2 => Kind::Root,
            _ => Kind::Exact,
        }
    }

    pub(crate) fn start(self) -> State {
        match self {
            Function::Count => State::Count(0),
            Function::Sum => State::Sum(0),
            Function::Min => State::Least(i64::MAX),
            Function::Max => State::Greatest(i64::MIN),
            Function::Range => State::Range { greatest: i64::MIN, least: i64::MAX },
            Function::Avg => State::Mean { sum: 0, count: 0 },
            Function::Median => State::All(Vec::new()),
            Function::Sd | Function::Corr2 => State::Moments(Box::default()),
        }
    }

    /// The value of a group that has one row or more.
    pub(crate) fn end(self, state: State) -> Result<String, String> {
        Ok(match state {
            State::Count(count) => count.to_string(),
            State::Sum(sum) => decimal(sum),
            State::Least(value) | State::Greatest(value) => decimal(value.into()),
            State::Range { greatest, least } => decimal(i128::from(greatest) - i128::from(least)),
            State::Mean { sum, count } => double(nearest(sum.into(), i128::from(count) * UNIT)?),
            State::All(mut values) => {
                values.sort_unstable();
                let two = i128::from(values[(values.len() - 1) / 2]) + i128::from(values[values.len() / 2]);
                double(nearest(two, 2 * UNIT)?)
            }
            State::Moments(moments) if self == Function::Sd => moments.sd().map_or(String::new(), double),
            State::Moments(moments) => moments.corr2().map_or(String::new(), double),
        })
    }
}

impl State {
    /// Adds a row's arguments; those that the function does not take are 0.
    pub(crate) fn add(&mut self, first: i64, second: i64) {
        match self {
            State::Count(count) => *count += 1,
            State::Sum(sum) => *sum += i128::from(first),
            State::Least(least) => *least = first.min(*least),
            State::Greatest(greatest) => *greatest = first.max(*greatest),
            State::Range { greatest, least } => {
                (*greatest, *least) = (first.max(*greatest), second.min(*least));
            }
            State::Mean { sum, count } => (*sum, *count) = (*sum + first, *count + 1),
            State::All(values) => values.push(first),
            State::Moments(moments) => moments.add(first.into(), second.into()),
        }
    }
}

#[allow(clippy::cast_precision_loss, reason = "the sums are exact; a root has no last digit to lose")]
impl Moments {
    fn add(&mut self, x: i128, y: i128) {
        self.count += 1;
        self.x += x;
        self.y += y;
        self.xx += x * x;
        self.yy += y * y;
        self.xy += x * y;
    }

    /// `None` of one row.
    fn sd(&self) -> Option<f64> {
        let spread = self.count * self.xx - self.x * self.x;
        let pairs = self.count * (self.count - 1);
        (pairs > 0).then(|| (spread as f64 / pairs as f64).sqrt() / UNIT as f64)
    }

    /// `None` where one side does not vary.
    fn corr2(&self) -> Option<f64> {
        let together = (self.count * self.xy - self.x * self.y) as f64;
        let spreads = [self.count * self.xx - self.x * self.x, self.count * self.yy - self.y * self.y];
        let [x, y] = spreads.map(|spread| spread as f64);
        (x > 0.0 && y > 0.0).then(|| together / x * (together / y))
    }
}

fn double(value: f64) -> String {
    format!("{value:?}")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of (1.5, 1), (-0.5, 0), (4, 3), (2, 4), by hand.
    #[test]
    fn four_rows_by_hand() {
        let rows = [(1.5, 1), (-0.5, 0), (4.0, 3), (2.0, 4)];
        for (function, wanted) in [
            ("count", "4"),
            ("sum", "7"),
            ("min", "-0.5"),
            ("max", "4"),
            ("range", "4"),
            ("avg", "1.75"),
            ("median", "1.75"),
            // The squared deviations add up to 10.25; those of the other column to 10, the products to 7.5.
            ("sd", "1.8484227510682363"),
            ("corr2", "0.5487804878048781"),
        ] {
            let function: Function = function.parse().unwrap();
            let mut state = function.start();
            for (x, y) in rows {
                state.add((x * 1e6) as i64, y * 1_000_000);
            }
            let found = function.end(state).unwrap();
            match function.kind() {
                Kind::Root => {
                    let gap = found.parse::<f64>().unwrap() - wanted.parse::<f64>().unwrap();
                    assert!(gap.abs() < 1e-15, "{function:?}: {found}");
                }
                _ => assert_eq!(found, wanted, "{function:?}"),
            }
        }
    }

    #[test]
    fn what_has_no_value_is_empty() {
        for (function, rows) in [(Function::Sd, 1), (Function::Corr2, 3)] {
            let mut state = function.start();
            (0..rows).for_each(|row| state.add(7, row));
            assert_eq!(function.end(state), Ok(String::new()));
        }
    }
}
