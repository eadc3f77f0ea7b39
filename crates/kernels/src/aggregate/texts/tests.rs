//! The arena against a vector of strings.

use proptest::prelude::*;

use super::arena::Arena;
use crate::aggregate::NOWHERE;

#[derive(Debug, Clone)]
enum Step {
    Resize(usize),
    /// A group and its new text; groups are taken modulo those that there are.
    Set(usize, Option<String>),
}

fn text() -> impl Strategy<Value = Option<String>> {
    // Short ones lie in their slot, and long ones leave rooms of which most is of no use.
    let lengths = prop_oneof![0usize..20, 10usize..40, 200usize..1200];
    prop::option::weighted(0.8, (lengths, "[a-cä]").prop_map(|(length, one)| one.repeat(length)))
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        1 => (1usize..20).prop_map(Step::Resize),
        8 => (0usize..20, text()).prop_map(|(group, text)| Step::Set(group, text)),
    ];
    prop::collection::vec(step, 0..120)
}

/// An arena and its twin.
fn run(steps: &[Step]) -> (Arena, Vec<Option<String>>) {
    let (mut arena, mut twin) = (Arena::default(), Vec::<Option<String>>::new());
    for step in steps {
        match step {
            Step::Resize(groups) => {
                arena.resize(*groups);
                twin.resize(twin.len().max(*groups), None);
            }
            Step::Set(group, text) if !twin.is_empty() => {
                let group = group % twin.len();
                let text = text.as_ref().map(String::as_bytes);
                let (before, growth) = (arena.size(), arena.growth(1, text.map_or(0, <[u8]>::len)));
                arena.announce(1, text.map_or(0, <[u8]>::len));
                arena.set(group, text);
                assert!(arena.size() <= before + growth, "{before} and {growth}, not {}", arena.size());
                twin[group] = text.map(|text| String::from_utf8(text.to_vec()).unwrap());
            }
            Step::Set(..) => {}
        }
        check(&arena, &twin);
    }
    (arena, twin)
}

fn check(arena: &Arena, twin: &[Option<String>]) {
    let texts: Vec<_> = (0..twin.len()).map(|group| arena.get(group)).collect();
    let expected: Vec<_> = twin.iter().map(|text| text.as_ref().map(String::as_bytes)).collect();
    assert_eq!(texts, expected);
}

proptest! {
    #[test]
    fn as_a_vector_of_strings(steps in steps()) {
        run(&steps);
    }

    /// The greater text wins; groups of the other meet in one, and some are left out, or none.
    #[test]
    fn taking_texts_of_another(
        left in steps(), right in steps(), groups in 1usize..8, leaves_out in any::<bool>(), more in steps(),
    ) {
        let (mut arena, mut twin) = run(&left);
        let (mut other, others) = run(&right);
        arena.resize(groups);
        twin.resize(twin.len().max(groups), None);
        let place = |number: usize| match number % 5 {
            4 if leaves_out => NOWHERE,
            _ => u32::try_from(number * 7 % groups).unwrap(),
        };
        let mapping: Vec<u32> = (0..others.len()).map(place).collect();
        // Where its buffer is taken over, nothing is copied.
        let (before, growth) = (arena.size(), arena.growth(0, other.copied()).max(other.size()));
        arena.take(&mut other, &mapping, |_, _, text, kept| text > kept);
        prop_assert!(arena.size() <= before + growth);
        for (text, group) in others.iter().zip(&mapping).filter(|(_, group)| **group != NOWHERE) {
            let kept = &mut twin[*group as usize];
            *kept = text.clone().max(kept.take());
        }
        check(&arena, &twin);
        // It goes on as if it had been one from the beginning.
        for step in more {
            if let Step::Set(group, text) = step {
                let group = group % twin.len();
                arena.set(group, text.as_ref().map(String::as_bytes));
                twin[group] = text;
            }
        }
        check(&arena, &twin);
    }
}

/// However often texts are replaced by longer ones, little of the buffer is of no use.
#[test]
fn useless_bytes_are_bounded() {
    let mut arena = Arena::default();
    arena.resize(100);
    let text = "x".repeat(1000);
    for length in (20..1000).step_by(7) {
        for group in 0..100 {
            arena.announce(1, length);
            arena.set(group, Some(&text.as_bytes()[..length]));
        }
    }
    let held = 100 * (16 + 8 + 1000);
    assert!(arena.size() < held * 3 / 2, "{} for {held}", arena.size());
}

/// A short text in the place of a very long one lets go of its room.
#[test]
fn large_rooms_are_let_go() {
    let mut arena = Arena::default();
    arena.resize(50);
    let long = "l".repeat(1 << 20);
    for group in 0..50 {
        arena.announce(1, long.len());
        arena.set(group, Some(long.as_bytes()));
        arena.set(group, Some(&long.as_bytes()[..100]));
    }
    assert!(arena.size() < 4 << 20, "{}", arena.size());
}
