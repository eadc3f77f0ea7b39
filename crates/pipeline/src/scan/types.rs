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

    /// Takes note of cells. Gives the column's profile where every cell that was taken as `current` so far, by any worker,
    /// keeps its value in the type of that profile: the type is the same, or both are exact.
    pub(super) fn widen(&self, column: usize, seen: &Profile, current: DataType) -> Option<Profile> {
        let mut known = self.known();
        let profile = &mut known.profiles[column];
        profile.merge(seen);
        let exact = |data_type: DataType| data_type.exact_scale().is_some();
        let wider = profile.data_type();
        (wider == current || (exact(current) && exact(wider))).then_some(*profile)
    }

    /// Takes note of exact numbers of this many digits before the point. Whether they are exact beside all that were seen.
    pub(super) fn have_room(&self, column: usize, int_digits: u32) -> bool {
        let profile = &mut self.known().profiles[column];
        profile.observe_digits(int_digits);
        profile.is_exact_with(int_digits)
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
    use plimsoll_core::Notation;

    use super::*;

    fn number(int_digits: u32, scale: u32) -> Profile {
        let mut profile = Profile::default();
        profile.observe(CellClass::Number {
            int_digits,
            scale,
            notation: if scale == 0 { Notation::Digits } else { Notation::Point },
            is_long: false,
            fits_i64: scale == 0 && int_digits < 19,
        });
        profile
    }

    #[test]
    fn integers_become_decimals_in_place() {
        let types = Types::new(vec![number(3, 0)]);
        let wider = |seen, current| types.widen(0, &seen, current).map(|profile| profile.data_type());
        assert_eq!(wider(number(1, 2), DataType::Int64), Some(DataType::decimal(2)));
        assert_eq!(wider(number(1, 5), DataType::decimal(2)), Some(DataType::decimal(5)));
        assert!(types.have_room(0, 30));
        assert_eq!(wider(number(1, 9), DataType::decimal(5)), None, "there is no room for 39 digits");
    }

    #[test]
    fn exponents_widen_what_has_room() {
        let signed = |int_digits, scale| {
            let mut profile = Profile::default();
            let notation = Notation::Exponent { clear: true };
            let fits_i64 = scale == 0;
            profile.observe(CellClass::Number { int_digits, scale, notation, is_long: false, fits_i64 });
            profile
        };
        let types = Types::new(vec![number(2, 5), number(9, 9)]);
        let wider = types.widen(0, &signed(0, 6), DataType::decimal(5)).map(|profile| profile.data_type());
        assert_eq!(wider, Some(DataType::decimal(6)));
        assert_eq!(types.widen(1, &signed(0, 10), DataType::decimal(9)), None, "19 digits and exponents");
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
