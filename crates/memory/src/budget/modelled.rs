//! The counting under every interleaving of two threads, over loom's atomics instead of the standard library's.
//! (Loom: Norris and Demsky, "CDSChecker", OOPSLA 2013.) Small on purpose: each model is explored to its end.

mod sync {
    pub(super) use loom::sync::atomic::{AtomicBool, AtomicU64, Ordering};
}

#[path = "counter.rs"]
#[allow(
    dead_code,
    clippy::duplicate_mod,
    reason = "compiled twice on purpose; the models do not need all of it"
)]
mod counter;

use std::sync::Arc;

use loom::sync::Mutex;
use loom::thread;

use self::counter::{Refused, Share, Total};

/// A query of two operators, as a pool has it.
struct Tree {
    total: Total,
    query: Share,
    left: Share,
    right: Share,
    asking: Mutex<()>,
}

impl Tree {
    fn new(limit: u64, soft: u64) -> Arc<Self> {
        let total = Total::new(limit);
        total.set_soft(soft);
        let (query, left, right) = (Share::new(), Share::new(), Share::new());
        Arc::new(Tree { total, query, left, right, asking: Mutex::new(()) })
    }

    fn grow(&self, share: &Share, bytes: u64) -> Result<(), Refused> {
        if self.total.grow([share, &self.query].into_iter(), bytes, (0, 0))? {
            self.ask();
        }
        Ok(())
    }

    fn shrink(&self, share: &Share, bytes: u64) {
        if self.total.shrink([share, &self.query].into_iter(), bytes) {
            self.ask();
        }
    }

    fn spilled(&self, share: &Share) {
        if self.total.answer(share) {
            self.ask();
        }
    }

    fn ask(&self) {
        if self.total.wants_spill() {
            let _one_at_a_time = self.asking.lock().unwrap();
            self.total.ask([&self.query, &self.left, &self.right].into_iter());
        }
    }

    /// Used and peak of the total, the query and the operators.
    fn figures(&self) -> [(u64, u64); 4] {
        [self.total.gauge(), self.query.gauge(), self.left.gauge(), self.right.gauge()]
            .map(|gauge| (gauge.used(), gauge.peak()))
    }

    /// At rest, a request stands where one has to, and only there.
    fn check_requests(&self) {
        let asked = [&self.left, &self.right].map(Share::is_asked);
        let standing = asked.iter().filter(|asked| **asked).count() as u64;
        assert_eq!(self.total.pending(), standing);
        for (share, asked) in [(&self.left, asked[0]), (&self.right, asked[1])] {
            assert!(!asked || share.gauge().used() > 0, "a consumer that has nothing is asked");
        }
        assert!(!self.total.wants_spill() || self.figures()[2].0 == 0, "a request is lost");
    }
}

#[test]
fn no_sum_passes_the_limit_and_all_comes_back() {
    loom::model(|| {
        let tree = Tree::new(10, u64::MAX);
        let work = |tree: &Tree, share: fn(&Tree) -> &Share| {
            let share = share(tree);
            if tree.grow(share, 6).is_ok() {
                assert!(tree.figures().iter().all(|(used, peak)| *used <= 10 && *peak <= 10));
                tree.shrink(share, 6);
            }
        };
        let other = Arc::clone(&tree);
        let thread = thread::spawn(move || work(&other, |tree| &tree.left));
        work(&tree, |tree| &tree.right);
        thread.join().unwrap();
        let figures = tree.figures();
        assert_eq!(figures.map(|(used, _)| used), [0; 4]);
        // The limit holds one of the two at a time, so that no peak can be the sum of both.
        assert_eq!(figures[0].1, 6);
        assert_eq!(figures[1].1, 6);
    });
}

#[test]
fn the_last_bytes_go_to_one_of_two() {
    loom::model(|| {
        let tree = Tree::new(10, u64::MAX);
        let other = Arc::clone(&tree);
        let thread = thread::spawn(move || other.grow(&other.left, 7).is_ok());
        let here = tree.grow(&tree.right, 7).is_ok();
        let there = thread.join().unwrap();
        assert!(here != there, "one, not both or none");
        assert_eq!(tree.figures()[0], (7, 7));
    });
}

#[test]
fn bytes_that_change_hands_are_counted_once() {
    loom::model(|| {
        let tree = Tree::new(10, u64::MAX);
        tree.grow(&tree.left, 8).unwrap();
        let other = Arc::clone(&tree);
        let thread = thread::spawn(move || {
            // Part of it goes to the other operator and is given back there. The query is above both.
            other.total.transfer([&other.left].into_iter(), [&other.right].into_iter(), 3);
            other.shrink(&other.right, 3);
        });
        let more = tree.grow(&tree.left, 4).is_ok();
        thread.join().unwrap();
        let left = if more { 9 } else { 5 };
        assert_eq!(tree.figures().map(|(used, _)| used), [left, left, left, 0]);
        assert!(tree.figures().iter().all(|(_, peak)| *peak <= 10));
    });
}

#[test]
fn a_request_meets_one_who_answers() {
    loom::model(|| {
        let tree = Tree::new(20, 10);
        tree.total.set_spillable(&tree.left, true);
        tree.grow(&tree.left, 8).unwrap();
        let other = Arc::clone(&tree);
        let thread = thread::spawn(move || {
            if other.left.is_asked() {
                other.shrink(&other.left, 5);
                other.spilled(&other.left);
            }
        });
        tree.grow(&tree.right, 6).unwrap();
        thread.join().unwrap();
        tree.check_requests();
    });
}

#[test]
fn an_answer_meets_a_growth_that_passes_the_limit_anew() {
    loom::model(|| {
        let tree = Tree::new(20, 10);
        tree.total.set_spillable(&tree.left, true);
        tree.grow(&tree.left, 8).unwrap();
        tree.grow(&tree.right, 4).unwrap();
        let other = Arc::clone(&tree);
        let thread = thread::spawn(move || {
            other.shrink(&other.left, 5);
            other.spilled(&other.left);
        });
        tree.grow(&tree.right, 6).unwrap();
        thread.join().unwrap();
        tree.check_requests();
    });
}

#[test]
fn an_answer_that_gives_nothing_back_is_asked_again() {
    loom::model(|| {
        let tree = Tree::new(20, 10);
        tree.total.set_spillable(&tree.left, true);
        tree.grow(&tree.left, 8).unwrap();
        tree.grow(&tree.right, 4).unwrap();
        assert!(tree.left.is_asked());
        let other = Arc::clone(&tree);
        let thread = thread::spawn(move || other.spilled(&other.left));
        tree.grow(&tree.right, 4).unwrap();
        thread.join().unwrap();
        tree.check_requests();
        assert!(tree.left.is_asked());
    });
}

#[test]
fn a_consumer_that_empties_is_not_left_asked() {
    loom::model(|| {
        let tree = Tree::new(20, 10);
        tree.total.set_spillable(&tree.left, true);
        tree.grow(&tree.left, 8).unwrap();
        let other = Arc::clone(&tree);
        let thread = thread::spawn(move || other.shrink(&other.left, 8));
        tree.grow(&tree.right, 6).unwrap();
        thread.join().unwrap();
        tree.check_requests();
        assert!(!tree.left.is_asked());
    });
}
