"""Tests of the search for the smallest limit, and of what the page says of given trials: `python3 -m unittest discover benches`."""

import argparse
import contextlib
import io
import tempfile
import unittest
from collections.abc import Callable
from pathlib import Path

import limits
import limits_page as page
import queries
from judge import Judge
from processes import Run
from programs import Program
from trials import AT_ALL, CGROUP, NEARLY, SMALLEST, STEPS, TWICE, NotMeasured, Trial, Trials, search, smallest

MIB = 2**20
LADDER = [16, 32, 64, 128, 256]


def trial(part: str, limit: int | None, *walls: float, mib: float = 10, problem: str | None = None, way: str = "plimsoll",
          query: str = "q1", version: str = "1.0") -> Trial:
    return Trial(part, way, query, limit, version, "2026-01-02", 2, 1000, [Run(wall, 2 * wall, int(mib * MIB)) for wall in walls], problem)


class Search(unittest.TestCase):
    def test_the_smallest_is_found_in_few_steps(self):
        for answer in [*LADDER, None]:
            asked: list[int] = []

            def good(limit: int) -> bool:
                asked.append(limit)
                return answer is not None and limit >= answer

            self.assertEqual(smallest(LADDER, good), answer)
            self.assertLessEqual(len(asked), 3)
            self.assertEqual(len(asked), len({*asked}))
        self.assertIsNone(smallest([], lambda _: True))

    def found(self, outcome: Callable[[int], Trial]) -> dict[float, int | None]:
        return {factor: one and one.limit for factor, one in search(LADDER, 1.0, outcome)}

    def test_each_factor_has_its_limit(self):
        walls = {16: 9.0, 32: 2.5, 64: 1.9, 128: 1.3, 256: 1.1}
        self.assertEqual(self.found(lambda limit: trial(SMALLEST, limit, walls[limit])), {AT_ALL: 32, TWICE: 64, NEARLY: 256})
        self.assertEqual(self.found(lambda limit: trial(SMALLEST, limit, 1.5)), {AT_ALL: 16, TWICE: 16, NEARLY: None})

    def test_what_fails_has_not_worked_however_fast(self):
        outcome = lambda limit: trial(SMALLEST, limit, 0.1, problem="exit code 1: no" if limit < 128 else None)
        self.assertEqual(self.found(outcome), {AT_ALL: 128, TWICE: 128, NEARLY: 128})
        self.assertEqual(self.found(lambda limit: trial(SMALLEST, limit, 0.1, problem="x")), {AT_ALL: None, TWICE: None, NEARLY: None})


class Page(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.trials = Trials(self.folder / "limits.json", "a machine")

    def put(self, *trials: Trial) -> None:
        for one in trials:
            self.trials.put(one)

    def steps(self) -> str:
        return page.steps(self.trials, ["q1"], [None, 64, 32, 16])

    def test_kept_promises(self):
        self.put(*(trial(STEPS, limit, wall, mib=9) for limit, wall in [(None, 1.0), (64, 1.0), (32, 2.0), (16, 4.0)]))
        self.assertIn("| 1.00 s, 9.0 MiB | 1.00 s, 9.0 MiB | 2.00 s, 9.0 MiB | 4.00 s, 9.0 MiB |", self.steps())
        self.assertTrue(self.steps().endswith("met: yes."))
        self.assertEqual(page.broken(self.trials, ["q1"], page.LIMITS, STEPS), [])

    def test_broken_promises_are_marked(self):
        self.put(trial(STEPS, None, 1.0, mib=99), trial(STEPS, 64, 3.0, mib=64.5), trial(STEPS, 32, 0.5, problem="exit code 4: too | much"))
        found = self.steps()
        self.assertIn("| 1.00 s, 99.0 MiB | 3.00 s, 64.5 MiB; **64.5 MiB are above the limit**; **3.0 times the step before** "
                      "| 0.50 s, 10.0 MiB; **exit code 4** | not measured |", found)
        self.assertTrue(found.endswith("met: no: q1 at 64 MiB: 64.5 MiB are above the limit; q1 at 32 MiB: exit code 4; "
                                       "q1 at 64 MiB: 3.0 times the step before; 1 not measured."))
        self.assertEqual(len(page.broken(self.trials, ["q1"], page.LIMITS, STEPS)), 2)

    def test_who_refuses_may_have_taken_too_much_before(self):
        self.put(trial(STEPS, 64, 1.0, mib=70, problem="exit code 4: no"))
        self.assertEqual(page.broken(self.trials, ["q1"], page.LIMITS, STEPS),
                         ["q1 at 64 MiB: exit code 4", "q1 at 64 MiB: 70.0 MiB are above the limit"])

    def test_the_greatest_peak_counts(self):
        one = trial(STEPS, 16, 1.0, 5.0, 1.5)
        one.runs[0].peak = 17 * MIB
        self.assertEqual((one.wall, page.over(one)), (1.5, "17.0 MiB are above the limit"))

    def test_cgroups(self):
        self.put(trial(CGROUP, 64, 1.0, mib=70), trial(CGROUP, 32, 1.0, problem="killed, as by want of memory"))
        found = page.grouped(self.trials, ["q1"], [None, 64, 32, 16])
        self.assertIn("| 1.00 | **killed, as by want of memory** | not measured |", found)
        self.assertTrue(found.endswith("met: no: q1 at 32 MiB: killed, as by want of memory; 1 not measured."))

    def least(self, *ways: str) -> str:
        return page.least(self.trials, ["q1"], ways, LADDER)

    def test_smallest_limits(self):
        self.put(trial(SMALLEST, None, 1.0, mib=99))
        walls = {16: 9.0, 32: 2.5, 64: 1.9, 128: 1.3, 256: 1.1}
        self.put(*(trial(SMALLEST, limit, wall) for limit, wall in walls.items()))
        self.assertIn("| plimsoll | 1.00 s, 99.0 MiB | 64 (1.90 s, 10.0 MiB) | 256 (1.10 s, 10.0 MiB) | 32 (2.50 s, 10.0 MiB) |",
                      self.least("plimsoll"))

    def test_smallest_limits_at_the_ends_of_the_ladder(self):
        self.put(trial(SMALLEST, None, 1.0), *(trial(SMALLEST, limit, 1.5) for limit in LADDER))
        self.assertIn("| 16 or less (1.50 s, 10.0 MiB) | none up to 256 | 16 or less (1.50 s, 10.0 MiB) |", self.least("plimsoll"))

    def test_a_search_that_was_ended_says_so(self):
        self.put(trial(SMALLEST, None, 1.0, mib=99), *(trial(SMALLEST, limit, 2.5) for limit in (16, 32, 64)))
        found = self.least("plimsoll", "duckdb")
        self.assertIn("| plimsoll | 1.00 s, 99.0 MiB | not measured | not measured | 16 or less (2.50 s, 10.0 MiB) |", found)
        self.assertIn("| duckdb | not measured | not measured | not measured | not measured |", found)

    def test_who_fails_without_a_limit(self):
        self.put(trial(SMALLEST, None, 1.0, problem="differs: x", way="duckdb"))
        self.assertIn("| duckdb | differs | – | – | – |", self.least("duckdb"))

    def test_the_report(self):
        self.assertEqual([page.report(self.trials, part) for part in page.MARKERS], ["Not measured yet."] * 2)
        self.put(trial(STEPS, None, 1.0, 2.0), trial(SMALLEST, None, 1.0, way="polars", version="2.0"))
        self.assertIn("Measured on 2026-01-02: a machine. 2 threads; medians of 2 runs, the greatest peak of them. plimsoll 1.0.\n"
                      "Command: `python3 benches/limits.py`", page.report(self.trials, STEPS))
        found = page.report(self.trials, SMALLEST)
        self.assertIn("medians of 1 runs, the greatest peak of them. polars 2.0.\nCommand: `python3 benches/limits.py --smallest`", found)
        self.assertIn("| polars | `POLARS_OOC_MEMORY_BUDGET_MB`", found)

    def test_trials_are_kept_and_another_machine_begins_anew(self):
        self.put(trial(STEPS, None, 1.0), trial(STEPS, 16, 2.0, problem="x"))
        self.trials.save()
        self.assertEqual(Trials(self.trials.path, "a machine").found, self.trials.found)
        self.assertEqual(Trials(self.trials.path, "another").found, {})
        self.trials.drop(lambda one: one.limit == 16)
        self.assertEqual([one.limit for one in self.trials.of(STEPS)], [None])


class FakeBench(limits.Bench):
    """Whose programs are no processes; `outcomes` are walls by limit."""

    def __init__(self, folder: Path, outcomes: dict[int | None, float], **options: object):
        usual = {"runs": 1, "threads": 2, "rows_scale": 1.0, "limits": LADDER, "resume": False}
        self.options = argparse.Namespace(**usual | options)
        self.programs = {"duckdb": Program("duckdb", "1.0", lambda *_: [])}
        self.trials = Trials(folder / "limits.json", "a machine")
        self.folder, self.outcomes, self.asked = folder, outcomes, []
        self.no_group, self.deadline = "a test", None
        self.judge = self

    def expected(self, *_: object) -> None:
        pass

    def differs(self, *_: object) -> None:
        pass

    def run(self, tried: Trial, *_: object) -> tuple[Run, str | None]:
        self.asked.append(tried.limit)
        return Run(self.outcomes[tried.limit], 1.0, 10 * MIB), None if tried.limit != 16 else "exit code 1: no"


class Measuring(unittest.TestCase):
    WALLS = {None: 1.0, 16: 0.1, 32: 2.5, 64: 1.9, 128: 1.3, 256: 1.1}

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def searched(self, **options: object) -> FakeBench:
        bench = FakeBench(self.folder, self.WALLS, **options)
        with contextlib.redirect_stderr(io.StringIO()):
            bench.smallest(page.WAYS[1], queries.named("q1"), self.folder)
        return bench

    def test_nothing_is_run_twice_and_the_page_finds_the_same(self):
        bench = self.searched()
        self.assertEqual(len(bench.asked), len({*bench.asked}))
        self.assertIn("| duckdb | 1.00 s, 10.0 MiB | 64 (1.90 s, 10.0 MiB) | 256 (1.10 s, 10.0 MiB) | 32 (2.50 s, 10.0 MiB) |",
                      page.least(bench.trials, ["q1"], ["duckdb"], LADDER))

    def test_what_was_measured_is_resumed_by_the_same_version_alone(self):
        first = self.searched()
        self.assertEqual(self.searched(resume=True).asked, [])
        self.assertEqual(self.searched(resume=True, threads=1).asked, first.asked)
        self.assertEqual(self.searched().asked, first.asked)

    def test_steps_at_other_limits_are_left(self):
        bench = FakeBench(self.folder, self.WALLS, resume=True)
        for limit in (None, 32, 64):
            bench.trials.put(trial(STEPS, limit, 1.0, way="duckdb", version="0.9"))
        bench.forget(page.WAYS[1], queries.named("q1"), (STEPS,), [None, 32])
        self.assertEqual([one.limit for one in bench.trials.of(STEPS)], [64])

    def test_no_time_is_left(self):
        bench = FakeBench(self.folder, self.WALLS)
        bench.deadline = 0.0
        with self.assertRaises(NotMeasured):
            bench.trial(SMALLEST, page.WAYS[1], queries.named("q1"), self.folder, None, 1)
        self.assertEqual(bench.trials.found, {})


class Results(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def file(self, text: str) -> Path:
        path = self.folder / f"{len([*self.folder.iterdir()])}.csv"
        path.write_text(text)
        return path

    def test_digests(self):
        one, same, other = (self.file(text) for text in ("k\na\nb\nb\n", "k\na\nb\nb\n", "k\nb\na\nb\n"))
        self.assertEqual(limits.digest_of(one), limits.digest_of(same))
        self.assertNotEqual(limits.digest_of(one), limits.digest_of(other), "the order of the lines counts")

    def test_what_the_system_sorts_and_counts(self):
        rows = "id1,id2,id3,id4,id5,id6,v1,v2,v3\n{}\n{}\n{}\n"
        a, b, c = "x,x,b,1,1,10,1,1,2.5", "x,x,b,1,1,9,1,1,10.5", "x,x,a,1,1,11,1,1,1.5"
        sort, judge = queries.named("sort"), Judge(self.folder, self.folder)
        expected = judge.expected(sort, self.file(rows.format(a, b, c))).read_text().splitlines()
        self.assertEqual(expected[0].split(",")[2:], ["id3:key", "id4:key", "id5:key", "id6:key", "v1:key", "v2:key", "v3:exact"])
        self.assertEqual(expected[1:], [c, b, a])
        count = judge.expected(queries.named("distinct"), self.file("v\n5\n7\n5\n10\n"))
        self.assertEqual(count.read_text().split(), ["n:exact", "3"])

    def test_distinct_integers(self):
        path = self.folder / "distinct.csv"
        limits.make_distinct(path, 250_000)
        name, *found = path.read_text().split()
        self.assertEqual((name, len(found), len({*found})), ("v", 250_000, 250_000))


class LargeQueries(unittest.TestCase):
    def test_sql(self):
        self.assertEqual(queries.named("distinct").sql("file"), "SELECT count(distinct v) AS n FROM file")
        self.assertEqual(queries.named("sort").sql("file"),
                         "SELECT id1, id2, id3, id4, id5, id6, v1, v2, v3 FROM file ORDER BY id3, id6, v3")


if __name__ == "__main__":
    unittest.main()
