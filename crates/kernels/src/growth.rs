//! How the vectors of a group table and of its states grow. It knows no table.

/// Up to this many elements, vectors double.
const DOUBLING: usize = 1 << 10;

/// Longer ones grow by one part of so many.
const PART: usize = 8;

/// Vectors of so many bytes have pages of their own.
pub(crate) const MOVED: usize = 128 << 10;

/// Makes room for `more` elements. A vector that is not tiny grows by an eighth instead of twofold: room to spare in
/// every table costs more than growing does, since a short one is soon copied, and the system moves the pages of a long one
/// without copying them.
#[inline]
pub(crate) fn reserve<T>(vector: &mut Vec<T>, more: usize) {
    if vector.capacity() - vector.len() < more {
        reserve_now(vector, more);
    }
}

/// Adds an element; gives its number.
#[inline]
#[allow(clippy::cast_possible_truncation, reason = "the table refuses more groups than ids")]
pub(crate) fn push<T>(vector: &mut Vec<T>, element: T) -> u32 {
    reserve(vector, 1);
    vector.push(element);
    vector.len() as u32 - 1
}

/// Makes a vector at least `length` long.
pub(crate) fn grow<T>(vector: &mut Vec<T>, length: usize, new: impl FnMut() -> T) {
    if length > vector.len() {
        reserve(vector, length - vector.len());
        vector.resize_with(length, new);
    }
}

/// Bytes that [`reserve`] takes for `more` elements, what is copied included while there is both.
pub(crate) fn bytes_for<T>(vector: &Vec<T>, more: usize) -> usize {
    let (length, capacity) = (vector.len(), vector.capacity());
    if capacity - length >= more {
        return 0;
    }
    let grown = match length < DOUBLING {
        true => (length + more).max(2 * capacity),
        false => length + more.max(length / PART),
    };
    // Larger ones are moved by the system, page by page.
    let copied = if capacity * size_of::<T>() < MOVED { capacity } else { 0 };
    (grown - capacity + copied) * size_of::<T>()
}

/// Elements by which a vector of this length grows when it needs `more`: for those that ask for their room themselves.
pub(crate) fn step(length: usize, more: usize) -> usize {
    more.max(if length < DOUBLING { length } else { length / PART })
}

#[cold]
fn reserve_now<T>(vector: &mut Vec<T>, more: usize) {
    let length = vector.len();
    match length < DOUBLING {
        true => vector.reserve(more),
        false => vector.reserve_exact(more.max(length / PART)),
    }
}
