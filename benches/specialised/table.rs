//! The measures of each station: open addressing by the first 16 bytes of its name. Never grows.

/// Slots, a power of two: more than three for each of the challenge's 10,000 names.
const SLOTS: usize = 1 << 15;

/// A station, or none where the count is 0. Temperatures in tenths of a degree.
#[derive(Clone, Copy)]
pub(crate) struct Station {
    /// The first 16 bytes of the name, zeros behind its end.
    head: [u64; 2],
    sum: i64,
    count: u32,
    pub(crate) least: i16,
    pub(crate) greatest: i16,
    /// Where the name stands among the names.
    begin: u32,
    length: u32,
}

pub(crate) struct Table {
    slots: Box<[Station]>,
    names: Vec<u8>,
}

impl Station {
    const NONE: Station =
        Station { head: [0; 2], sum: 0, count: 0, least: i16::MAX, greatest: i16::MIN, begin: 0, length: 0 };

    /// The double nearest to the exact mean: both numbers are below 2^53, and one division rounds correctly.
    #[allow(clippy::cast_precision_loss, reason = "at most 1000 tenths for each of 2^32 rows")]
    pub(crate) fn mean(&self) -> f64 {
        let mean = self.sum as f64 / (f64::from(self.count) * 10.0);
        if mean == 0.0 { 0.0 } else { mean }
    }
}

impl Table {
    pub(crate) fn new() -> Self {
        Table { slots: vec![Station::NONE; SLOTS].into(), names: Vec::new() }
    }

    #[inline(always)]
    pub(crate) fn add(&mut self, head: [u64; 2], name: &[u8], tenths: i16) {
        let station = self.station(head, name);
        station.sum += i64::from(tenths);
        station.count += 1;
        station.least = station.least.min(tenths);
        station.greatest = station.greatest.max(tenths);
    }

    pub(crate) fn merge(&mut self, other: &Table) {
        for (name, from) in other.stations() {
            let station = self.station(from.head, name);
            station.sum += from.sum;
            station.count += from.count;
            station.least = station.least.min(from.least);
            station.greatest = station.greatest.max(from.greatest);
        }
    }

    pub(crate) fn stations(&self) -> impl Iterator<Item = (&[u8], &Station)> {
        self.slots.iter().filter(|station| station.count > 0).map(|station| (self.name(station), station))
    }

    fn name(&self, station: &Station) -> &[u8] {
        &self.names[station.begin as usize..][..station.length as usize]
    }

    #[inline(always)]
    fn station(&mut self, head: [u64; 2], name: &[u8]) -> &mut Station {
        let mixed = (head[0] ^ head[1].rotate_left(23)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let at = (mixed >> (64 - SLOTS.ilog2())) as usize;
        // Up to 16 bytes the head is the name, and no name has the head of an empty slot.
        let found = name.len() <= 16 && self.slots[at % SLOTS].head == head;
        let at = if found { at } else { self.search(head, name, at) };
        &mut self.slots[at % SLOTS]
    }

    /// The slot of the name from `at` on, taken for it where it is new.
    #[cold]
    #[inline(never)]
    fn search(&mut self, head: [u64; 2], name: &[u8], mut at: usize) -> usize {
        loop {
            let station = &self.slots[at % SLOTS];
            if station.count == 0 {
                break;
            }
            if station.head == head && self.name(station) == name {
                return at;
            }
            at += 1;
        }
        let (begin, length) = (self.names.len() as u32, name.len() as u32);
        self.slots[at % SLOTS] = Station { head, begin, length, ..Station::NONE };
        self.names.extend_from_slice(name);
        at
    }
}
