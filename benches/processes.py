"""Whole processes: their time on the wall, processor time and peak of resident memory. Knows no query."""

import os
import platform
import shlex
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

GNU_TIME = Path("/usr/bin/time")


@dataclass
class Run:
    """One process: seconds on the wall, seconds of processor time, bytes resident at the peak."""

    wall: float
    cpu: float
    peak: int


def timed(command: list[str], limit: float | None = None) -> tuple[Run, str | None]:
    """One run of at most `limit` seconds, and what went wrong, if anything.

    GNU time stands between, so that the peak is not this program's own: a child begins with its parent's.
    """
    begin = time.perf_counter()
    process = subprocess.Popen([GNU_TIME, "--quiet", "-f", "%U %S %M", *command], stderr=subprocess.PIPE, text=True,
                               start_new_session=True)
    try:
        _, said = process.communicate(timeout=limit)
    except subprocess.TimeoutExpired:
        stop(process)
        return Run(time.perf_counter() - begin, 0, 0), f"stopped after {limit:.0f} s"
    except BaseException:
        # Whoever ends this means the process, too, which has a session of its own.
        stop(process)
        raise
    wall = time.perf_counter() - begin
    *lines, figures = said.strip().splitlines()
    user, system, kibibytes = figures.split()
    run = Run(wall, float(user) + float(system), int(kibibytes) * 1024)
    if process.returncode == 0:
        return run, None
    print("\n".join([shlex.join(command), *lines]), file=sys.stderr)
    # GNU time says 128 and the signal of a process that was killed; 9 is also the kernel's way out of memory.
    if process.returncode == 137:
        return run, "killed, as by want of memory"
    return run, f"exit code {process.returncode}: {(lines or ['no word'])[-1][:120]}"


def stop(process: subprocess.Popen) -> None:
    """Ends a process and its children, which may have files to delete."""
    os.killpg(process.pid, signal.SIGTERM)
    try:
        process.communicate(timeout=10)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def warm_up(path: Path) -> None:
    """Reads the file once, so that every run finds it in the page cache."""
    with open(path, "rb", buffering=0) as file:
        while file.read(1 << 24):
            pass


def machine() -> str:
    """Processor, cores, memory and system in a line."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{processor()}, {os.cpu_count()} cores, {memory:.0f} GiB of memory, {platform.system()} {platform.release()}"


def processor() -> str:
    """The processor's name, as the kernel gives it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())
