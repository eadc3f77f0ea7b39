"""Shapes as plain data, and how they are drawn. Knows neither the text nor the SQL that is made of them."""

import random
from dataclasses import dataclass
from typing import Any

# What each size may be where a kind does not make it large, from the least on.
SMALL: dict[str, tuple[int, int]] = {
    "rows": (2, 300_000),
    "columns": (1, 10),
    "length": (1, 20),
    "groups": (1, 1000),
    "head": (0, 0),
    "field": (0, 0),
    "quote": (0, 0),
    "expressions": (1, 5),
    "keys": (1, 2),
    "sorts": (0, 2),
    "sql": (0, 200),
    "depth": (0, 2),
    "queries": (2, 4),
}
# What a kind makes large: the most of it.
KINDS: dict[str, dict[str, int]] = {
    "columns": {"columns": 20_000, "length": 2000},
    "texts": {"length": 4_000_000, "groups": 100_000},
    "long keys": {"length": 400_000, "groups": 100_000, "keys": 5},
    "groups": {"groups": 3_000_000, "rows": 2_000_000},
    "expressions": {"expressions": 500, "groups": 300_000},
    "keys": {"keys": 500, "groups": 1_000_000},
    "sort keys": {"sorts": 500, "length": 1000, "groups": 300_000},
    "nested": {"depth": 100},
    "sql": {"sql": 2_000_000},
    "head": {"head": 64_000_000},
    "field": {"field": 80_000_000},
    "open quote": {"quote": 60_000_000},
    "rows": {"rows": 1_500_000},
    "mixed": {"columns": 3000, "length": 10_000, "groups": 300_000, "expressions": 100, "keys": 40, "sorts": 40, "sql": 100_000,
              "rows": 1_500_000},
}
# What else differs: how often it is the simplest, and all of it, the simplest first.
CHOICES: dict[str, tuple[float, list[str]]] = {
    "source": (0.85, ["file", "pipe", "pipe", "gzip", "compressed"]),
    "output": (0.5, ["o.csv", "stdout", "o.tsv", "o.json", "o.jsonl", "o.md", "table"]),
    "letters": (0.4, ["hexadecimal", "same", "growing", "quotes", "lines"]),
    "dialect": (0.7, ["commas", "semicolons", "colons", "crlf", "blank lines"]),
    "header": (0.7, ["found", "given", "none"]),
    "encoding": (0.9, ["utf-8", "utf-16", "windows-1252"]),
    "infer": (0.8, ["sample", "full"]),
    "heads": (0.0, ["skipped", "comments", "remarks", "blank"]),
    "bad": (0.7, ["fail", "lenient", "skip"]),
    "extra": (0.8, ["none", "stats", "rejects"]),
}
FORMS = ["rows", "star", "distinct", "groups", "groups", "groups", "aggregates", "count"]
# The forms of a kind to which others mean nothing.
FITTING = {
    "groups": ["groups", "groups", "distinct", "aggregates"],
    "long keys": ["groups", "groups", "distinct", "aggregates", "rows"],
    "keys": ["groups"],
    "sort keys": ["rows", "star", "groups"],
    "expressions": ["rows", "distinct", "groups", "aggregates"],
    "nested": ["rows", "distinct", "aggregates"],
}
VERBS = {"query": 70, "explain": 4, "analyze": 5, "describe": 6, "footprint": 3, "profile": 4, "compare": 4, "together": 4}
THREADS = [1, 2, 3, 4, 8]
# What a shape may come to: bytes and cells of its file, values and bytes of texts that are evaluated.
BYTES, CELLS, EVALUATED, TEXTS = 60_000_000, 6_000_000, 20_000_000, 250_000_000


@dataclass(frozen=True)
class Shape:
    """Everything that a run depends on: its text and its SQL are made of this alone."""

    key: str
    kind: str
    verb: str
    form: str
    limit: int
    threads: int
    sizes: dict[str, int]
    choices: dict[str, str]


def drawn(key: str, has_together: bool) -> Shape:
    r = random.Random(key)
    verb = r.choices([*VERBS], [*VERBS.values()])[0]
    if verb == "together" and not has_together:
        verb = "query"
    kind = r.choice([*KINDS])
    form = r.choice(FITTING.get(kind, FORMS))
    # Small limits are more frequent: half of them are below 40 MiB.
    limit, threads = round(16 * 16 ** (r.random() ** 1.6)), r.choice(THREADS)
    sizes = {name: size(r, name, kind) for name in SMALL}
    choices = {name: all_[0] if r.random() < simple else r.choice(all_) for name, (simple, all_) in CHOICES.items()}
    if sizes["field"] or sizes["quote"]:
        sizes["columns"] = max(sizes["columns"], 2)
    if choices["source"] in ("pipe", "gzip"):
        # What is read once has no second pass.
        choices["infer"] = "sample"
    if verb == "together":
        # No flag says how the file is read, statements are arguments, and none of them may fail.
        sizes |= {"sql": min(sizes["sql"], 50_000), "head": 0, "quote": 0, "field": min(sizes["field"], 16_000_000)}
        choices |= {name: all_[0] for name, (_, all_) in CHOICES.items() if name != "letters"}
        # Each query has its threads and 4 MiB in any case, and the program may be a debug build.
        limit = max(limit, 24 + 8 * sizes["queries"])
    # compare runs each statement ten times, two of them row by row.
    return Shape(key, kind, verb, form, limit, threads, bounded(sizes, 20 if verb == "compare" else 1), choices)


def size(r: random.Random, name: str, kind: str) -> int:
    least, most = SMALL[name]
    if name not in KINDS[kind] and most <= 1000:
        return r.randint(least, most)
    most = KINDS[kind].get(name, most)
    # Half of the orders of magnitude, the large ones, three times in four.
    return max(least, round(most ** (r.random() if r.random() < 0.25 else 0.5 + 0.5 * r.random())))


def bounded(sizes: dict[str, int], slower: int) -> dict[str, int]:
    """`sizes` with fewer rows, then with less of all else, until a run takes seconds where it is so many times slower."""
    sizes = dict(sizes)
    while is_too_much(sizes, slower):
        if sizes["rows"] > 2:
            sizes["rows"] = max(2, sizes["rows"] * 2 // 3)
        else:
            largest = max(["columns", "length", "expressions", "keys", "sorts", "depth"], key=lambda name: sizes[name])
            sizes[largest] //= 2
    return sizes


def is_too_much(sizes: dict[str, int], slower: int) -> bool:
    rows, columns, length = sizes["rows"], sizes["columns"], sizes["length"]
    evaluated = sizes["expressions"] + sizes["keys"] + sizes["sorts"]
    return (
        rows * (8 * columns + (columns + 9) // 10 * length) > BYTES
        or rows * min(columns, 10) > CELLS
        or rows * (evaluated + sizes["depth"] + sizes["sql"] // 300) > EVALUATED // slower
        or rows * length * (evaluated + sizes["depth"]) > TEXTS // slower
    )


def shape_of(fields: dict[str, Any]) -> Shape:
    """A shape as it was printed; what is missing in it is small and simple."""
    sizes = {name: least for name, (least, _) in SMALL.items()} | fields["sizes"]
    choices = {name: all_[0] for name, (_, all_) in CHOICES.items()} | fields["choices"]
    return Shape(**fields | {"sizes": sizes, "choices": choices})


def fields_of(shape: Shape) -> dict[str, Any]:
    """The opposite: without what is small and simple."""
    sizes = {name: size for name, size in shape.sizes.items() if size != SMALL[name][0]}
    choices = {name: choice for name, choice in shape.choices.items() if choice != CHOICES[name][1][0]}
    return vars(shape) | {"sizes": sizes, "choices": choices}
