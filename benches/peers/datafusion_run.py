"""One query by DataFusion: `datafusion_run.py QUERY FILE RESULT.csv THREADS`."""

import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
from datafusion import SessionConfig, SessionContext

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import queries

name, path, result, threads = sys.argv[1:]
query = queries.named(name)
context = SessionContext(SessionConfig().with_target_partitions(int(threads)))
sql = query.sql.format(table="input")
if query.kind == "brc":
    context.register_csv("raw", path, has_header=False, delimiter=";")
    context.sql('CREATE VIEW input AS SELECT column_1 AS station, column_2 AS t FROM raw').collect()
else:
    context.register_csv("input", path)
frame = context.sql(sql)
pyarrow.csv.write_csv(pa.Table.from_batches(frame.collect(), frame.schema()), result)
