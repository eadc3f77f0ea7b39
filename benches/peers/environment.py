"""Virtual environments with pinned peers, made on first use under target/."""

import subprocess
import sys
from pathlib import Path

REQUIREMENTS = Path(__file__).with_name("requirements.txt")
TARGET = Path(__file__).resolve().parents[2] / "target"


def versions() -> dict[str, str]:
    """The pinned versions by name."""
    return dict(line.split("==") for line in REQUIREMENTS.read_text().split())


def python(*names: str) -> Path:
    """The interpreter of an environment with the peers called `names`, or with all of them.

    Raises `subprocess.CalledProcessError` or `OSError` where it cannot be made.
    """
    wanted = [f"{name}=={version}" for name, version in versions().items() if name in names or not names]
    folder = TARGET / "-".join(["peers", *names])
    interpreter, stamp = folder / "bin" / "python", folder / "installed.txt"
    if not (stamp.exists() and stamp.read_text().split() == wanted and interpreter.exists()):
        print(f"making {folder} with {', '.join(wanted)}", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
        subprocess.run([interpreter, "-m", "pip", "install", "--quiet", *wanted], check=True)
        # Last, so that an installation that was cut short is made anew.
        stamp.write_text("\n".join(wanted))
    return interpreter
