//! Deep sizes of Arrow's buffers, arrays, schemas and record batches (feature `arrow`).
//!
//! Arrow's own `get_array_memory_size` counts a buffer once for each array that has a part of it: of a thousand slices of
//! one array it says a thousand times the array. Here a buffer is known by the address where its allocation begins, so
//! it counts once, however many arrays have parts of it and whichever of them is visited first.
//!
//! What cannot be seen from outside of Arrow, and is taken to be so:
//! - Memory that came over the C interface or from `bytes::Bytes` is counted by its length; the block that knows how to
//!   free it is not, and whether it came from this program's allocator is unknown.
//! - The vectors of columns in struct arrays and record batches have no spare capacity. (A struct array that Arrow made
//!   from `ArrayData`, as the builder of maps does, has some: 120 bytes a child.)
//! - The names of fields have no spare capacity either.
//! - `Fields` do not tell how many owners they have: they count as shared once they are met twice.

mod array;
mod buffer;
mod schema;
