"""Tests of what the page says of given measurements: `python3 -m unittest discover benches`."""

import tempfile
import unittest
from pathlib import Path

import page
import queries
import scaling
from kept import Entry, Kept
from processes import Run

MIB = 2**20


def entry(program: str, *walls: float, mib: float = 10, problem: str | None = None) -> Entry:
    return Entry(program, "1.0", "2026-01-02", 2, [Run(wall, 2 * wall, int(mib * MIB)) for wall in walls], problem)


class Page(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.kept = Kept(Path(self.folder.name) / "measured.json", "a machine")

    def shortfalls(self, query: str, *entries: Entry) -> list[str]:
        self.kept.put(query, (1000, 10**9), list(entries))
        return page.shortfalls(queries.named(query), self.kept)

    def test_goals_met(self):
        ours, peer = entry("plimsoll", 1.0, 0.9, 5.0), entry("duckdb", 7.0, mib=200)
        self.assertEqual(self.shortfalls("brc", ours, peer, entry("specialised", 0.6, mib=5)), [])
        self.assertIn("| 1.00 | 10.0 | duckdb | 7.00 | 7.0 | 7 ×, 1.8 × specialised | duckdb | 200 | 12 | yes |", page.summary(self.kept))

    def test_goals_missed(self):
        ours = entry("plimsoll", 1.0, mib=12.5)
        missed = self.shortfalls("brc", ours, entry("duckdb", 6.0, mib=9), entry("specialised", 0.5))
        self.assertEqual(missed, ["6.0 of 7 times", "2.0 times the specialised program", "12.5 of 12 MiB"])
        self.assertEqual(self.shortfalls("q10", ours, entry("duckdb", 6.0, mib=12)), ["duckdb is leaner"])
        self.assertEqual(self.shortfalls("small", entry("plimsoll", 0.006)), ["6.0 of 5 ms", "10.0 of 8 MiB"])
        self.assertEqual(self.shortfalls("q1", entry("plimsoll", 1.0)), ["no peer measured"])

    def test_wrong_peers_do_not_count(self):
        wrong = entry("polars", 0.1, mib=1, problem="differs: 'a' has 2 instead of 1")
        self.assertEqual(self.shortfalls("q1", entry("plimsoll", 1.0), wrong, entry("chdb", 9.0)), [])
        section = page.section(queries.named("q1"), self.kept)
        self.assertIn("| polars | – | 1 | – | – | – | – | differs: 'a' has 2 instead of 1 | 2026-01-02 |", section)
        self.assertIn("| chdb | 9.00 (9.00 to 9.00) | 1 | 0.11 | 18.00 | 10.0 | 9.0 | within 1e-9 | 2026-01-02 |", section)

    def test_what_is_wrong_here_is_said(self):
        self.kept.put("q1", (1, 1), [entry("plimsoll", 1.0, problem="differs: x"), entry("chdb", 9.0)])
        self.assertIn("| differs: x | | | | | | | | | no |", page.summary(self.kept))

    def test_speedup_and_slope(self):
        self.kept.put(scaling.THREADS, (1000, 1), [entry("1", 1.9), entry("2", 1.0)])
        self.assertTrue(page.speedup(self.kept).endswith("1.90 times as fast. Goal 1.8; met: yes."))
        line = [entry(str(rows), wall) for rows, wall in [(1_000_000, 1.0), (2_000_000, 2.0), (3_000_000, 3.2)]]
        self.kept.put(scaling.SLOPE, (1, 1), line)
        slope = page.slope(self.kept)
        self.assertIn("| 3,000,000 | 3.20 | 1200.00 | +9.1 % | 2026-01-02 |", slope)
        self.assertTrue(slope.endswith("met: no: -9.1 % up to 2,000,000 rows; +9.1 % up to 3,000,000 rows."))

    def test_parts_are_merged_and_another_machine_begins_anew(self):
        self.kept.put("q1", (1, 1), [entry("plimsoll", 1.0), entry("chdb", 9.0)])
        self.kept.put("q1", (1, 1), [entry("plimsoll", 2.0)])
        self.kept.save()
        again = Kept(self.kept.path, "a machine")
        self.assertEqual(again.entries, self.kept.entries)
        self.assertEqual(again.entries["q1"]["plimsoll"].median("wall"), 2.0)
        self.assertEqual(Kept(self.kept.path, "another").entries, {})


class Queries(unittest.TestCase):
    def test_names_and_outputs_are_unique(self):
        names = [query.name for query in queries.QUERIES]
        self.assertEqual(len(names), len({*names}))
        for query in queries.QUERIES:
            columns = [*query.keys, *(value.name for value in query.values)]
            self.assertEqual(len(columns), len({*columns}), query.name)

    def test_sql(self):
        self.assertEqual(queries.named("wide").sql("file"),
                         "SELECT t007, count(*) AS n, sum(n058) AS total FROM file WHERE i105 > 10000000 GROUP BY t007")
        self.assertEqual(queries.named("filter").sql("file"), "SELECT id1, id6, v3 FROM file WHERE v3 > 90")


if __name__ == "__main__":
    unittest.main()
