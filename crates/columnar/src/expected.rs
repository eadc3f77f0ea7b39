//! What a sample says of a column before it is loaded. Knows neither the file nor how the sample was taken.

use arrow::array::{Array, ArrayRef, AsArray};
use plimsoll_core::{DataType, Field, Profile};

use crate::encode::Seen;

/// A column as a sample shows it.
#[derive(Debug, Clone)]
pub struct ExpectedColumn {
    field: Field,
    profile: Profile,
    seen: Seen,
    /// The same where the values reach less far and farther than is likely.
    doubt: Option<(Seen, Seen)>,
    rows: u64,
    nulls: u64,
    text_bytes: u64,
    texts: Option<ExpectedTexts>,
}

/// The distinct texts of a whole column.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ExpectedTexts {
    /// How many are likely,
    pub distinct: f64,
    /// and how many fewer
    pub least: f64,
    /// or more there may be.
    pub most: f64,
    /// Their mean length in bytes, each counted once.
    pub mean_bytes: f64,
    /// The share of values that nothing near before them in the file equals: close to 1 in a file without order, the
    /// number of runs for each value in one that is sorted. It says how fast distinct texts come up.
    pub arrivals: f64,
}

impl ExpectedColumn {
    /// A column of this name and type, whose cells have this profile, of which nothing is seen yet.
    #[must_use]
    pub fn new(field: Field, profile: Profile) -> Self {
        ExpectedColumn {
            field,
            profile,
            seen: Seen::default(),
            doubt: None,
            rows: 0,
            nulls: 0,
            text_bytes: 0,
            texts: None,
        }
    }

    /// Takes values of the sample: an array of the kernels' type.
    pub fn observe(&mut self, values: &ArrayRef) {
        self.seen.observe(values, self.field.data_type);
        self.rows += values.len() as u64;
        self.nulls += values.logical_null_count() as u64;
        if let Some(texts) = values.as_string_opt::<i32>() {
            self.text_bytes += texts.value_data().len() as u64;
        }
    }

    /// Says from where to where the values of the whole column are likely to lie, and how far that may be short or beyond:
    /// integers, mantissas, days or microseconds. Where the type hangs on it, bytes are the mean of what may come.
    pub fn widen(&mut self, likely: (i128, i128), least: (i128, i128), most: (i128, i128)) {
        self.doubt = Some((self.reaching(least), self.reaching(most)));
        self.seen = self.reaching(likely);
    }

    fn reaching(&self, (low, high): (i128, i128)) -> Seen {
        let range = self.seen.range.map(|range| (range.0.min(low), range.1.max(high)));
        Seen { range, ..self.seen }
    }

    /// Says how many distinct texts there are. A text column of which nothing is said has one.
    pub fn set_texts(&mut self, texts: ExpectedTexts) {
        self.texts = Some(texts);
    }

    /// Its name and type.
    #[must_use]
    pub fn field(&self) -> &Field {
        &self.field
    }

    /// The least and the greatest value, where they are integers, mantissas, days or microseconds.
    #[must_use]
    pub fn range(&self) -> Option<(i128, i128)> {
        self.seen.range
    }

    /// The share of NULLs.
    #[must_use]
    pub fn nulls(&self) -> f64 {
        if self.rows == 0 { 0.0 } else { self.nulls as f64 / self.rows as f64 }
    }

    /// Mean bytes of the text of a row, of which NULL has none.
    #[must_use]
    pub fn text_bytes(&self) -> f64 {
        if self.rows == 0 { 0.0 } else { self.text_bytes as f64 / self.rows as f64 }
    }

    pub(crate) fn profile(&self) -> &Profile {
        &self.profile
    }

    pub(crate) fn seen(&self) -> &Seen {
        &self.seen
    }

    /// The same column where its values reach as little and are as few as may be, and where they reach as far and are
    /// as many.
    pub(crate) fn extremes(&self) -> [ExpectedColumn; 2] {
        let seen = self.doubt.map_or([self.seen; 2], |(least, most)| [least, most]);
        let texts = [
            self.texts.map(|texts| ExpectedTexts { distinct: texts.least, ..texts }),
            self.texts.map(|texts| ExpectedTexts { distinct: texts.most, ..texts }),
        ];
        [0, 1].map(|at| ExpectedColumn { seen: seen[at], texts: texts[at], ..self.clone() })
    }

    /// Those of a text column.
    pub(crate) fn texts(&self) -> Option<ExpectedTexts> {
        let unsaid = ExpectedTexts {
            distinct: 1.0,
            least: 1.0,
            most: 1.0,
            mean_bytes: self.text_bytes(),
            arrivals: 1.0,
        };
        (self.field.data_type == DataType::Utf8).then(|| self.texts.unwrap_or(unsaid))
    }

    /// Values among so many rows.
    pub(crate) fn values_of(&self, rows: f64) -> f64 {
        rows * (1.0 - self.nulls())
    }

    /// How likely it is that one of so many rows is NULL: a column without any has no null bits.
    pub(crate) fn any_null(&self, rows: f64) -> f64 {
        if self.nulls > 0 && rows >= self.rows as f64 { 1.0 } else { 1.0 - (1.0 - self.nulls()).powf(rows) }
    }
}

/// How the number of distinct texts grows with the values that were read.
///
/// Of `n` values, `n * arrivals` are drawn from a pool of equally likely texts, the others repeat what stands near them:
/// after that `pool * (1 - exp(-n * arrivals / pool))` distinct texts are expected, and the pool is chosen so that the whole
/// column has as many as it should. In a sorted file that is a line, in one without order a curve that flattens.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Growth {
    arrivals: f64,
    /// Infinite for a line.
    pool: f64,
}

/// How many equally likely values there are where so many draws have given so many distinct ones: the `pool` for which
/// `pool * (1 - exp(-draws / pool)) = distinct`. Infinite where no value came twice.
fn pool_of(distinct: f64, draws: f64) -> f64 {
    if distinct >= draws {
        return f64::INFINITY;
    }
    let expected = |pool: f64| pool * -(-draws / pool).exp_m1();
    // It grows with the pool, from none to all draws.
    let (mut low, mut high) = (f64::MIN_POSITIVE, distinct.max(1.0));
    while expected(high) < distinct && high.is_finite() {
        (low, high) = (high, high * 2.0);
    }
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if expected(middle) < distinct { low = middle } else { high = middle }
    }
    high
}

impl ExpectedTexts {
    pub(crate) fn growth(&self, values: f64) -> Growth {
        let draws = values * self.arrivals;
        if self.distinct >= 0.999 * draws {
            let arrivals = if values > 0.0 { self.distinct / values } else { 0.0 };
            return Growth { arrivals, pool: f64::INFINITY };
        }
        Growth { arrivals: self.arrivals, pool: pool_of(self.distinct, draws) }
    }
}

impl Growth {
    /// Distinct texts among the first `values`.
    pub(crate) fn after(self, values: f64) -> f64 {
        let draws = values * self.arrivals;
        if self.pool.is_finite() { self.pool * -(-draws / self.pool).exp_m1() } else { draws }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(distinct: f64, arrivals: f64) -> ExpectedTexts {
        ExpectedTexts { distinct, least: distinct, most: distinct, mean_bytes: 5.0, arrivals }
    }

    #[test]
    fn growth_ends_at_the_whole() {
        for (distinct, arrivals) in [(1.0, 1.0), (413.0, 0.99), (430_000.0, 0.43), (860_000.0, 0.9)] {
            let texts = texts(distinct, arrivals);
            let growth = texts.growth(1e6);
            assert!((growth.after(1e6) / distinct - 1.0).abs() < 1e-6, "{texts:?} {growth:?}");
            assert!(growth.after(1e5) <= distinct && growth.after(1e5) >= 0.0999 * distinct, "{growth:?}");
        }
        // Sorted: a tenth of the rows has a tenth of the texts. Without order: nearly all of them.
        let sorted = texts(430_000.0, 0.43).growth(1e6);
        assert!((sorted.after(1e5) - 43_000.0).abs() < 1.0);
        let shuffled = texts(413.0, 1.0).growth(1e6);
        assert!(shuffled.after(1e5) > 412.9);
    }
}
