"""What a peer's program is asked: `…_run.py QUERY FILE RESULT.csv THREADS [--memory-limit BYTES] [--temp-dir FOLDER]`.

Only DuckDB, DataFusion and Polars take a limit.
"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import queries

parser = argparse.ArgumentParser()
parser.add_argument("query", type=queries.named)
parser.add_argument("path")
parser.add_argument("result")
parser.add_argument("threads", type=int)
parser.add_argument("--memory-limit", type=int, metavar="BYTES")
parser.add_argument("--temp-dir", metavar="FOLDER")
asked = parser.parse_args()
query, path, result, threads = asked.query, asked.path, asked.result, asked.threads
memory_limit, temp_dir = asked.memory_limit, asked.temp_dir
