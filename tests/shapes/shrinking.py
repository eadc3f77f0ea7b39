"""A shape that breaks made as small as it may be while it still does."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace

from drawing import CHOICES, SMALL, Shape

# Tries and seconds for one shape.
TRIES, SECONDS = 80, 60


def shrunk(shape: Shape, breaks: Callable[[Shape], bool], tries: int = TRIES, seconds: float = SECONDS) -> Shape:
    """Takes each smaller shape that still breaks, until none of them does."""
    deadline, is_smaller = time.monotonic() + seconds, True
    while is_smaller:
        is_smaller = False
        for step in steps(shape):
            while (smaller := step(shape)) != shape and tries > 0 and time.monotonic() < deadline:
                tries -= 1
                if not breaks(smaller):
                    break
                shape, is_smaller = smaller, True
    return shape


def steps(shape: Shape) -> Iterator[Callable[[Shape], Shape]]:
    """The ways to make a shape smaller, each of which leaves it as it is where there is nothing to be gained."""
    for name, (_, all_) in CHOICES.items():
        yield lambda one, name=name, simplest=all_[0]: replace(one, choices=one.choices | {name: simplest})
    for name, (least, _) in sorted(SMALL.items(), key=lambda entry: -shape.sizes[entry[0]]):
        # At once, where it does not matter at all.
        yield lambda one, name=name, least=least: replace(one, sizes=one.sizes | {name: least})
        yield lambda one, name=name, least=least: replace(one, sizes=one.sizes | {name: max(least, one.sizes[name] // 2)})
    yield lambda one: replace(one, threads=max(1, one.threads // 2))
