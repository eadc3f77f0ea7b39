//! A memory limit shared by all operators of a run: memory is reserved here before it is allocated, and given back when
//! the reservation is dropped. It allocates nothing on behalf of anyone and frees nothing: it only keeps count.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};

/// How many consumers an error names.
const TOP_CONSUMERS: usize = 5;

/// A limit in bytes and what is reserved of it. Clones share the same account. The sum of all reservations never
/// passes the limit, not even for a moment, whatever the number of threads.
#[derive(Debug, Clone)]
pub struct Budget {
    account: Arc<Account>,
}

#[derive(Debug)]
struct Account {
    limit: Option<u64>,
    used: AtomicU64,
    peak: AtomicU64,
    /// One for each name. Locked when a reservation is made and when an error is reported, never when one changes.
    consumers: Mutex<Vec<Arc<Consumer>>>,
}

#[derive(Debug)]
struct Consumer {
    name: String,
    used: AtomicU64,
}

impl Budget {
    /// A budget of `limit` bytes, or one that only counts.
    #[must_use]
    pub fn new(limit: Option<u64>) -> Self {
        Budget {
            account: Arc::new(Account {
                limit,
                used: AtomicU64::new(0),
                peak: AtomicU64::new(0),
                consumers: Mutex::new(Vec::new()),
            }),
        }
    }

    /// The limit in bytes; `None` where there is none.
    #[must_use]
    pub fn limit(&self) -> Option<u64> {
        self.account.limit
    }

    /// Bytes reserved now.
    #[must_use]
    pub fn used(&self) -> u64 {
        self.account.used.load(Relaxed)
    }

    /// The most bytes ever reserved at once.
    #[must_use]
    pub fn peak(&self) -> u64 {
        self.account.peak.load(Relaxed)
    }

    /// Bytes that could be reserved now; `u64::MAX` without a limit.
    #[must_use]
    pub fn available(&self) -> u64 {
        self.limit().map_or(u64::MAX, |limit| limit.saturating_sub(self.used()))
    }

    /// An empty reservation for the consumer `name`. Names say what kind of thing holds memory ("group table"), and
    /// all reservations of one name are counted together; the budget keeps every name it has heard.
    pub fn reservation(&self, name: &str) -> Reservation {
        let mut consumers = self.account.consumers.lock().unwrap_or_else(PoisonError::into_inner);
        let known = consumers.iter().find(|consumer| consumer.name == name).cloned();
        let consumer = known.unwrap_or_else(|| {
            let consumer = Arc::new(Consumer { name: name.to_owned(), used: AtomicU64::new(0) });
            consumers.push(Arc::clone(&consumer));
            consumer
        });
        Reservation { account: Arc::clone(&self.account), consumer, size: 0 }
    }

    /// Every consumer that holds something, the largest first, names breaking ties.
    #[must_use]
    pub fn consumers(&self) -> Vec<(String, u64)> {
        self.account.consumers()
    }
}

impl Account {
    /// Takes `bytes`, or says how much was in use when they did not fit.
    fn take(&self, bytes: u64) -> Result<(), u64> {
        let limit = self.limit.unwrap_or(u64::MAX);
        let fits = |used: u64| used.checked_add(bytes).filter(|sum| *sum <= limit);
        let used_before = self.used.fetch_update(Relaxed, Relaxed, fits)?;
        let used = used_before + bytes;
        if used > self.peak.load(Relaxed) {
            self.peak.fetch_max(used, Relaxed);
        }
        Ok(())
    }

    fn consumers(&self) -> Vec<(String, u64)> {
        let consumers = self.consumers.lock().unwrap_or_else(PoisonError::into_inner);
        let sizes = consumers.iter().map(|consumer| (consumer.name.clone(), consumer.used.load(Relaxed)));
        let mut holding: Vec<(String, u64)> = sizes.filter(|(_, used)| *used > 0).collect();
        holding.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        holding
    }
}

/// Bytes that one holder has reserved; given back on drop. A change costs two or three atomic operations and no lock.
#[derive(Debug)]
#[must_use = "a reservation that is dropped is given back at once"]
pub struct Reservation {
    account: Arc<Account>,
    consumer: Arc<Consumer>,
    size: u64,
}

impl Reservation {
    /// Bytes reserved.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The consumer's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.consumer.name
    }

    /// Makes the reservation `size` bytes large. Shrinking always succeeds.
    ///
    /// # Errors
    /// [`LimitExceeded`] if the limit does not hold the growth; the reservation is then unchanged.
    pub fn try_resize(&mut self, size: u64) -> Result<(), LimitExceeded> {
        match size.checked_sub(self.size) {
            Some(growth) => self.try_grow(growth),
            None => {
                self.shrink(self.size - size);
                Ok(())
            }
        }
    }

    /// Reserves `bytes` more.
    ///
    /// # Errors
    /// [`LimitExceeded`] if the limit does not hold them; the reservation is then unchanged.
    pub fn try_grow(&mut self, bytes: u64) -> Result<(), LimitExceeded> {
        if bytes == 0 {
            return Ok(());
        }
        self.account.take(bytes).map_err(|used| self.refusal(bytes, used))?;
        self.consumer.used.fetch_add(bytes, Relaxed);
        self.size += bytes;
        Ok(())
    }

    /// Gives `bytes` back, or all that there is where that is less.
    pub fn shrink(&mut self, bytes: u64) {
        let bytes = bytes.min(self.size);
        self.size -= bytes;
        // The consumer first: the consumers' sum may be below what is in use, never above it.
        self.consumer.used.fetch_sub(bytes, Relaxed);
        self.account.used.fetch_sub(bytes, Relaxed);
    }

    #[cold]
    fn refusal(&self, asked: u64, used: u64) -> LimitExceeded {
        let mut top = self.account.consumers();
        top.truncate(TOP_CONSUMERS);
        LimitExceeded {
            consumer: self.consumer.name.clone(),
            asked,
            used,
            limit: self.account.limit.unwrap_or(u64::MAX),
            top,
        }
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.shrink(self.size);
    }
}

/// The limit does not hold what a consumer asked for. All figures are bytes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{consumer} asked for {}, but {} of the memory limit of {} are in use{}",
    Bytes(*asked), Bytes(*used), Bytes(*limit), Holders(top)
)]
pub struct LimitExceeded {
    /// Who asked.
    pub consumer: String,
    /// What was asked for beyond what the asking reservation already held.
    pub asked: u64,
    /// What all consumers together held at that moment.
    pub used: u64,
    /// The limit.
    pub limit: u64,
    /// The largest consumers, at most five, the largest first; read a moment later than `used`.
    pub top: Vec<(String, u64)>,
}

/// The consumers of an error in words.
struct Holders<'a>(&'a [(String, u64)]);

impl fmt::Display for Holders<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (name, size)) in self.0.iter().enumerate() {
            write!(f, "{}{name} {}", if index == 0 { ": " } else { ", " }, Bytes(*size))?;
        }
        Ok(())
    }
}

/// A size in the largest binary unit that leaves at least 1, with one decimal.
struct Bytes(u64);

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let units = [("GiB", 1_u64 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];
        match units.into_iter().find(|(_, unit)| self.0 >= *unit) {
            // Integers to the end: tenths, rounded down, so that a size never looks larger than a limit that it keeps.
            Some((name, unit)) => {
                let tenths = u128::from(self.0) * 10 / u128::from(unit);
                write!(f, "{}.{} {name}", tenths / 10, tenths % 10)
            }
            None => write!(f, "{} bytes", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn gives_back_on_drop_and_remembers_the_peak() {
        let budget = Budget::new(Some(100));
        let mut table = budget.reservation("group table");
        table.try_resize(60).unwrap();
        {
            let mut block = budget.clone().reservation("block");
            block.try_grow(40).unwrap();
            assert_eq!((budget.used(), budget.available()), (100, 0));
        }
        table.try_resize(10).unwrap();
        assert_eq!((table.size(), budget.used(), budget.peak()), (10, 10, 100));
        table.shrink(1000);
        assert_eq!((table.size(), budget.used()), (0, 0));
    }

    #[test]
    fn a_refusal_changes_nothing_and_names_the_holders() {
        let budget = Budget::new(Some(3 << 20));
        let mut first = budget.reservation("sort");
        let mut second = budget.reservation("sort");
        let mut third = budget.reservation("group table");
        first.try_grow(1 << 20).unwrap();
        second.try_grow(1 << 20).unwrap();
        third.try_grow(512 << 10).unwrap();
        let error = third.try_grow(600 << 10).unwrap_err();
        assert_eq!(
            error.to_string(),
            "group table asked for 600.0 KiB, but 2.5 MiB of the memory limit of 3.0 MiB are in use: \
             sort 2.0 MiB, group table 512.0 KiB"
        );
        assert_eq!((third.size(), budget.used()), (512 << 10, (2 << 20) + (512 << 10)));
        assert!(first.try_grow(u64::MAX).is_err(), "a sum past 64 bits is refused, not wrapped");
    }

    #[test]
    fn without_a_limit_it_only_counts() {
        let budget = Budget::new(None);
        let mut reservation = budget.reservation("rows");
        reservation.try_grow(1 << 60).unwrap();
        assert_eq!((budget.limit(), budget.used(), budget.available()), (None, 1 << 60, u64::MAX));
        assert!(reservation.try_grow(u64::MAX).is_err());
        assert_eq!(budget.consumers(), [("rows".to_owned(), 1 << 60)]);
    }

    #[test]
    fn no_moment_passes_the_limit_with_many_threads() {
        let limit = 1000;
        let budget = Budget::new(Some(limit));
        let refused = AtomicU64::new(0);
        std::thread::scope(|scope| {
            for thread in 1..=4_u64 {
                let (budget, refused) = (budget.clone(), &refused);
                scope.spawn(move || {
                    let mut reservation = budget.reservation("worker");
                    for step in 0..50_000_u64 {
                        if reservation.try_resize((step * thread * 37) % 611).is_err() {
                            refused.fetch_add(1, Relaxed);
                            reservation.shrink(u64::MAX);
                        }
                        assert!(budget.used() <= limit);
                    }
                });
            }
        });
        assert_eq!(budget.used(), 0);
        assert_eq!(budget.consumers(), []);
        assert!(budget.peak() <= limit);
        assert!(budget.peak() > limit / 2 || refused.into_inner() == 0);
    }

    #[test]
    fn exactly_the_limit_is_shared_out() {
        let budget = Budget::new(Some(10_000));
        let taken: u64 = std::thread::scope(|scope| {
            let workers: Vec<_> = (0..4)
                .map(|_| {
                    let mut reservation = budget.reservation("worker");
                    scope.spawn(move || {
                        while reservation.try_grow(1).is_ok() {}
                        reservation
                    })
                })
                .collect();
            let held: Vec<Reservation> = workers.into_iter().map(|worker| worker.join().unwrap()).collect();
            held.iter().map(Reservation::size).sum()
        });
        assert_eq!((taken, budget.peak(), budget.used()), (10_000, 10_000, 0));
    }

    proptest! {
        #[test]
        fn agrees_with_a_plain_sum(limit in 0_u64..2000, steps in prop::collection::vec((0_usize..3, 0_u64..900), 0..60)) {
            let budget = Budget::new(Some(limit));
            let mut reservations = ["a", "b", "a"].map(|name| budget.reservation(name));
            let mut model = [0_u64; 3];
            let mut peak = 0;
            for (index, size) in steps {
                let others: u64 = model.iter().sum::<u64>() - model[index];
                let fits = size <= model[index] || others + size <= limit;
                prop_assert_eq!(reservations[index].try_resize(size).is_ok(), fits);
                if fits {
                    model[index] = size;
                }
                peak = peak.max(model.iter().sum());
                prop_assert_eq!(budget.used(), model.iter().sum::<u64>());
                prop_assert_eq!(budget.peak(), peak);
            }
        }
    }
}
