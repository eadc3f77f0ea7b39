//! The types of a running scan, which widen as cells are seen.

use std::collections::BTreeSet;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

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

/// What the workers of a scan know together. Locked only at the end of a block and when a cell does not fit.
#[derive(Debug)]
pub(super) struct Types {
    known: Mutex<Known>,
    moved: Condvar,
}

#[derive(Debug)]
struct Known {
    profiles: Vec<Profile>,
    misfit: Option<Misfit>,
    /// All blocks before this one are done.
    done: u64,
    /// Blocks behind it that are done.
    ahead: BTreeSet<u64>,
    /// The first block that never will be.
    lost: u64,
}

impl Types {
    pub(super) fn new(profiles: Vec<Profile>) -> Self {
        let known = Known { profiles, misfit: None, done: 0, ahead: BTreeSet::new(), lost: u64::MAX };
        Types { known: Mutex::new(known), moved: Condvar::new() }
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

    /// Says that all cells of a block were taken.
    pub(super) fn finish(&self, ticket: u64) {
        let mut known = self.known();
        let Known { done, ahead, .. } = &mut *known;
        ahead.insert(ticket);
        while ahead.remove(done) {
            *done += 1;
        }
        self.moved.notify_all();
    }

    /// Says that no more cells of a block will be taken.
    pub(super) fn abandon(&self, ticket: u64) {
        let mut known = self.known();
        known.lost = known.lost.min(ticket);
        self.moved.notify_all();
    }

    /// Takes note of a cell in block `ticket`. Gives the column's profile where every cell that was taken as `current` so far, by
    /// any worker, keeps its value in the type of that profile: the type is the same, both are exact, or there were only NULLs.
    /// What these become is the choice of the first other cell in the file, so that it does
    /// not depend on the workers' pace: whoever finds one waits for the blocks before its own. A cell whose type the query does not
    /// take, as `takes` says, leaves nothing behind.
    pub(super) fn widen(
        &self,
        column: usize,
        class: CellClass,
        current: DataType,
        ticket: u64,
        takes: impl FnOnce(DataType) -> bool,
    ) -> Option<Profile> {
        let mut known = self.known();
        if current == DataType::Null {
            let must_wait = |known: &mut Known| {
                let is_open = known.profiles[column].data_type() == DataType::Null;
                is_open && known.done < ticket && known.lost >= ticket
            };
            known = self.moved.wait_while(known, must_wait).unwrap_or_else(PoisonError::into_inner);
        }
        let may_choose = known.done >= ticket;
        let given = known.profiles[column].data_type();
        if given == DataType::Null && !may_choose {
            return None;
        }
        let mut profile = known.profiles[column];
        profile.observe(class);
        let wider = profile.data_type();
        let taken = if current == DataType::Null { given } else { current };
        let exact = |data_type: DataType| data_type.exact_scale().is_some();
        let fits = taken == DataType::Null || wider == taken || (exact(taken) && exact(wider));
        if !fits || (wider != current && !takes(wider)) {
            return None;
        }
        known.profiles[column] = profile;
        Some(profile)
    }

    /// Takes note of exact numbers of this many digits before the point where they are exact beside all that were taken. Whether
    /// they are.
    pub(super) fn have_room(&self, column: usize, int_digits: u32) -> bool {
        let profile = &mut self.known().profiles[column];
        let has_room = profile.is_exact_with(int_digits);
        if has_room {
            profile.observe_digits(int_digits);
        }
        has_room
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

    fn number(int_digits: u32, scale: u32) -> CellClass {
        CellClass::Number {
            int_digits,
            scale,
            notation: if scale == 0 { Notation::Digits } else { Notation::Point },
            is_long: false,
            fits_i64: scale == 0 && int_digits < 19,
        }
    }

    fn of(class: CellClass) -> Profile {
        let mut profile = Profile::default();
        profile.observe(class);
        profile.settle();
        profile
    }

    #[test]
    fn integers_become_decimals_in_place() {
        let types = Types::new(vec![of(number(3, 0))]);
        let wider =
            |seen, current| types.widen(0, seen, current, 0, |_| true).map(|profile| profile.data_type());
        assert_eq!(wider(number(1, 2), DataType::Int64), Some(DataType::decimal(2)));
        assert_eq!(wider(number(1, 5), DataType::decimal(2)), Some(DataType::decimal(5)));
        assert!(types.have_room(0, 30));
        assert_eq!(wider(number(1, 9), DataType::decimal(5)), None, "there is no room for 39 digits");
    }

    #[test]
    fn exponents_widen_what_has_room() {
        let signed = |int_digits, scale| {
            let notation = Notation::Exponent { clear: true };
            CellClass::Number { int_digits, scale, notation, is_long: false, fits_i64: scale == 0 }
        };
        let types = Types::new(vec![of(number(2, 5)), of(number(9, 9))]);
        let wider = types
            .widen(0, signed(0, 6), DataType::decimal(5), 0, |_| true)
            .map(|profile| profile.data_type());
        assert_eq!(wider, Some(DataType::decimal(6)));
        assert_eq!(
            types.widen(1, signed(0, 10), DataType::decimal(9), 0, |_| true),
            None,
            "19 digits and exponents"
        );
    }

    #[test]
    fn anything_else_ends_the_scan() {
        let types = Types::new(vec![of(number(3, 0)), Profile::default()]);
        assert_eq!(types.widen(0, CellClass::Text, DataType::Int64, 0, |_| true), None);
    }

    #[test]
    fn nulls_become_anything_once() {
        let date = CellClass::Date { forms: std::iter::once(plimsoll_core::value::DateForm::Iso).collect() };
        let types = Types::new(vec![of(CellClass::Null); 2]);
        assert_eq!(
            types.widen(0, number(3, 0), DataType::Null, 0, |_| true).map(|profile| profile.data_type()),
            Some(DataType::Int64)
        );
        // Another worker has seen nothing but NULLs yet.
        assert_eq!(
            types.widen(0, number(1, 2), DataType::Null, 0, |_| true).map(|profile| profile.data_type()),
            Some(DataType::decimal(2))
        );
        assert_eq!(types.widen(0, CellClass::Text, DataType::Null, 0, |_| true), None);
        assert_eq!(
            types.widen(1, date, DataType::Null, 0, |_| true).map(|profile| profile.data_type()),
            Some(DataType::Date)
        );
        assert_eq!(
            types.widen(1, date, DataType::Null, 0, |_| true).map(|profile| profile.data_type()),
            Some(DataType::Date)
        );
        assert_eq!(types.widen(1, CellClass::Text, DataType::Date, 0, |_| true), None);
    }

    #[test]
    fn the_first_block_chooses_what_nulls_become() {
        for lost in [false, true] {
            let types = Types::new(vec![of(CellClass::Null)]);
            std::thread::scope(|scope| {
                let later = scope.spawn(|| types.widen(0, number(2, 0), DataType::Null, 2, |_| true));
                types.finish(1);
                assert_eq!(
                    types
                        .widen(0, CellClass::Text, DataType::Null, 0, |_| true)
                        .map(|profile| profile.data_type()),
                    Some(DataType::Utf8)
                );
                if lost {
                    types.abandon(0)
                } else {
                    types.finish(0)
                }
                assert_eq!(later.join().unwrap().map(|profile| profile.data_type()), Some(DataType::Utf8));
            });
            let types = Types::new(vec![of(CellClass::Null)]);
            types.abandon(0);
            assert_eq!(types.widen(0, CellClass::Text, DataType::Null, 1, |_| true), None);
        }
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
