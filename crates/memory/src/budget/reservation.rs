//! A reservation: bytes of a budget that one holder has, given back on drop.

use std::sync::Arc;

use super::counter::Refused;
use super::{Consumer, LimitExceeded};

/// Bytes that one holder has reserved; given back on drop. A change costs two or three atomic operations, as many again
/// for each consumer from the holder up to the top of the tree, and no lock.
#[derive(Debug)]
#[must_use = "a reservation that is dropped is given back at once"]
pub struct Reservation {
    consumer: Consumer,
    size: u64,
}

impl Reservation {
    pub(super) fn empty(consumer: Consumer) -> Self {
        Reservation { consumer, size: 0 }
    }

    /// Bytes reserved.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Who holds them.
    #[must_use]
    pub fn consumer(&self) -> &Consumer {
        &self.consumer
    }

    /// The consumer's name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.consumer.name()
    }

    /// Makes the reservation `size` bytes large. Shrinking always succeeds.
    ///
    /// # Errors
    /// [`LimitExceeded`] if the limit does not hold the growth; the reservation is then unchanged.
    pub fn try_resize(&mut self, size: u64) -> Result<(), LimitExceeded> {
        match size.checked_sub(self.size) {
            Some(growth) => self.try_grow(growth),
            None => {
                self.shrink(self.size - size);
                Ok(())
            }
        }
    }

    /// Reserves `bytes` more.
    ///
    /// # Errors
    /// [`LimitExceeded`] if the limit does not hold them; the reservation is then unchanged.
    pub fn try_grow(&mut self, bytes: u64) -> Result<(), LimitExceeded> {
        take(&self.consumer, bytes)?;
        self.size += bytes;
        Ok(())
    }

    /// Gives `bytes` back, or all that there is where that is less.
    pub fn shrink(&mut self, bytes: u64) {
        let bytes = bytes.min(self.size);
        if bytes > 0 {
            self.size -= bytes;
            self.consumer.pool.give_back(&self.consumer.node, bytes);
        }
    }

    /// Moves `bytes`, or all that there is where that is less, to a new reservation of the same consumer. Nothing is
    /// counted anew: not even the consumer sees it.
    pub fn split(&mut self, bytes: u64) -> Reservation {
        let bytes = bytes.min(self.size);
        self.size -= bytes;
        Reservation { consumer: self.consumer.clone(), size: bytes }
    }

    /// Moves all bytes to a new reservation of the same consumer, and leaves this one empty.
    pub fn take(&mut self) -> Reservation {
        self.split(u64::MAX)
    }

    /// Charges another consumer: who holds the memory pays for it. The total is the same at every moment, so within one
    /// budget this always succeeds. To a consumer of another budget the bytes are taken there before they are given back
    /// here.
    ///
    /// # Errors
    /// [`LimitExceeded`] if the other budget does not hold them; the reservation is then unchanged.
    pub fn move_to(&mut self, holder: &Consumer) -> Result<(), LimitExceeded> {
        let from = &self.consumer;
        if Arc::ptr_eq(&from.pool, &holder.pool) {
            from.pool.transfer(&from.node, &holder.node, self.size);
        } else {
            take(holder, self.size)?;
            from.pool.give_back(&from.node, self.size);
        }
        self.consumer = holder.clone();
        Ok(())
    }

    /// Whether the consumer is asked to spill; see [`Consumer::spill_requested`].
    #[must_use]
    pub fn spill_requested(&self) -> bool {
        self.consumer.spill_requested()
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.shrink(self.size);
    }
}

/// Takes `bytes` for a consumer, or says who has them.
fn take(consumer: &Consumer, bytes: u64) -> Result<(), LimitExceeded> {
    if bytes == 0 {
        return Ok(());
    }
    consumer.pool.take(&consumer.node, bytes).map_err(|refused| refusal(consumer, bytes, refused))
}

/// Who has the bytes that `consumer` asked for.
#[cold]
pub(super) fn refusal(consumer: &Consumer, asked: u64, refused: Refused) -> LimitExceeded {
    let (used, told) = match refused {
        Refused::Full { used } => (used, None),
        Refused::Told { used, growth } => (used, Some(growth)),
    };
    let (limit, top) = (consumer.pool.limit(), consumer.pool.largest());
    LimitExceeded { consumer: consumer.path(), asked, used, limit, told, top }
}
