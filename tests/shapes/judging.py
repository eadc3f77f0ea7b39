"""Runs of a shape as processes, and what is held against them. Needs GNU time."""

import gzip
import hashlib
import os
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import making
from drawing import Shape

SECONDS = 60
# A process that needed less than this part of its limit when it had twice as much did not have to end with 4.
NEEDED = 0.6
# The system takes 128 KiB for one argument.
ARGUMENT = 120_000
# Verbs that print figures or settings, which differ from run to run.
OF_FIGURES = ("explain", "analyze", "footprint", "profile", "compare")


@dataclass(frozen=True)
class Run:
    """How a process ended, its peak in MiB, its seconds, the digest of what it gave and the first line that it said."""

    ended: int
    peak: float
    seconds: float = 0.0
    digest: str = ""
    said: str = ""


@dataclass(frozen=True)
class Verdict:
    """What is wrong, if anything: its cause and a sentence; and the runs by their limits in MiB."""

    cause: str | None
    sentence: str = ""
    runs: dict[int | None, Run] = field(default_factory=dict)


def judged(shape: Shape, run: Callable[[int | None], Run]) -> Verdict:
    """Holds the run under the limit against the limit and other runs; `run` takes a limit in MiB or None."""
    runs: dict[int | None, Run] = {}

    def tried(limit: int | None) -> Run:
        runs[limit] = run(limit)
        return runs[limit]

    def problem() -> tuple[str, str] | None:
        under = tried(shape.limit)
        if under.ended < 0:
            return "time", under.said
        if under.ended > 4:
            return "end", f"ended with {under.ended}: {under.said}"
        if under.peak > shape.limit:
            return "peak", f"{under.peak:.1f} MiB of {shape.limit}, ended with {under.ended}"
        if under.ended == 4:
            twice = tried(2 * shape.limit)
            if twice.peak > 2 * shape.limit:
                return "peak at twice the limit", f"{twice.peak:.1f} MiB of {2 * shape.limit}, ended with {twice.ended}"
            more, name = (tried(None), "without a limit it") if twice.ended == 4 else (twice, "twice the limit")
            if more.ended >= 0 and more.peak < NEEDED * shape.limit:
                return "not needed", f"ended with 4, but {name} takes {more.peak:.1f} MiB of {shape.limit}: {under.said}"
            return None
        without = tried(None)
        if without.ended != under.ended:
            return "other end", f"ended with {under.ended}, without a limit with {without.ended}: {under.said or without.said}"
        if under.ended != 0 and without.said != under.said:
            return "other message", f"{under.said!r}, without a limit {without.said!r}"
        if without.digest != under.digest and shape.verb not in OF_FIGURES:
            return "other bytes", "other bytes than without a limit"
        return None

    found = problem()
    return Verdict(*(found or (None, "")), runs=runs)


class Place:
    """A shape's files in a directory, and its processes."""

    def __init__(self, shape: Shape, program: Path, together: Path | None, folder: Path):
        self.shape, self.program, self.together, self.folder = shape, program, together, folder
        text = making.text_of(shape)
        if shape.choices["source"] in ("gzip", "compressed"):
            text = gzip.compress(text, 1)
        (folder / "f.csv").write_bytes(text)
        self.feeder = {"pipe": ["cat", "f.csv"], "gzip": ["sh", "-c", "gzip -dc < f.csv"]}.get(shape.choices["source"])
        if shape.verb in ("compare", "together") or len(making.statements(shape, "-")[0]) > ARGUMENT:
            self.feeder = None
        self.statements = making.statements(shape, "-" if self.feeder else "f.csv")
        (folder / "f.sql").write_text(self.statements[0])

    def command(self, limit: int | None) -> list[str]:
        """The command under a limit in MiB; a statement for which an argument is too short comes from standard input."""
        shape, choices = self.shape, self.shape.choices
        settings = [*([] if limit is None else ["--memory-limit", f"{limit}MiB"]), "--threads", str(shape.threads)]
        if shape.verb == "together":
            return [str(self.together), *settings, *self.statements]
        settings += ["--quiet", *making.flags_of(shape)]
        if choices["extra"] != "none" and shape.verb == "query":
            settings += ["--" + choices["extra"], choices["extra"] + ".json"]
        if shape.verb == "compare":
            settings += ["--repeats", "1"]
        elif choices["output"] == "table":
            settings += ["--format", "table"]
        elif choices["output"] != "stdout":
            settings += ["-o", choices["output"]]
        if shape.verb in ("describe", "footprint"):
            return [str(self.program), shape.verb, *settings, "-" if self.feeder else "f.csv"]
        verb = ["explain", "--analyze"] if shape.verb == "analyze" else [shape.verb]
        return [str(self.program), *verb, *settings, self.statements[0] if self.feeder else "-"]

    def run(self, limit: int | None) -> Run:
        return self.process(self.command(limit))

    def process(self, command: list[str]) -> Run:
        """GNU time stands between: a child begins with the peak of the process that has made it, which is not small in Python."""
        folder, output = self.folder, self.folder / "stdout"
        written = self.folder / self.shape.choices["output"]
        written.unlink(missing_ok=True)
        begin = time.monotonic()
        feeder = subprocess.Popen(self.feeder, cwd=folder, stdout=subprocess.PIPE) if self.feeder else None
        measured = ["/usr/bin/time", "-q", "-f", "%M", "-o", "peak", *command]
        with (open(output, "wb") as out, open(folder / "f.sql", "rb") as sql, open(folder / "said", "wb") as said):
            process = subprocess.Popen(measured, cwd=folder, stdin=feeder.stdout if feeder else sql, stdout=out, stderr=said,
                                       start_new_session=True)
            if feeder:
                feeder.stdout.close()
            try:
                ended = process.wait(SECONDS)
            except subprocess.TimeoutExpired:
                return Run(-1, 0.0, SECONDS, said=f"took more than {SECONDS} seconds")
            finally:
                # Whoever interrupts this means the process, too, which has a session of its own.
                if process.poll() is None:
                    os.killpg(process.pid, signal.SIGKILL)
                    process.wait()
                if feeder:
                    feeder.wait()
        seconds = time.monotonic() - begin
        with open(written if written.exists() else output, "rb") as given:
            digest = hashlib.file_digest(given, "sha256").hexdigest()
        lines = (folder / "said").read_text(errors="replace").split("\n")
        first = next((line for line in lines if ": error: " in line or "panicked" in line), lines[0])[:300]
        return Run(ended, int((folder / "peak").read_text().split()[-1]) / 1024, seconds, digest, first)
