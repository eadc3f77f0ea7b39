"""The files and queries that duckdb_oracle.py runs through DuckDB and Plimsoll. Data only.

Left out because the two are meant to differ: a zero divisor (NULL for us), sqrt, ln and corr outside their domain (an error
or NULL for us), the text of a double, quantiles of decimals as decimals.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class File:
    """An input: its path, how Plimsoll is told to read it, and how DuckDB is."""

    path: str
    flags: list[str] = field(default_factory=list)
    # DuckDB reads decimals as doubles unless told; these are the types that Plimsoll infers, with fewer digits.
    duckdb: str = "header = true"


@dataclass(frozen=True)
class Case:
    """A query; {name} stands for the file of that name. `duckdb` is what DuckDB is asked where its dialect differs."""

    sql: str
    duckdb: str | None = None
    # Relative, for doubles, beside the four units in the last place that are always allowed.
    tolerance: float = 0.0


FILES = {
    "weather": File("data/weather.csv", duckdb="header = true, types = {'t': 'DECIMAL(18,1)'}"),
    "measurements": File(
        "data/measurements.csv",
        ["--delimiter", ";", "--no-header", "--columns", "station,t"],
        "header = false, delim = ';', columns = {'station': 'VARCHAR', 't': 'DECIMAL(18,1)'}",
    ),
    "penguins": File(
        "data/penguins.csv",
        ["--null", "NA"],
        "header = true, nullstr = 'NA', types = {'bill_length_mm': 'DECIMAL(18,1)', 'bill_depth_mm': 'DECIMAL(18,1)'}",
    ),
    "penguins_raw": File(
        "data/penguins_raw.csv",
        ["--null", "NA"],
        "header = true, nullstr = 'NA', types = {'Culmen Length (mm)': 'DECIMAL(18,1)', "
        # DuckDB takes Yes and No for truth values; Plimsoll takes only true and false.
        "'Delta 15 N (o/oo)': 'DECIMAL(38,16)', 'Clutch Completion': 'VARCHAR'}",
    ),
    "nulls": File(
        "data/nulls.csv",
        duckdb="header = true, allow_quoted_nulls = false, types = {'price': 'DECIMAL(38,2)', 'x': 'DOUBLE'}",
    ),
    "keys": File("data/keys.csv", duckdb="header = true, types = {'amount': 'DECIMAL(18,2)', 'code': 'VARCHAR'}"),
    "quoted": File("data/quoted.csv", duckdb="header = true, allow_quoted_nulls = false, types = {'amount': 'DECIMAL(18,2)'}"),
    "crlf": File("data/crlf_bom.csv"),
    "semicolons": File(
        "data/semicolons.csv", ["--comment", "#"], "header = true, skip = 1, delim = ';', types = {'share': 'VARCHAR'}"
    ),
    "g1": File("data/g1.csv", duckdb="header = true, types = {'v3': 'DECIMAL(18,6)'}"),
    "wide": File("data/wide.csv", duckdb="header = true, types = {'n001': 'DECIMAL(18,2)', 'n010': 'DECIMAL(18,3)'}"),
}

RANDOM = (
    "header = true, quote = '\"', escape = '\"', allow_quoted_nulls = false, columns = {'k': 'VARCHAR', 'i': 'BIGINT', "
    "'d': 'DECIMAL(18,2)', 'f': 'DOUBLE', 's': 'VARCHAR', 'b': 'BOOLEAN', 'day': 'DATE', 'ts': 'TIMESTAMP'}"
)

# A sum of n doubles that is rounded n times is off by about n units; DuckDB's is, ours is not.
SUMS = 1e-12
# Variances and correlations over exact sums on our side, by a running update on DuckDB's.
MOMENTS = 1e-11

CASES = [
    # Whole files: bytes of fields, types, order.
    *[Case(f"SELECT * FROM {{{name}}}") for name in [
        "weather", "measurements", "penguins", "penguins_raw", "nulls", "keys", "quoted", "crlf", "semicolons", "g1", "wide",
        "small", "large",
    ]],
    Case("SELECT t, station FROM {weather} LIMIT 7 OFFSET 11"),
    Case("SELECT note FROM {quoted} WHERE note IS NOT NULL AND length(note) > 40"),
    Case('SELECT "customer, full name" AS customer, count(*) FROM {quoted} GROUP BY 1 ORDER BY 1'),
    Case('SELECT "Sample Number", "Culmen Length (mm)" FROM {penguins_raw} WHERE "Date Egg" < DATE \'2007-11-12\''),
    Case("SELECT share, population FROM {semicolons} ORDER BY population DESC"),
    # Aggregates.
    Case("SELECT station, min(t), avg(t), max(t) FROM {weather} GROUP BY station ORDER BY station"),
    Case("SELECT station, min(t), avg(t), max(t) FROM {measurements} GROUP BY station ORDER BY station"),
    Case("SELECT count(*), count(t), sum(t), avg(t), min(t), max(t) FROM {weather} WHERE t > -50"),
    Case("SELECT species, count(*), count(sex), avg(body_mass_g), avg(bill_length_mm) FROM {penguins} GROUP BY species ORDER BY 1"),
    Case("SELECT species, sex, sum(body_mass_g) FROM {penguins} GROUP BY species, sex ORDER BY species, sex NULLS FIRST"),
    Case("SELECT count(DISTINCT island), count(DISTINCT sex), count(DISTINCT year) FROM {penguins}"),
    Case("SELECT var_samp(t), var_pop(t), stddev_samp(t), stddev_pop(t) FROM {weather}", tolerance=MOMENTS),
    Case("SELECT species, variance(body_mass_g), stddev(bill_depth_mm) FROM {penguins} GROUP BY species ORDER BY species",
         tolerance=MOMENTS),
    Case("SELECT species, corr(bill_length_mm, bill_depth_mm) FROM {penguins} GROUP BY species ORDER BY 1", tolerance=MOMENTS),
    Case("SELECT median(body_mass_g), quantile_cont(flipper_length_mm, 0.9), quantile_disc(body_mass_g, 0.25) FROM {penguins}"),
    # DuckDB interpolates in doubles, Plimsoll exactly.
    Case("SELECT station, median(t), quantile_cont(t, 0.1) FROM {weather} GROUP BY station ORDER BY station",
         "SELECT station, median(t::DOUBLE), quantile_cont(t::DOUBLE, 0.1) FROM {weather} GROUP BY station ORDER BY station",
         tolerance=SUMS),
    Case("SELECT quantile_disc(body_mass_g, 0.1), quantile_disc(body_mass_g, 0.7), quantile(body_mass_g, 0.3) FROM {penguins}"),
    Case("SELECT body_mass_g // 7 AS a, -body_mass_g // 7 AS b, mod(body_mass_g, 7) AS c, strpos(species, 'e') AS d, concat(species, NULL, '-', island) AS e, left(island, 3) AS f, right(island, 3) AS g, contains(island, 'ream') AS h, ends_with(island, 'e') AS i FROM {penguins}"),
    Case("SELECT log10(body_mass_g) AS a, log2(body_mass_g) AS b, log(body_mass_g) AS c, if(body_mass_g > 4000, 1, 2) AS d, ltrim('  a ') AS e, rtrim('  a ') AS f FROM {penguins}"),
    Case("SELECT quantile_disc(t, 0.0), quantile_disc(t, 0.333), quantile_disc(t, 1.0) FROM {weather}"),
    Case("SELECT first(t), last(t), any_value(station) FROM {weather}"),
    Case("SELECT species, first(sex), last(sex), any_value(sex) FROM {penguins} GROUP BY species ORDER BY species"),
    Case("SELECT sum(price), min(price), max(price), sum(whole), max(day), min(moment), max(flag) FROM {nulls}"),
    Case("SELECT min(x), max(x), count(x) FROM {nulls}"),
    Case("SELECT min(word), max(word), count(word), count(DISTINCT word) FROM {nulls}"),
    Case("SELECT count(*), sum(whole), avg(whole), min(word) FROM {nulls} WHERE id > 100"),
    Case("SELECT word, count(*) FROM {nulls} WHERE id > 100 GROUP BY word"),
    Case("SELECT id1, sum(v1) AS v1 FROM {g1} GROUP BY id1"),
    Case("SELECT id1, id2, sum(v1) AS v1 FROM {g1} GROUP BY id1, id2"),
    Case("SELECT id3, sum(v1) AS v1, avg(v3) AS v3 FROM {g1} GROUP BY id3"),
    Case("SELECT id4, avg(v1), avg(v2), avg(v3) FROM {g1} GROUP BY id4 ORDER BY id4"),
    Case("SELECT id6, sum(v1), sum(v2), sum(v3) FROM {g1} GROUP BY id6"),
    Case("SELECT id3, max(v1) - min(v2) AS range_v1_v2 FROM {g1} GROUP BY id3 ORDER BY id3"),
    Case("SELECT b008, count(*), sum(i000), avg(n001), max(d004), min(t002) FROM {wide} GROUP BY b008 ORDER BY b008"),
    # Keys.
    Case("SELECT amount, count(*), sum(n) FROM {keys} GROUP BY amount ORDER BY amount"),
    Case("SELECT code, count(*) FROM {keys} GROUP BY code ORDER BY code"),
    Case("SELECT DISTINCT amount FROM {keys}"),
    Case("SELECT DISTINCT species, island FROM {penguins} ORDER BY island, species"),
    Case("SELECT day, count(*) FROM {small} GROUP BY day ORDER BY count(*) DESC, day LIMIT 5"),
    Case("SELECT b, k, count(*), sum(i), sum(d) FROM {large} GROUP BY b, k"),
    Case("SELECT year % 2 AS odd, count(*) FROM {penguins} GROUP BY odd ORDER BY odd"),
    Case("SELECT substr(station, 1, 1) AS initial, count(*), avg(t) FROM {measurements} GROUP BY initial ORDER BY initial"),
    Case("SELECT CASE WHEN t < 0 THEN 'frost' WHEN t < 20 THEN 'mild' ELSE 'warm' END AS kind, count(*) FROM {weather} GROUP BY 1"),
    # HAVING, ORDER BY, LIMIT.
    Case("SELECT station, count(*) AS n FROM {weather} GROUP BY station HAVING count(*) > 70 AND avg(t) > 10 ORDER BY n DESC, 1"),
    Case("SELECT station FROM {weather} GROUP BY station HAVING max(t) - min(t) > 55 ORDER BY max(t) - min(t), station"),
    Case("SELECT station, t FROM {weather} ORDER BY t DESC, station LIMIT 10"),
    Case("SELECT station, t FROM {weather} ORDER BY station DESC, t LIMIT 10 OFFSET 100"),
    Case("SELECT id, whole FROM {nulls} ORDER BY whole DESC, id"),
    Case("SELECT id, word FROM {nulls} ORDER BY word NULLS FIRST, id DESC"),
    Case("SELECT id, x FROM {nulls} ORDER BY x, id"),
    Case("SELECT i, d FROM {small} ORDER BY abs(i) NULLS FIRST, d, i, s LIMIT 50"),
    Case("SELECT s FROM {large} ORDER BY s, k, i LIMIT 200"),
    # WHERE.
    Case("SELECT station, t FROM {weather} WHERE t BETWEEN -5 AND -4.5"),
    Case("SELECT count(*) FROM {penguins} WHERE sex = 'male' AND (island = 'Biscoe' OR body_mass_g >= 5000)"),
    Case("SELECT count(*) FROM {penguins} WHERE NOT sex = 'male'"),
    Case("SELECT count(*) FROM {penguins} WHERE sex IS NULL OR bill_length_mm IS NULL"),
    Case("SELECT count(*) FROM {penguins} WHERE island IN ('Dream', 'Torgersen') AND year NOT IN (2008)"),
    Case("SELECT count(*) FROM {penguins} WHERE sex NOT IN ('male', NULL)"),
    Case("SELECT count(*) FROM {penguins} WHERE bill_length_mm > bill_depth_mm * 2.5"),
    Case("SELECT id FROM {nulls} WHERE flag"),
    Case("SELECT id FROM {nulls} WHERE NOT flag OR flag IS NULL"),
    Case("SELECT id FROM {nulls} WHERE day >= '2024-01-01' AND moment < TIMESTAMP '2024-02-29 12:00:01'"),
    Case("SELECT id FROM {nulls} WHERE word = '' OR word LIKE '% %'"),
    Case("SELECT count(*) FROM {large} WHERE i > d AND f < 0"),
    Case("SELECT count(*) FROM {large} WHERE i = 5 OR d <= -3.14 OR k <> 'a'"),
    Case("SELECT count(*) FROM {large} WHERE s < 'm' AND s >= 'A'"),
    # LIKE.
    Case("SELECT DISTINCT station FROM {measurements} WHERE station LIKE '%burg' OR station LIKE 'S_n%' ORDER BY 1"),
    Case("SELECT DISTINCT station FROM {measurements} WHERE station ILIKE 'SAINT%' OR station LIKE '_______' ORDER BY 1"),
    Case("SELECT note FROM {quoted} WHERE note LIKE '%\"%' AND note NOT LIKE '%crate%'"),
    Case("SELECT s FROM {large} WHERE s LIKE '%!%%' ESCAPE '!'"),
    # Expressions.
    Case("SELECT t + 1, t - 0.05, t * 2, -t, abs(t), t % 3 FROM {weather} LIMIT 40"),
    Case("SELECT t / 3, t * 1.5e0, 10 - t FROM {weather} LIMIT 40"),
    Case("SELECT i + 1, i - d, i * 3, i % 7, i * d, -i, i / 4 FROM {small}"),
    Case("SELECT f + i, f * 2, f - d, -f, abs(f) FROM {small}"),
    Case("SELECT sum(t * 2), avg(t + 0.5), sum(abs(t)) FROM {weather}"),
    Case("SELECT sum(i * d), avg(i - d), min(d + i), max(d - i) FROM {large}"),
    Case("SELECT k, sum(f), avg(f) FROM {large} GROUP BY k", tolerance=SUMS),
    Case("SELECT round(t), round(t, 1), round(t * 7.77, 2), floor(t), ceil(t) FROM {weather} LIMIT 60"),
    Case("SELECT round(i, -1), floor(f), ceil(f) FROM {small}"),
    Case("SELECT sqrt(abs(t)), power(t, 2), exp(t / 100), ln(abs(t) + 1) FROM {weather} LIMIT 60"),
    Case("SELECT lower(station), upper(station), length(station) FROM {measurements} LIMIT 413"),
    Case("SELECT substr(s, 2), substr(s, 2, 3), substr(s, -2), trim(s), replace(s, 'a', '__') FROM {small}"),
    Case("SELECT starts_with(s, 'a'), s || '/' || k, length(s) FROM {small}"),
    Case("SELECT coalesce(k, s, '?'), ifnull(i, 0), nullif(b, true), nullif(i, 5) FROM {small}"),
    Case("SELECT greatest(i, d, 0), least(i, d), greatest(day, DATE '2010-01-01') FROM {small}"),
    Case("SELECT CASE WHEN i > 0 THEN i ELSE d END, CASE k WHEN 'a' THEN 1 WHEN 'b' THEN 2 END FROM {small}"),
    Case("SELECT i IS NULL, b AND i > 0, b OR i > 0, NOT b, i IN (1, 2, NULL), d BETWEEN -1 AND i FROM {small}"),
    # CAST.
    Case("SELECT CAST(d AS BIGINT), CAST(f AS BIGINT), CAST(i AS DOUBLE), CAST(b AS BIGINT), CAST(i AS BOOLEAN) FROM {small}"),
    Case("SELECT CAST(i AS VARCHAR), CAST(d AS VARCHAR), CAST(b AS VARCHAR), CAST(day AS VARCHAR) FROM {small}"),
    Case("SELECT CAST(ts AS VARCHAR), CAST(ts AS DATE), CAST(day AS TIMESTAMP) FROM {small}"),
    Case("SELECT TRY_CAST(code AS BIGINT), TRY_CAST(code AS DOUBLE) FROM {keys}"),
    Case("SELECT CAST(d AS DECIMAL(10,1)), CAST(i AS DECIMAL(8,2)), TRY_CAST(i AS DECIMAL(3,1)) FROM {small}"),
    # Dates and times.
    *[Case(f"SELECT extract({part} FROM ts), date_part('{part}', day) FROM {{small}}") for part in [
        "millennium", "century", "decade", "year", "isoyear", "quarter", "month", "week", "yearweek", "day", "dow", "isodow",
        "doy", "hour", "minute", "second", "millisecond", "microsecond", "epoch",
    ]],
    *[Case(f"SELECT date_trunc('{part}', ts), date_diff('{part}', day, ts), date_sub('{part}', day, ts) FROM {{small}}")
      for part in [
        "century", "decade", "year", "isoyear", "quarter", "month", "week", "day", "hour", "minute", "second", "millisecond",
    ]],
    Case("SELECT dayname(day), monthname(ts), last_day(day), dayofweek(ts), weekofyear(day), dayofyear(ts) FROM {small}"),
    Case("SELECT day + 1, day - 365, day - DATE '2020-02-29', 7 + day, day + TIME '12:30' FROM {small}"),
    Case("SELECT day + INTERVAL 1 MONTH, ts - INTERVAL '1 year 1 month 1 day 1 hour', ts + INTERVAL (i) DAY FROM {small} WHERE i < 1000 AND i > -1000"),
    Case("SELECT CAST(ts - TIMESTAMP '2020-02-29 12:00:00' AS VARCHAR), CAST(INTERVAL '14 months -3 days' AS VARCHAR) FROM {small}"),
    Case("SELECT ts - day > INTERVAL 1 MONTH, INTERVAL 1 MONTH = INTERVAL 30 DAY FROM {small}"),
    Case("SELECT strftime(ts, '%Y-%m-%d %H:%M:%S.%f %p %I %b %B %a %A %j %y %-d %-m %%'), strftime(day, '%d.%m.%Y') FROM {small}"),
    Case("SELECT strptime(strftime(ts, '%d/%b/%Y %I:%M:%S %p'), '%d/%b/%Y %I:%M:%S %p'), try_strptime(s, '%Y') FROM {small}"),
    Case("SELECT make_date(2024, 2, 29), make_time(12, 30, 1.5), make_timestamp(2024, 2, 29, 12, 30, 1.25), epoch_ms(ts) FROM {small}"),
    Case("SELECT CAST(ts AS TIME), max(CAST(ts AS TIME)) FROM {small} GROUP BY 1 ORDER BY 1"),
    Case("SELECT TRY_CAST(s AS DATE), TRY_CAST(CAST(day AS VARCHAR) AS DATE), CAST('2024-02-29' AS DATE) FROM {small}"),
]
