//! The k-way merge of sorted runs, by a binary heap of their next keys.

use plimsoll_core::Result;

use super::run::RunReader;

/// The entries of some runs in order; of equal keys, those of earlier runs first.
#[derive(Debug)]
pub struct Merge {
    readers: Vec<RunReader>,
    /// The least on top.
    heap: Vec<Next>,
    started: bool,
}

/// The next entry of a reader.
#[derive(Debug, Clone, Copy)]
struct Next {
    /// The first bytes of the key, in whose order keys are: mostly they tell.
    head: u64,
    reader: usize,
}

impl Next {
    fn of(readers: &[RunReader], reader: usize) -> Self {
        Next { head: head(readers[reader].key()), reader }
    }

    fn is_before(self, other: Next, readers: &[RunReader]) -> bool {
        if self.head != other.head {
            return self.head < other.head;
        }
        let keys = readers[self.reader].key().cmp(readers[other.reader].key());
        keys.then(self.reader.cmp(&other.reader)).is_lt()
    }
}

/// The first eight bytes of a key as a number, in whose order keys are as far as it tells.
#[must_use]
pub fn head(key: &[u8]) -> u64 {
    let mut head = [0; 8];
    let length = key.len().min(8);
    head[..length].copy_from_slice(&key[..length]);
    u64::from_be_bytes(head)
}

impl Merge {
    pub(super) fn new(mut readers: Vec<RunReader>) -> Result<Self> {
        let mut heap = Vec::with_capacity(readers.len());
        for reader in 0..readers.len() {
            if readers[reader].advance()? {
                heap.push(Next::of(&readers, reader));
            }
        }
        let mut merge = Merge { readers, heap, started: false };
        for place in (0..merge.heap.len() / 2).rev() {
            merge.sink(place);
        }
        Ok(merge)
    }

    /// Goes to the next entry, the first one at first; `false` after the last.
    ///
    /// # Errors
    /// `Io`.
    pub fn advance(&mut self) -> Result<bool> {
        if self.started
            && let Some(top) = self.heap.first().copied()
        {
            if self.readers[top.reader].advance()? {
                self.heap[0] = Next::of(&self.readers, top.reader);
            } else {
                self.heap.swap_remove(0);
            }
            self.sink(0);
        }
        self.started = true;
        Ok(!self.heap.is_empty())
    }

    /// The key of the entry. There must be one.
    #[must_use]
    pub fn key(&self) -> &[u8] {
        self.top().key()
    }

    /// The payload of the entry. There must be one.
    #[must_use]
    pub fn payload(&self) -> &[u8] {
        self.top().payload()
    }

    fn top(&self) -> &RunReader {
        &self.readers[self.heap[0].reader]
    }

    /// Lets the entry at `place` sink until none below it comes before it.
    fn sink(&mut self, mut place: usize) {
        loop {
            let below = 2 * place + 1;
            let Some(left) = self.heap.get(below).copied() else { return };
            let least = match self.heap.get(below + 1) {
                Some(right) if right.is_before(left, &self.readers) => below + 1,
                _ => below,
            };
            if !self.heap[least].is_before(self.heap[place], &self.readers) {
                return;
            }
            self.heap.swap(least, place);
            place = least;
        }
    }
}

#[cfg(test)]
mod tests {
    use plimsoll_core::ErrorKind;
    use proptest::prelude::*;

    use super::super::{Fault, Runs, Space};
    use super::*;

    type Entry = (Vec<u8>, Vec<u8>);

    fn write(runs: &mut Runs, mut entries: Vec<Entry>) -> Result<()> {
        entries.sort_by(|left, right| left.0.cmp(&right.0));
        let mut writer = runs.writer();
        entries.iter().try_for_each(|(key, payload)| writer.push(key, payload))?;
        writer.finish()
    }

    fn read(mut merge: Merge) -> Result<Vec<Entry>> {
        let mut entries = Vec::new();
        while merge.advance()? {
            entries.push((merge.key().to_vec(), merge.payload().to_vec()));
        }
        assert!(!merge.advance()?, "what has ended stays ended");
        Ok(entries)
    }

    proptest! {
        #[test]
        fn as_a_stable_sort_of_all(
            runs in prop::collection::vec(
                prop::collection::vec((prop::collection::vec(0u8..3, 0..12), prop::collection::vec(any::<u8>(), 0..9)), 0..50),
                0..20,
            ),
            fan_in in 0usize..6,
        ) {
            let directory = tempfile::tempdir().unwrap();
            let space = Space::new(directory.path(), None);
            let mut written = Runs::new(&space).unwrap();
            runs.iter().for_each(|run| write(&mut written, run.clone()).unwrap());
            prop_assert_eq!(written.len(), runs.iter().filter(|run| !run.is_empty()).count());
            let mut expected = runs.concat();
            expected.sort_by(|left, right| left.0.cmp(&right.0));
            prop_assert_eq!(read(written.merge(fan_in).unwrap()).unwrap(), expected);
            prop_assert_eq!(directory.path().read_dir().unwrap().count(), 0);
        }
    }

    #[test]
    fn passes_and_bytes_count_for_a_child_and_the_whole() {
        let directory = tempfile::tempdir().unwrap();
        let space = Space::new(directory.path(), None);
        let [mut written, mut passes] = [0, 0];
        for (runs, fan_in, expected) in
            [(0, 2, 0), (1, 2, 1), (2, 2, 1), (3, 2, 2), (4, 2, 2), (9, 8, 2), (9, 2, 4)]
        {
            let child = space.child();
            let mut all = Runs::new(&child).unwrap();
            (0..runs).for_each(|_| write(&mut all, vec![(vec![7; 100], Vec::new())]).unwrap());
            assert_eq!(child.passes(), 0, "nothing is merged yet");
            assert_eq!(read(all.merge(fan_in).unwrap()).unwrap().len(), runs);
            assert_eq!((child.passes(), child.written() > 0), (expected, runs > 0), "{runs} {fan_in}");
            written += child.written();
            passes = expected.max(passes);
            assert_eq!((space.written(), space.passes()), (written, passes));
        }
    }

    #[test]
    fn entries_of_any_size() {
        let directory = tempfile::tempdir().unwrap();
        let mut runs = Runs::new(&Space::new(directory.path(), None)).unwrap();
        let long: Vec<Entry> = (0..20).map(|n| (vec![n; 50_000], vec![n; 3_000 * n as usize])).collect();
        let many: Vec<Entry> = (0..100_000u32).map(|n| (n.to_be_bytes().to_vec(), Vec::new())).collect();
        write(&mut runs, long.clone()).unwrap();
        write(&mut runs, many.clone()).unwrap();
        let mut expected = [long, many].concat();
        expected.sort_by(|left, right| left.0.cmp(&right.0));
        assert_eq!(read(runs.merge(8).unwrap()).unwrap(), expected);
    }

    #[test]
    fn a_space_that_is_full_says_so() {
        let directory = tempfile::tempdir().unwrap();
        let entries: Vec<Entry> =
            (0..9_000u32).map(|n| (n.to_be_bytes().repeat(9), vec![n as u8; 9])).collect();
        let space = Space::new(directory.path(), Some(50_000));
        let mut runs = Runs::new(&space).unwrap();
        let error = write(&mut runs, entries.clone()).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::MemoryLimit { .. }), "{error}");
        drop(runs);
        // What was given back can be used again.
        let mut runs = Runs::new(&space).unwrap();
        write(&mut runs, entries[..100].to_vec()).unwrap();
        assert_eq!(read(runs.merge(2).unwrap()).unwrap().len(), 100);

        let failing = Space::new(directory.path(), None).failing(Fault::Full, 3);
        let mut runs = Runs::new(&failing).unwrap();
        let error = write(&mut runs, entries).unwrap_err();
        assert!(
            matches!(error.kind(), ErrorKind::Io { .. }) && error.to_string().contains("no room"),
            "{error}"
        );
        let missing = Space::new(directory.path().join("missing"), None);
        assert!(Runs::new(&missing).is_err_and(|error| error.to_string().contains("missing")));
    }
}
