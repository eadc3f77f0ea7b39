//! Budgets as a program sees them: trees, refusals, requests, many threads.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use proptest::prelude::*;

use super::*;

fn holders(budget: &Budget) -> Vec<(String, u64, u64)> {
    budget.consumers().into_iter().map(|holder| (holder.path, holder.used, holder.peak)).collect()
}

#[test]
fn gives_back_on_drop_and_remembers_the_peak() {
    let budget = Budget::limited(100).unwrap();
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
fn every_level_counts_what_lies_below() {
    let budget = Budget::unlimited();
    let query = budget.consumer("query");
    let group = query.child("group");
    let mut first = group.child("thread 1").reservation();
    let mut second = group.child("thread 2").reservation();
    let mut scan = query.child("scan").reservation();
    first.try_grow(30).unwrap();
    second.try_grow(20).unwrap();
    scan.try_grow(5).unwrap();
    first.shrink(25);
    second.try_grow(1).unwrap();
    assert_eq!((group.used(), group.peak(), query.used(), query.peak()), (26, 50, 31, 55));
    assert_eq!(group.child("thread 1").path(), "query / group / thread 1");
    // A consumer made late stands with its siblings all the same.
    drop(group.child("thread 3"));
    let expected = [
        ("query", 31, 55),
        ("query / group", 26, 50),
        ("query / group / thread 1", 5, 30),
        ("query / group / thread 2", 21, 21),
        ("query / group / thread 3", 0, 0),
        ("query / scan", 5, 5),
    ];
    assert_eq!(holders(&budget), expected.map(|(path, used, peak)| (path.to_owned(), used, peak)));
}

#[test]
fn a_refusal_changes_nothing_and_names_the_holders() {
    let budget = Budget::limited(3 << 20).unwrap();
    let mut first = budget.reservation("sort");
    let mut second = budget.reservation("sort");
    let mut third = budget.reservation("group table");
    first.try_grow(1 << 20).unwrap();
    second.try_grow((1 << 20) + (128 << 10)).unwrap();
    second.shrink(128 << 10);
    third.try_grow(512 << 10).unwrap();
    let error = third.try_grow(600 << 10).unwrap_err();
    assert_eq!(
        error.to_string(),
        "group table asked for 600.0 KiB, but 2.5 MiB of the memory limit of 3.0 MiB are in use: \
         sort 2.0 MiB (peak 2.1 MiB), group table 512.0 KiB (peak 512.0 KiB)"
    );
    assert_eq!((third.size(), budget.used()), (512 << 10, (2 << 20) + (512 << 10)));
    assert!(first.try_grow(u64::MAX).is_err(), "a sum past 64 bits is refused, not wrapped");
}

#[test]
fn an_error_names_operators_and_not_their_threads() {
    let budget = Budget::limited(1000).unwrap();
    let query = budget.consumer("query");
    let mut own = query.reservation();
    own.try_grow(7).unwrap();
    let threads: Vec<Reservation> = (1..=8)
        .map(|number| {
            let mut thread = query.child("group").child(&format!("thread {number}")).reservation();
            thread.try_grow(100).unwrap();
            thread
        })
        .collect();
    let mut scan = query.child("scan").child("thread 1").reservation();
    scan.try_grow(150).unwrap();
    let refused = scan.try_grow(100).unwrap_err();
    assert_eq!((refused.consumer.as_str(), refused.used), ("query / scan / thread 1", 957));
    let named: Vec<(&str, u64)> = refused.top.iter().map(|top| (top.path.as_str(), top.used)).collect();
    assert_eq!(named, [("query / group", 800), ("query / scan", 150), ("query", 7)]);
    drop(threads);
}

#[test]
fn at_most_five_are_named() {
    let budget = Budget::limited(100).unwrap();
    let held: Vec<Reservation> = (1..=7)
        .map(|size| {
            let mut one = budget.reservation(&format!("operator {size}"));
            one.try_grow(size).unwrap();
            one
        })
        .collect();
    let refused = budget.reservation("last").try_grow(100).unwrap_err();
    assert_eq!(refused.top.len(), 5);
    assert_eq!((refused.top[0].used, refused.top[4].used), (7, 3));
    drop(held);
}

#[test]
fn limits_that_make_no_sense_are_refused() {
    assert_eq!(Budget::limited(0).unwrap_err(), BudgetError::ZeroLimit);
    for soft in [0.0, -0.5, 1.5, f64::NAN, f64::INFINITY].map(SoftLimit::Share) {
        let refused = Budget::limited(10).unwrap().with_soft_limit(soft).unwrap_err();
        assert_eq!(refused, BudgetError::SoftLimit, "{soft:?}");
    }
    for soft in [0, 11].map(SoftLimit::Bytes) {
        let refused = Budget::limited(10).unwrap().with_soft_limit(soft).unwrap_err();
        assert_eq!(refused, BudgetError::SoftLimit, "{soft:?}");
    }
    let share = Budget::unlimited().with_soft_limit(SoftLimit::Share(0.5));
    assert_eq!(share.unwrap_err(), BudgetError::ShareOfNothing);
    let half = Budget::limited(1000).unwrap().with_soft_limit(SoftLimit::Share(0.5)).unwrap();
    assert_eq!(half.soft_limit(), Some(500));
    assert_eq!(Budget::unlimited().soft_limit(), None);
}

#[test]
fn without_a_limit_it_only_counts() {
    let budget = Budget::unlimited();
    let mut reservation = budget.reservation("rows");
    reservation.try_grow(1 << 60).unwrap();
    assert_eq!((budget.limit(), budget.used(), budget.available()), (None, 1 << 60, u64::MAX));
    let refused = reservation.try_grow(u64::MAX).unwrap_err().to_string();
    assert!(refused.contains("no number holds the sum"), "{refused}");
    assert_eq!(holders(&budget), [("rows".to_owned(), 1 << 60, 1 << 60)]);
}

#[test]
fn splitting_and_taking_change_no_count() {
    let budget = Budget::limited(100).unwrap();
    let mut whole = budget.reservation("rows");
    whole.try_grow(80).unwrap();
    let part = whole.split(30);
    assert_eq!((whole.size(), part.size(), budget.used()), (50, 30, 80));
    let rest = whole.take();
    assert_eq!((whole.size(), rest.size(), whole.split(10).size()), (0, 50, 0));
    drop(part);
    assert_eq!(budget.used(), 50);
    whole.try_grow(50).unwrap();
    drop((whole, rest));
    assert_eq!(holders(&budget), [("rows".to_owned(), 0, 100)]);
}

#[test]
fn who_holds_the_memory_pays() {
    let budget = Budget::limited(100).unwrap();
    let query = budget.consumer("query");
    let (group, result) = (query.child("group"), query.child("result"));
    let mut table = group.child("thread 1").reservation();
    table.try_grow(90).unwrap();
    // Full as it is, and no moment counts the bytes twice.
    table.move_to(&group).unwrap();
    assert_eq!((group.child("thread 1").used(), group.used(), group.peak()), (0, 90, 90));
    table.move_to(&result).unwrap();
    assert_eq!((group.used(), result.used(), query.used(), query.peak()), (0, 90, 90, 90));
    assert_eq!((budget.used(), budget.peak()), (90, 90));
    assert_eq!(table.consumer().path(), "query / result");
    drop(table);
    assert_eq!((result.used(), result.peak(), budget.used()), (0, 90, 0));
}

#[test]
fn another_budget_may_refuse_to_pay() {
    let (here, there) = (Budget::limited(100).unwrap(), Budget::limited(50).unwrap());
    let mut reservation = here.reservation("rows");
    reservation.try_grow(60).unwrap();
    assert!(reservation.move_to(&there.consumer("rows")).is_err());
    assert_eq!((reservation.size(), here.used(), there.used()), (60, 60, 0));
    reservation.shrink(20);
    reservation.move_to(&there.consumer("rows")).unwrap();
    assert_eq!((reservation.size(), here.used(), there.used()), (40, 0, 40));
}

#[test]
fn the_growth_of_one_number_is_refused() {
    let budget = Budget::limited(100).unwrap().refusing(3);
    let mut reservation = budget.reservation("rows");
    reservation.try_resize(10).unwrap();
    reservation.try_grow(0).unwrap();
    reservation.try_resize(5).unwrap();
    reservation.try_resize(20).unwrap();
    let refused = reservation.try_grow(1).unwrap_err();
    assert_eq!((refused.told, reservation.size()), (Some(3), 20));
    assert_eq!(
        refused.to_string(),
        "rows asked for 1 bytes, but the budget was told to refuse growth number 3; 20 bytes are in use: \
         rows 20 bytes (peak 20 bytes)"
    );
    reservation.try_grow(1).unwrap();
    let limit = reservation.try_grow(100).unwrap_err();
    assert_eq!((limit.told, limit.limit), (None, Some(100)));
    let budget = budget.refusing(1).refusing(0);
    budget.reservation("others").try_grow(1).unwrap();
}

#[test]
fn parts_have_their_least_and_an_equal_share() {
    let whole = Budget::limited(100).unwrap();
    assert!(!whole.is_shared());
    let first = whole.part("queries", 5, 20).unwrap();
    assert!(whole.is_shared());
    assert_eq!((whole.used(), first.limit(), first.used(), first.available()), (25, Some(95), 0, 95));
    let mut alone = first.consumer("group").reservation();
    alone.try_grow(70).unwrap();
    assert_eq!((whole.used(), first.used(), first.available()), (75, 70, 25));
    // What is reserved stays reserved, but more than its share nobody gets any more.
    let second = whole.part("queries", 5, 20).unwrap();
    assert_eq!((whole.used(), first.available(), second.available()), (100, 0, 20));
    let refused = alone.try_grow(1).unwrap_err();
    assert_eq!((refused.limit, refused.used), (Some(95), 100));
    let others: Vec<_> = refused.top.iter().map(|top| (top.path.as_str(), top.used)).collect();
    assert_eq!(others, [("group", 70), ("other queries", 25)]);
    assert!(whole.part("queries", 0, 1).is_err());
    let mut least = second.consumer("sort").reservation();
    least.try_grow(20).unwrap();
    assert!(least.try_grow(1).is_err(), "the whole is full");
    alone.try_resize(30).unwrap();
    assert_eq!((whole.used(), first.available(), second.available()), (60, 15, 25));
    least.try_grow(25).unwrap();
    assert!(least.try_grow(1).is_err(), "half of 100 less 5");
    drop((least, second));
    assert_eq!((whole.used(), first.available()), (35, 65));
    drop((alone, first));
    assert_eq!((whole.used(), whole.is_shared()), (0, false));
}

#[test]
fn parts_keep_the_limit_with_many_threads() {
    let whole = Budget::limited(1000).unwrap();
    std::thread::scope(|scope| {
        for thread in 1..=4_u64 {
            let whole = &whole;
            scope.spawn(move || {
                for round in 0..50 {
                    let Ok(part) = whole.part("queries", 10, 50) else { continue };
                    let mut reservation = part.consumer("group").reservation();
                    for step in 0..200_u64 {
                        if reservation.try_resize(((step + round) * thread * 37) % 611).is_err() {
                            assert!(reservation.size() + 10 >= 50 || whole.used() <= 1000);
                            reservation.shrink(u64::MAX);
                            reservation.try_grow(50).unwrap();
                        }
                        assert!(whole.used() <= 1000 && part.used() <= 990);
                    }
                }
            });
        }
    });
    assert_eq!(whole.used(), 0);
}

/// A budget of 100 bytes of which 50 are soft, and three consumers that can spill but for the last.
fn soft() -> (Budget, [Consumer; 3]) {
    let budget = Budget::limited(100).unwrap().with_soft_limit(SoftLimit::Bytes(50)).unwrap();
    let consumers = ["sort", "group", "scan"].map(|name| budget.consumer("query").child(name));
    let [sort, group, scan] = consumers;
    (budget, [sort.spillable(), group.spillable(), scan])
}

fn asked(consumers: &[Consumer; 3]) -> [bool; 3] {
    consumers.each_ref().map(Consumer::spill_requested)
}

#[test]
fn the_largest_that_can_is_asked_and_answers() {
    let (_, consumers) = soft();
    let mut held = consumers.each_ref().map(Consumer::reservation);
    held[0].try_grow(20).unwrap();
    held[1].try_grow(10).unwrap();
    held[2].try_grow(20).unwrap();
    assert_eq!(asked(&consumers), [false; 3], "at the soft limit nobody is asked");
    held[2].try_grow(5).unwrap();
    assert_eq!(asked(&consumers), [true, false, false], "the scan is the largest and cannot spill");
    assert!(held[0].spill_requested());
    held[2].try_grow(10).unwrap();
    assert_eq!(asked(&consumers), [true, false, false], "one request at a time");
    held[0].shrink(18);
    consumers[0].spilled();
    assert_eq!(asked(&consumers), [false; 3], "47 bytes are in use");
    consumers[0].spilled();
    held[2].try_grow(8).unwrap();
    assert_eq!(asked(&consumers), [false, true, false], "now another is the largest");
}

#[test]
fn as_many_are_asked_as_make_up_for_it() {
    let (budget, consumers) = soft();
    let mut held = consumers.each_ref().map(Consumer::reservation);
    held[0].try_grow(10).unwrap();
    held[1].try_grow(20).unwrap();
    held[2].try_grow(45).unwrap();
    assert_eq!(asked(&consumers), [true, true, false], "25 bytes too many, 20 of them the group's");
    // Holding nothing is an answer too, also by a drop.
    let [sort, group, scan] = held;
    drop(group);
    assert_eq!(asked(&consumers), [true, false, false]);
    drop(sort);
    assert_eq!(asked(&consumers), [false; 3]);
    assert_eq!((budget.used(), scan.size()), (45, 45));
}

#[test]
fn an_answer_that_is_not_enough_is_followed_by_a_request() {
    let (_, consumers) = soft();
    let mut held = consumers.each_ref().map(Consumer::reservation);
    held[0].try_grow(30).unwrap();
    held[1].try_grow(29).unwrap();
    assert_eq!(asked(&consumers), [true, false, false]);
    held[0].shrink(3);
    consumers[0].spilled();
    assert_eq!(asked(&consumers), [false, true, false], "still 6 too many, and the group is larger now");
    held[1].move_to(&consumers[2]).unwrap();
    assert_eq!(asked(&consumers), [true, false, false], "what moved away cannot be spilled there");
}

#[test]
fn no_moment_passes_the_limit_with_many_threads() {
    let limit = 1000;
    let budget = Budget::limited(limit).unwrap().with_soft_limit(SoftLimit::Bytes(800)).unwrap();
    let query = budget.consumer("query");
    let (refused, answered) = (AtomicU64::new(0), AtomicU64::new(0));
    std::thread::scope(|scope| {
        for thread in 1..=4_u64 {
            let (budget, query, refused, answered) = (&budget, &query, &refused, &answered);
            scope.spawn(move || {
                let own = query.child(&format!("thread {thread}")).spillable();
                let mut reservation = own.reservation();
                for step in 0..20_000_u64 {
                    if reservation.try_resize((step * thread * 37) % 611).is_err() {
                        refused.fetch_add(1, Relaxed);
                        reservation.shrink(u64::MAX);
                    }
                    assert!(budget.used() <= limit && own.used() <= limit);
                    if step % 7 == thread {
                        let part = reservation.split(reservation.size() / 2);
                        reservation.move_to(query).unwrap();
                        drop(part);
                        reservation.move_to(&own).unwrap();
                    }
                    if reservation.spill_requested() {
                        reservation.shrink(u64::MAX);
                        own.spilled();
                        answered.fetch_add(1, Relaxed);
                    }
                }
            });
        }
    });
    assert_eq!((budget.used(), query.used()), (0, 0));
    assert!(budget.consumers().iter().all(|holder| holder.used == 0 && holder.peak <= limit));
    assert!(budget.peak() <= limit && budget.peak() > limit / 2);
    assert!(budget.peak() < 800 || answered.into_inner() + refused.into_inner() > 0);
}

#[test]
fn exactly_the_limit_is_shared_out() {
    let budget = Budget::limited(10_000).unwrap();
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
    fn agrees_with_plain_sums(
        limit in 1_u64..2000,
        steps in prop::collection::vec((0_usize..3, 0_u64..900, 0_usize..4), 0..60),
    ) {
        let budget = Budget::limited(limit).unwrap();
        let paths = ["a", "a / b", "c"];
        let consumers = [budget.consumer("a"), budget.consumer("a").child("b"), budget.consumer("c")];
        let mut held = [0, 1, 2].map(|at: usize| consumers[at].reservation());
        // For each reservation: its size and the place of its consumer.
        let mut model = [(0_u64, 0_usize), (0, 1), (0, 2)];
        let mut peaks = [0; 4];
        for (index, size, action) in steps {
            if let Some(place) = action.checked_sub(1) {
                held[index].move_to(&consumers[place]).unwrap();
                model[index].1 = place;
            } else {
                let others: u64 = model.iter().map(|(size, _)| size).sum::<u64>() - model[index].0;
                let fits = size <= model[index].0 || others + size <= limit;
                prop_assert_eq!(held[index].try_resize(size).is_ok(), fits);
                if fits {
                    model[index].0 = size;
                }
            }
            let at = |place: usize| model.iter().filter(|one| one.1 == place).map(|one| one.0).sum::<u64>();
            let used = [at(0) + at(1), at(1), at(2), at(0) + at(1) + at(2)];
            for (peak, used) in peaks.iter_mut().zip(used) {
                *peak = used.max(*peak);
            }
            prop_assert_eq!((budget.used(), budget.peak()), (used[3], peaks[3]));
            let expected: Vec<_> = (0..3).map(|at| (paths[at].to_owned(), used[at], peaks[at])).collect();
            prop_assert_eq!(holders(&budget), expected);
        }
    }
}
