//! All values of all groups in one flat store, for aggregates that need every value.

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{DataType as ArrowType, Decimal128Type};
use plimsoll_core::Result;

use super::Place;
use super::key::{rescale, visit_keys};

/// Keys and the groups they belong to.
#[derive(Default)]
pub(super) struct Samples<T> {
    /// The group of each value; `None` while there is one group at most, to which all belong.
    groups: Option<Vec<u32>>,
    values: Vec<T>,
}

impl<T: Copy + Ord> Samples<T> {
    fn push(&mut self, group: u32, value: T) {
        if let Some(groups) = &mut self.groups {
            groups.push(group);
        }
        self.values.push(value);
    }

    /// Notes the groups from now on.
    fn label(&mut self) {
        let count = self.values.len();
        self.groups.get_or_insert_with(|| vec![0; count]);
    }

    fn append(&mut self, other: Samples<T>, mapping: &[u32]) {
        let sources = other.groups.into_iter().flatten().chain(std::iter::repeat(0));
        if let Some(groups) = &mut self.groups {
            groups.extend(sources.take(other.values.len()).map(|group| mapping[group as usize]));
        }
        self.values.extend(other.values);
    }

    fn scatter(self, mut push: impl FnMut(Place, T), places: &[Place]) {
        let groups = self.groups.into_iter().flatten().chain(std::iter::repeat(0));
        groups.zip(self.values).for_each(|(group, value)| push(places[group as usize], value));
    }

    fn size(&self) -> usize {
        self.groups.as_ref().map_or(0, Vec::capacity) * size_of::<u32>()
            + self.values.capacity() * size_of::<T>()
    }

    /// Calls `visit` with the values of each of `count` groups, in any order, which it may change. Sorts in place by
    /// group (the American flag sort: McIlroy, Bostic, McIlroy, "Engineering radix sort", 1993).
    pub(super) fn each_group(mut self, count: usize, mut visit: impl FnMut(&mut [T])) {
        let Some(groups) = &mut self.groups else {
            if count > 0 {
                visit(&mut self.values);
            }
            return;
        };
        let mut ends = vec![0; count];
        groups.iter().for_each(|group| ends[*group as usize] += 1);
        let mut next = Vec::with_capacity(count);
        let mut total = 0;
        for end in &mut ends {
            next.push(total);
            total += *end;
            *end = total;
        }
        for group in 0..count {
            while next[group] < ends[group] {
                let here = next[group];
                let home = groups[here] as usize;
                groups.swap(here, next[home]);
                self.values.swap(here, next[home]);
                next[home] += 1;
            }
        }
        let mut start = 0;
        for end in ends {
            visit(&mut self.values[start..end]);
            start = end;
        }
    }
}

/// Samples in the narrowest width that holds all of them.
pub(super) enum AnySamples {
    /// 64-bit keys.
    Words(Samples<i64>),
    /// Mantissas, one of which has more than 64 bits.
    Wide(Samples<i128>),
}

impl Default for AnySamples {
    fn default() -> Self {
        AnySamples::Words(Samples::default())
    }
}

impl AnySamples {
    /// Takes the values of `array` that are not NULL.
    pub(super) fn extend(&mut self, groups: &[u32], array: &ArrayRef) {
        if let AnySamples::Words(_) = self
            && let ArrowType::Decimal128(..) = array.data_type()
            && array.as_primitive::<Decimal128Type>().iter().flatten().any(|key| i64::try_from(key).is_err())
        {
            self.promote();
        }
        visit_keys(array.as_ref(), |row, key| match (key, &mut *self) {
            (None, _) => {}
            (Some(key), AnySamples::Words(samples)) => samples.push(groups[row], key as i64),
            (Some(key), AnySamples::Wide(samples)) => samples.push(groups[row], key),
        });
    }

    /// Takes the samples of `other`; its group `i` is group `mapping[i]`.
    pub(super) fn append(&mut self, mut other: AnySamples, mapping: &[u32]) {
        if matches!(self, AnySamples::Wide(_)) {
            other.promote();
        } else if matches!(other, AnySamples::Wide(_)) {
            self.promote();
        }
        match (self, other) {
            (AnySamples::Words(own), AnySamples::Words(other)) => own.append(other, mapping),
            (AnySamples::Wide(own), AnySamples::Wide(other)) => own.append(other, mapping),
            _ => {}
        }
    }

    /// Hands all samples out; see [`super::AggregateState::scatter`].
    pub(super) fn scatter(self, parts: &mut [&mut AnySamples], places: &[Place]) {
        let push = |place: Place, value: i128, parts: &mut [&mut AnySamples]| {
            let part = &mut *parts[place.part as usize];
            match (part, i64::try_from(value)) {
                (AnySamples::Words(samples), Ok(value)) => samples.push(place.group, value),
                (part, _) => {
                    part.promote();
                    if let AnySamples::Wide(samples) = part {
                        samples.push(place.group, value);
                    }
                }
            }
        };
        match self {
            AnySamples::Words(samples) => {
                samples.scatter(|place, value| push(place, value.into(), parts), places);
            }
            AnySamples::Wide(samples) => samples.scatter(|place, value| push(place, value, parts), places),
        }
    }

    /// Notes the groups from now on: there is more than one.
    pub(super) fn label(&mut self) {
        match self {
            AnySamples::Words(samples) => samples.label(),
            AnySamples::Wide(samples) => samples.label(),
        }
    }

    /// Multiplies every mantissa by `factor`.
    pub(super) fn rescale(&mut self, factor: i128) -> Result<()> {
        let fits =
            |key: &i64| i128::from(*key).checked_mul(factor).is_some_and(|key| i64::try_from(key).is_ok());
        if let AnySamples::Words(samples) = self {
            if samples.values.iter().all(fits) {
                samples.values.iter_mut().for_each(|key| *key = (i128::from(*key) * factor) as i64);
                return Ok(());
            }
            self.promote();
        }
        if let AnySamples::Wide(samples) = self {
            for key in &mut samples.values {
                *key = rescale(*key, factor)?;
            }
        }
        Ok(())
    }

    /// Heap bytes held.
    pub(super) fn size(&self) -> usize {
        match self {
            AnySamples::Words(samples) => samples.size(),
            AnySamples::Wide(samples) => samples.size(),
        }
    }

    fn promote(&mut self) {
        if let AnySamples::Words(samples) = self {
            let values = samples.values.iter().map(|key| i128::from(*key)).collect();
            *self = AnySamples::Wide(Samples { groups: samples.groups.take(), values });
        }
    }
}
