//! An operator over the blocks of one worker, ticket by ticket.

use plimsoll_core::Result;
use plimsoll_kernels::Block;
use plimsoll_pipeline::{Place, PlaceOf, Ticketed, nowhere};

/// Gives what `apply` makes of each block of `base`, and of how many rows of it from the front, one at the least. Rows
/// before one that fails are given first, so that what comes out before an error does not depend on where blocks end.
pub(crate) struct Applied<I, F> {
    base: I,
    apply: F,
    place: PlaceOf<I>,
    /// Rows of a block, the first of which may fail.
    rest: Option<Ticketed>,
}

impl<I, F: FnMut(&Block, Place<'_>) -> Result<(usize, Block)>> Applied<I, F> {
    pub(crate) fn new(base: I, apply: F) -> Self {
        Applied { base, apply, place: nowhere, rest: None }
    }

    /// Tells `apply` where rows stand that expressions fail for; see [`PlaceOf`].
    pub(crate) fn with_place(mut self, place: PlaceOf<I>) -> Self {
        self.place = place;
        self
    }

    fn take(&mut self, item: Ticketed) -> Result<Ticketed> {
        let Some(block) = &item.block else { return Ok(item) };
        let mut rows = block.rows;
        loop {
            let place = |position, column| (self.place)(&self.base, position, column);
            match (self.apply)(&block.slice(0, rows), &place) {
                Ok((taken, given)) => {
                    let rest = block.rows - taken;
                    let last = item.last && rest == 0;
                    self.rest =
                        (rest > 0).then(|| Ticketed { block: Some(block.slice(taken, rest)), ..item });
                    let block = (given.rows > 0).then_some(given);
                    return Ok(Ticketed { ticket: item.ticket, last, block });
                }
                Err(error) if rows <= 1 => return Err(error),
                Err(_) => rows /= 2,
            }
        }
    }
}

impl<I, F> Iterator for Applied<I, F>
where
    I: Iterator<Item = Result<Ticketed>>,
    F: FnMut(&Block, Place<'_>) -> Result<(usize, Block)>,
{
    type Item = Result<Ticketed>;

    fn next(&mut self) -> Option<Result<Ticketed>> {
        let item = match self.rest.take() {
            Some(rest) => Ok(rest),
            None => self.base.next()?,
        };
        Some(item.and_then(|item| self.take(item)))
    }
}
