"""One query by PyArrow, as a streaming plan of its engine Acero over a scan of the file: `pyarrow_run.py QUERY FILE RESULT.csv
THREADS`."""

import pyarrow
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.dataset
from pyarrow import acero
from task import path, query, result, threads

pyarrow.set_cpu_count(threads)
file = query.input
form = pyarrow.dataset.CsvFileFormat(
    parse_options=pyarrow.csv.ParseOptions(delimiter=file.delimiter, newlines_in_values=bool(file.newlines)),
    read_options=pyarrow.csv.ReadOptions(column_names=list(file.names) or None))
dataset = pyarrow.dataset.dataset(path, format=form)
where = pc.field(query.where[0]) > query.where[1] if query.where else None
columns = {column: pc.field(column) for column in query.columns()}

if not query.keys:
    counted = pyarrow.table({"n": [dataset.count_rows()]})
    pyarrow.csv.write_csv(counted, result)
    raise SystemExit
if not query.values:
    scanner = dataset.scanner(columns=list(query.keys), filter=where)
    with pyarrow.csv.CSVWriter(result, pyarrow.schema([dataset.schema.field(key) for key in query.keys])) as writer:
        for batch in scanner.to_batches():
            writer.write_batch(batch)
    raise SystemExit

NAMES = {"sum": "hash_sum", "min": "hash_min", "max": "hash_max", "avg": "hash_mean", "sd": "hash_stddev"}
aggregates, last = [], {key: pc.field(key) for key in query.keys}
for value in query.values:
    if value.function == "count":
        aggregates.append(([], "hash_count_all", None, value.name))
    elif value.function == "range":
        aggregates += [(value.columns[0], "hash_max", None, "greatest"), (value.columns[1], "hash_min", None, "least")]
        last[value.name] = pc.subtract(pc.field("greatest"), pc.field("least"))
        continue
    else:
        aggregates.append((value.columns[0], NAMES[value.function], None, value.name))
    last[value.name] = pc.field(value.name)
steps = [acero.Declaration("scan", acero.ScanNodeOptions(dataset, columns=columns, filter=where))]
if where is not None:
    steps.append(acero.Declaration("filter", acero.FilterNodeOptions(where)))
steps += [
    acero.Declaration("project", acero.ProjectNodeOptions(list(columns.values()), list(columns))),
    acero.Declaration("aggregate", acero.AggregateNodeOptions(aggregates, keys=list(query.keys))),
    acero.Declaration("project", acero.ProjectNodeOptions(list(last.values()), list(last))),
]
if query.ordered:
    steps.append(acero.Declaration("order_by", acero.OrderByNodeOptions([(key, "ascending") for key in query.keys])))
table = acero.Declaration.from_sequence(steps).to_table(use_threads=True)
pyarrow.csv.write_csv(table, result)
