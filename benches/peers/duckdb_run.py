"""One query by DuckDB: `duckdb_run.py QUERY FILE RESULT.csv THREADS`."""

import sys
from pathlib import Path

import duckdb

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import queries

name, path, result, threads = sys.argv[1:]
query = queries.named(name)
# The names are given, the types are found by DuckDB itself.
options = ", delim = ';', header = false, names = ['station', 't']" if query.kind == "brc" else ""
connection = duckdb.connect(config={"threads": int(threads), "preserve_insertion_order": False})
sql = query.sql.format(table=f"read_csv('{path}'{options})")
connection.execute(f"COPY ({sql}) TO '{result}' (FORMAT csv, HEADER true)")
