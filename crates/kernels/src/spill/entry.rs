//! How entries lie in a frame: what a key shares with the one before, the rest of it, the payload.

/// Adds an entry, given the key before it in the frame.
pub(super) fn put(frame: &mut Vec<u8>, before: &[u8], key: &[u8], payload: &[u8]) {
    let shared = before.iter().zip(key).take_while(|(left, right)| left == right).count();
    let rest = &key[shared..];
    for length in [shared, rest.len(), payload.len()] {
        put_number(frame, length);
    }
    frame.extend_from_slice(rest);
    frame.extend_from_slice(payload);
}

/// Takes the entry at `at`, which becomes the place behind it, given the key before, which becomes its own. Gives where its
/// payload lies. `None` where no entry was put there.
pub(super) fn take(frame: &[u8], at: &mut usize, key: &mut Vec<u8>) -> Option<std::ops::Range<usize>> {
    let shared = take_number(frame, at)?;
    let rest = take_number(frame, at)?;
    let payload = take_number(frame, at)?;
    if shared > key.len() {
        return None;
    }
    key.truncate(shared);
    key.extend_from_slice(frame.get(*at..at.checked_add(rest)?)?);
    let start = *at + rest;
    let end = start.checked_add(payload)?;
    frame.get(start..end)?;
    *at = end;
    Some(start..end)
}

/// Seven bits a byte, the lowest first; the highest bit says that more follow.
fn put_number(frame: &mut Vec<u8>, mut number: usize) {
    while number >= 0x80 {
        frame.push(number as u8 | 0x80);
        number >>= 7;
    }
    frame.push(number as u8);
}

fn take_number(frame: &[u8], at: &mut usize) -> Option<usize> {
    let mut number = 0usize;
    for shift in (0..usize::BITS).step_by(7) {
        let byte = *frame.get(*at)?;
        *at += 1;
        number |= usize::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_was_put_is_taken(
            entries in prop::collection::vec((prop::collection::vec(0u8..3, 0..300), prop::collection::vec(any::<u8>(), 0..300)), 0..40),
            cut in any::<prop::sample::Index>(),
        ) {
            let mut frame = Vec::new();
            let mut before: &[u8] = &[];
            for (key, payload) in &entries {
                put(&mut frame, before, key, payload);
                before = key;
            }
            let (mut at, mut key) = (0, Vec::new());
            for (expected, payload) in &entries {
                let place = take(&frame, &mut at, &mut key).unwrap();
                prop_assert_eq!((&key, &frame[place]), (expected, payload.as_slice()));
            }
            prop_assert_eq!(at, frame.len());
            // Cut short, it ends with no entry rather than with a panic.
            if !frame.is_empty() {
                frame.truncate(cut.index(frame.len()));
                let (mut at, mut key) = (0, Vec::new());
                while take(&frame, &mut at, &mut key).is_some() {}
            }
        }
    }
}
