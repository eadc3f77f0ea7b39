"""Memory cgroups, which end a process that takes more than it may. Knows no query."""

import os
import time
from pathlib import Path

MOUNT = Path("/sys/fs/cgroup")
# Seconds that a group is waited for whose last process is ending.
PATIENCE = 10


class Group:
    """A group of at most `limit` bytes, for one command after the other; a context. Raises `OSError` where none can be made."""

    def __init__(self, limit: int):
        parent, self.bound, self.swap = layout()
        self.folder = parent / f"plimsoll-limits-{os.getpid()}"
        self.limit = limit

    def __enter__(self) -> "Group":
        self.folder.mkdir()
        try:
            (self.folder / self.bound).write_text(str(self.limit))
        except OSError:
            self.folder.rmdir()
            raise
        try:
            # The first version bounds memory and swap together, the second swap alone.
            (self.folder / self.swap).write_text("0" if self.bound == "memory.max" else str(self.limit))
        except OSError:
            pass  # there is no swap to count
        return self

    def __exit__(self, *_: object) -> None:
        end = time.monotonic() + PATIENCE
        while True:
            try:
                return self.folder.rmdir()
            except OSError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.05)

    def inside(self, command: list[str]) -> list[str]:
        """The command, as one that enters the group before it begins."""
        return ["sh", "-c", 'echo $$ >"$0" && exec "$@"', str(self.folder / "cgroup.procs"), *map(str, command)]


def layout() -> tuple[Path, str, str]:
    """Where groups are made, and the names of the files with their bounds of memory and of swap."""
    first = MOUNT / "memory"
    if (first / "memory.limit_in_bytes").exists():
        return first, "memory.limit_in_bytes", "memory.memsw.limit_in_bytes"
    controllers = MOUNT / "cgroup.controllers"
    if not controllers.exists() or "memory" not in controllers.read_text().split():
        raise OSError(f"{MOUNT} has no groups of memory")
    control = MOUNT / "cgroup.subtree_control"
    if "memory" not in control.read_text().split():
        control.write_text("+memory")
    return MOUNT, "memory.max", "memory.swap.max"


def unavailable() -> str | None:
    """Why no group can be made here; or None."""
    try:
        with Group(2**26):
            return None
    except OSError as error:
        return str(error)
