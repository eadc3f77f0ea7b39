//! The types of a running scan, which widen as cells are seen.

use std::sync::{Mutex, MutexGuard, PoisonError};

use plimsoll_core::{CellClass, DataType, Location, Profile};

/// A cell that its column's type does not take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misfit {
    /// The block of the file.
    pub ticket: u64,
    /// The column of the file.
    pub column: usize,
    /// What its text could be.
    pub class: CellClass,
    /// Where the cell stands.
    pub location: Location,
}

/// What the workers of a scan know together. Locked only when a cell does not fit.
#[derive(Debug)]
pub(super) struct Types {
    known: Mutex<Known>,
}

#[derive(Debug)]
struct Known {
    profiles: Vec<Profile>,
    misfit: Option<Misfit>,
}

/// An integer of the most digits that a column of 64-bit integers can have held before it became one of decimals.
const LONGEST_INTEGER: CellClass =
    CellClass::Number { int_digits: 19, scale: 0, significant: 0, fits_i64: true };

impl Types {
    pub(super) fn new(profiles: Vec<Profile>) -> Self {
        Types { known: Mutex::new(Known { profiles, misfit: None }) }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn profiles(&self) -> Vec<Profile> {
        self.known().profiles.clone()
    }

    pub(super) fn misfit(&self) -> Option<Misfit> {
        self.known().misfit.clone()
    }

    /// Takes note of cells. Gives the column's type where every cell that was taken as `current` so far, by any worker,
    /// keeps its value in it: integers and decimals that become decimals of a scale that leaves room for them.
    pub(super) fn widen(&self, column: usize, seen: &Profile, current: DataType) -> Option<DataType> {
        let mut known = self.known();
        let profile = &mut known.profiles[column];
        profile.merge(seen);
        let wider = profile.data_type();
        let mut before = *profile;
        before.observe(LONGEST_INTEGER);
        let exact = |data_type: DataType| data_type.exact_scale().is_some();
        (exact(current) && exact(wider) && exact(before.data_type())).then_some(wider)
    }

    /// Takes note of the cell that ends the scan; the first in the file counts.
    pub(super) fn refuse(&self, misfit: Misfit) {
        let mut known = self.known();
        let earlier =
            |other: &Misfit| (other.ticket, other.location.byte) <= (misfit.ticket, misfit.location.byte);
        if !known.misfit.as_ref().is_some_and(earlier) {
            known.misfit = Some(misfit);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(int_digits: u32, scale: u32) -> Profile {
        let mut profile = Profile::default();
        let significant = int_digits + scale;
        profile.observe(CellClass::Number {
            int_digits,
            scale,
            significant,
            fits_i64: scale == 0 && int_digits < 19,
        });
        profile
    }

    #[test]
    fn integers_become_decimals_in_place() {
        let types = Types::new(vec![number(3, 0)]);
        assert_eq!(types.widen(0, &number(1, 2), DataType::Int64), Some(DataType::decimal(2)));
        assert_eq!(types.widen(0, &number(1, 5), DataType::decimal(2)), Some(DataType::decimal(5)));
        // 19 digits could have been seen before, so that 20 behind the point leave no room.
        assert_eq!(types.widen(0, &number(1, 20), DataType::decimal(5)), None);
    }

    #[test]
    fn anything_else_ends_the_scan() {
        let mut text = Profile::default();
        text.observe(CellClass::Text);
        let types = Types::new(vec![number(3, 0), Profile::default()]);
        assert_eq!(types.widen(0, &text, DataType::Int64), None);
        assert_eq!(types.widen(1, &number(3, 0), DataType::Null), None);
    }

    #[test]
    fn the_first_misfit_in_the_file_counts() {
        let types = Types::new(Vec::new());
        let at = |ticket, byte| {
            let location = Location { byte, ..Location::default() };
            Misfit { ticket, column: 0, class: CellClass::Text, location }
        };
        for (ticket, byte) in [(3, 90), (2, 70), (2, 60), (5, 10)] {
            types.refuse(at(ticket, byte));
        }
        assert_eq!(types.misfit(), Some(at(2, 60)));
    }
}
