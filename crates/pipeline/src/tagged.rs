//! Whose memory it is: everything that a pull allocates is put down to a tag, where allocations are traced.

use plimsoll_memory::Tag;

/// Gives the items of `base`, each pulled under `tag`. An operator below with a tag of its own keeps that.
#[derive(Debug)]
#[must_use = "pipelines are lazy: nothing happens before the first pull"]
pub struct Tagged<I> {
    base: I,
    tag: &'static Tag,
}

impl<I> Tagged<I> {
    /// Over `base`, an iterator of whatever.
    pub fn new(base: I, tag: &'static Tag) -> Self {
        Tagged { base, tag }
    }

    /// What is pulled.
    pub fn base(&self) -> &I {
        &self.base
    }
}

impl<I: Iterator> Iterator for Tagged<I> {
    type Item = I::Item;

    fn next(&mut self) -> Option<I::Item> {
        let _tag = self.tag.enter();
        self.base.next()
    }
}
