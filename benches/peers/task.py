"""What a peer's program is asked: `…_run.py QUERY FILE RESULT.csv THREADS`."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import queries

query = queries.named(sys.argv[1])
path, result = sys.argv[2:4]
threads = int(sys.argv[4])
