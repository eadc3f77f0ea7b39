//! Where allocations come from: each distinct pair of a stack and a tag is a site with counters of its own. Sites are
//! found by hash, added without a lock, and stay for the life of the process; their counters start anew with each session.
#![allow(unsafe_code, reason = "sites lie in reserved address space, reached through pointers")]

use std::ptr;
use std::sync::atomic::{AtomicPtr, AtomicU32, AtomicU64, AtomicUsize, Ordering, Ordering::Relaxed};

use super::region;

/// Sites at most; what comes from more goes to the first site, which has no stack.
pub(super) const MOST_SITES: usize = 1 << SITE_BITS;
pub(super) const SITE_BITS: u32 = 20;
const MOST_WORDS: usize = 1 << 25;
const BUCKETS: usize = 1 << 16;

static TABLE: [AtomicU32; BUCKETS] = [const { AtomicU32::new(0) }; BUCKETS];
static SITES: AtomicPtr<Site> = AtomicPtr::new(ptr::null_mut());
static WORDS: AtomicPtr<AtomicUsize> = AtomicPtr::new(ptr::null_mut());
/// Sites handed out; number 0 is never used, number 1 is the site without a stack.
static USED: AtomicUsize = AtomicUsize::new(2);
static USED_WORDS: AtomicUsize = AtomicUsize::new(0);

/// A site's number, from 1.
pub(super) type SiteNumber = u32;
/// The site of all allocations for which there was no room.
pub(super) const OVERFLOW: SiteNumber = 1;

/// One stack under one tag. All zero is a valid site.
#[repr(C, align(128))]
pub(super) struct Site {
    pub(super) total: Counter,
    pub(super) freed: Counter,
    pub(super) temporary: Counter,
    /// What was live when the traced bytes were at the peak of `peak_epoch`.
    pub(super) at_peak: Counter,
    pub(super) peak_epoch: AtomicU64,
    hash: AtomicU64,
    first_word: AtomicU32,
    length: AtomicU32,
    tag: AtomicU32,
    /// The next site of the same bucket.
    next: AtomicU32,
}

/// Bytes and blocks; in a sampled session the blocks are in units of 1/1024.
#[derive(Default)]
pub(super) struct Counter {
    pub(super) bytes: AtomicU64,
    pub(super) count: AtomicU64,
}

impl Counter {
    #[inline]
    pub(super) fn add(&self, (bytes, count): (u64, u64)) {
        self.bytes.fetch_add(bytes, Relaxed);
        self.count.fetch_add(count, Relaxed);
    }

    pub(super) fn get(&self) -> (u64, u64) {
        (self.bytes.load(Relaxed), self.count.load(Relaxed))
    }

    fn set(&self, (bytes, count): (u64, u64)) {
        self.bytes.store(bytes, Relaxed);
        self.count.store(count, Relaxed);
    }
}

impl Site {
    /// What is live. What was freed is read first, so that the difference is never below zero.
    pub(super) fn live(&self) -> (u64, u64) {
        let freed = self.freed.get();
        let total = self.total.get();
        (total.0.saturating_sub(freed.0), total.1.saturating_sub(freed.1))
    }

    /// Keeps what is live, before it changes, where that is what was live at the peak of `epoch`.
    #[inline]
    pub(super) fn keep(&self, epoch: u64) {
        if self.peak_epoch.load(Relaxed) != epoch && self.peak_epoch.swap(epoch, Relaxed) != epoch {
            self.at_peak.set(self.live());
        }
    }

    pub(super) fn tag(&self) -> u32 {
        self.tag.load(Relaxed)
    }

    /// The stack's return addresses, the innermost first.
    pub(super) fn stack(&self) -> Vec<usize> {
        let (first, length) = (self.first_word.load(Relaxed) as usize, self.length.load(Relaxed) as usize);
        words(first, length).iter().map(|word| word.load(Relaxed)).collect()
    }

    fn is(&self, hash: u64, stack: &[usize], tag: u32) -> bool {
        self.hash.load(Relaxed) == hash
            && self.tag.load(Relaxed) == tag
            && self.length.load(Relaxed) as usize == stack.len()
            && words(self.first_word.load(Relaxed) as usize, stack.len())
                .iter()
                .zip(stack)
                .all(|(word, address)| word.load(Relaxed) == *address)
    }
}

/// Reserves the table. Gives false where the system has no address space for it.
pub(super) fn prepare() -> bool {
    fn reserved<T>(place: &AtomicPtr<T>, count: usize) -> bool {
        if !place.load(Ordering::Acquire).is_null() {
            return true;
        }
        let Some(region) = region::reserve(count * size_of::<T>()) else { return false };
        place.store(region.as_ptr().cast(), Ordering::Release);
        true
    }
    reserved(&SITES, MOST_SITES) && reserved(&WORDS, MOST_WORDS)
}

/// Sets all counters to zero. Nobody may be counting at the time.
pub(super) fn reset() {
    for site in all() {
        for counter in [&site.total, &site.freed, &site.temporary, &site.at_peak] {
            counter.set((0, 0));
        }
        site.peak_epoch.store(0, Relaxed);
    }
}

/// The site of a number that [`find`] gave.
#[inline]
pub(super) fn site(number: SiteNumber) -> &'static Site {
    let index = number as usize & (MOST_SITES - 1);
    // SAFETY: `prepare` has reserved `MOST_SITES` zeroed sites before anybody had a number, and never frees them.
    unsafe { &*SITES.load(Relaxed).add(index) }
}

/// All sites, in the order in which they were found.
pub(super) fn all() -> impl Iterator<Item = &'static Site> {
    let ready = !SITES.load(Ordering::Acquire).is_null();
    let used = if ready { USED.load(Ordering::Acquire).min(MOST_SITES) } else { 1 };
    (1..used).map(|number| site(number as SiteNumber))
}

/// Resident bytes of the table, to the page.
pub(super) fn resident() -> u64 {
    const PAGE: usize = 4096;
    let pages = |used: usize, size: usize| (used * size).next_multiple_of(PAGE);
    let sites = pages(USED.load(Relaxed).min(MOST_SITES), size_of::<Site>());
    let stacks = pages(USED_WORDS.load(Relaxed).min(MOST_WORDS), size_of::<usize>());
    let table = pages(BUCKETS.min(USED.load(Relaxed) * PAGE / 4), size_of::<AtomicU32>());
    (sites + stacks + table) as u64
}

/// The site of a stack (return addresses, the innermost first) under a tag, made where it is new.
#[inline]
pub(super) fn find(stack: &[usize], tag: u32) -> SiteNumber {
    let hash = hash(stack, tag);
    let bucket = &TABLE[(hash >> 48) as usize & (BUCKETS - 1)];
    let head = bucket.load(Ordering::Acquire);
    search(head, 0, hash, stack, tag).unwrap_or_else(|| insert(bucket, head, hash, stack, tag))
}

/// Looks from `from` on up to `until` in a bucket's chain.
#[inline]
fn search(from: u32, until: u32, hash: u64, stack: &[usize], tag: u32) -> Option<SiteNumber> {
    let mut number = from;
    while number != until && number != 0 {
        let site = site(number);
        if site.is(hash, stack, tag) {
            return Some(number);
        }
        number = site.next.load(Relaxed);
    }
    None
}

#[cold]
fn insert(bucket: &AtomicU32, mut head: u32, hash: u64, stack: &[usize], tag: u32) -> SiteNumber {
    let first = USED_WORDS.fetch_add(stack.len(), Relaxed);
    if first + stack.len() > MOST_WORDS {
        return OVERFLOW;
    }
    let number = USED.fetch_add(1, Relaxed);
    if number >= MOST_SITES {
        return OVERFLOW;
    }
    for (word, address) in words(first, stack.len()).iter().zip(stack) {
        word.store(*address, Relaxed);
    }
    let number = number as SiteNumber;
    let new = site(number);
    new.hash.store(hash, Relaxed);
    new.first_word.store(first as u32, Relaxed);
    new.length.store(stack.len() as u32, Relaxed);
    new.tag.store(tag, Relaxed);
    loop {
        new.next.store(head, Relaxed);
        match bucket.compare_exchange(head, number, Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) => return number,
            Err(other) => {
                // Another thread was faster, perhaps with the same stack: then ours stays empty.
                if let Some(found) = search(other, head, hash, stack, tag) {
                    return found;
                }
                head = other;
            }
        }
    }
}

fn words(first: usize, length: usize) -> &'static [AtomicUsize] {
    if length == 0 {
        return &[];
    }
    // SAFETY: `prepare` has reserved `MOST_WORDS` zeroed words, and `insert` has handed out this range of them.
    unsafe { std::slice::from_raw_parts(WORDS.load(Relaxed).add(first), length) }
}

/// Multiply and fold, as FxHash and wyhash do: each address moves all bits above it, and the last fold brings them down.
#[inline]
fn hash(stack: &[usize], tag: u32) -> u64 {
    const ODD: u64 = 0x9e37_79b9_7f4a_7c15;
    let mixed = stack.iter().fold(u64::from(tag) ^ ODD, |hash, address| {
        (hash.rotate_left(23) ^ *address as u64).wrapping_mul(ODD)
    });
    (mixed ^ (mixed >> 32)).wrapping_mul(ODD)
}
