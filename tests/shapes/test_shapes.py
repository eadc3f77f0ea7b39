"""Tests of drawing, judging and shrinking, without processes: `python3 -m unittest discover tests/shapes`."""

import csv
import io
import unittest
from dataclasses import replace

import making
from drawing import Shape, drawn, fields_of, shape_of
from judging import Run, judged
from shrinking import shrunk


def shape(verb: str = "query", **sizes: int) -> Shape:
    fields = {"key": "a test", "kind": "none", "verb": verb, "form": "rows", "limit": 100, "threads": 8}
    return shape_of(fields | {"sizes": sizes, "choices": {}})


class Drawing(unittest.TestCase):
    def test_the_same_key_gives_the_same(self):
        for at in range(50):
            one = drawn(f"7/{at}", False)
            self.assertEqual(one, drawn(f"7/{at}", False))
            self.assertEqual(one, shape_of(fields_of(one)))
            self.assertTrue(16 <= one.limit <= 256)

    def test_texts_have_their_sizes(self):
        for letters in ("hexadecimal", "same", "quotes", "lines"):
            for columns in (1, 9, 10, 11, 20, 37):
                one = shape(rows=30, columns=columns, length=50, groups=9)
                one = replace(one, choices=one.choices | {"letters": letters})
                records = [*csv.reader(io.StringIO(making.text_of(one).decode()))]
                self.assertEqual((len(records), {len(record) for record in records}), (31, {columns}))
                self.assertEqual({len(record[1]) for record in records[1:] if columns > 1}, {50} if columns > 1 else set())

    def test_statements_have_their_sizes(self):
        sql = making.statements(shape(rows=9, columns=10, expressions=40, sql=100_000, sorts=7), "f.csv")[0]
        self.assertEqual(sql.count(" AS e"), 40)
        self.assertTrue(50_000 < len(sql) < 300_000)
        self.assertEqual(len(making.statements(shape("together", queries=3, columns=10, expressions=1), "f.csv")), 3)


class Judging(unittest.TestCase):
    def cause(self, under: Run, twice: Run | None = None, without: Run | None = None, verb: str = "query") -> str | None:
        """Of runs of which none but those that are given may be asked for."""
        runs = {100: under, 200: twice, None: without}
        verdict = judged(shape(verb), lambda limit: runs[limit] or self.fail(f"asked for {limit}"))
        self.assertEqual(verdict.runs, {limit: run for limit, run in runs.items() if run})
        return verdict.cause

    def test_peaks(self):
        self.assertEqual(self.cause(Run(0, 100.1)), "peak")
        self.assertEqual(self.cause(Run(4, 100.1)), "peak")
        self.assertEqual(self.cause(Run(4, 50), Run(0, 200.1)), "peak at twice the limit")
        self.assertIsNone(self.cause(Run(0, 100), None, Run(0, 500)))

    def test_ends(self):
        self.assertEqual(self.cause(Run(101, 50)), "end")
        self.assertEqual(self.cause(Run(-1, 0)), "time")
        self.assertEqual(self.cause(Run(0, 50), None, Run(3, 50)), "other end")
        self.assertEqual(self.cause(Run(3, 50, said="a"), None, Run(3, 50, said="b")), "other message")
        self.assertIsNone(self.cause(Run(3, 50, said="a"), None, Run(3, 50, said="a")))

    def test_ends_for_want_of_memory(self):
        self.assertIsNone(self.cause(Run(4, 50), Run(0, 61)))
        self.assertEqual(self.cause(Run(4, 50), Run(0, 59)), "not needed")
        self.assertIsNone(self.cause(Run(4, 50), Run(4, 61), Run(0, 61)))
        self.assertEqual(self.cause(Run(4, 50), Run(4, 61), Run(0, 59)), "not needed")

    def test_bytes(self):
        one, other = Run(0, 50, digest="a"), Run(0, 50, digest="b")
        self.assertEqual(self.cause(one, None, other), "other bytes")
        self.assertIsNone(self.cause(one, None, other, verb="profile"))


class Shrinking(unittest.TestCase):
    def test_what_does_not_matter_goes(self):
        large = shape(rows=1000, columns=300, length=9, keys=40)
        large = replace(large, choices=large.choices | {"source": "pipe", "infer": "full"})
        small = shrunk(large, lambda one: one.sizes["rows"] >= 100 and one.choices["infer"] == "full" and one.threads > 1)
        self.assertEqual((small.sizes["rows"], small.threads), (125, 2))
        self.assertEqual((small.sizes["columns"], small.sizes["length"], small.sizes["keys"]), (1, 1, 1))
        self.assertEqual((small.choices["source"], small.choices["infer"]), ("file", "full"))

    def test_it_ends(self):
        tries: list[Shape] = []
        shrunk(shape(rows=10**6), lambda one: tries.append(one) is None, tries=3)
        self.assertEqual(len(tries), 3)
        self.assertEqual(shrunk(shape(rows=9), lambda _: False), shape(rows=9))


if __name__ == "__main__":
    unittest.main()
