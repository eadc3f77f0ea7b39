//! Statements and expressions that are read, and what they become.

use plimsoll_core::{CsvOptions, Expr, Value};

use super::{expression, parse, show};

#[test]
fn statements() {
    for (sql, shown) in [
        ("SELECT * FROM 'f.csv'", "* FROM f.csv"),
        ("select a, b as c, 1 \"d e\" from 'f.csv';", "a, b AS c, 1 AS d e FROM f.csv"),
        ("FROM 'f.csv'", " FROM f.csv"),
        ("FROM 'f.csv' SELECT a", "a FROM f.csv"),
        ("SELECT a FROM \"dir/it's.csv\"", "a FROM dir/it's.csv"),
        ("SELECT a FROM 'it''s.csv'", "a FROM it's.csv"),
        ("SELECT a FROM data.file.csv", "a FROM data.file.csv"),
        ("SELECT a FROM '-'", "a FROM -"),
        ("SELECT t.a, t.* FROM 'f.csv' AS t WHERE T.b = 1", "a, * FROM f.csv WHERE b = 1"),
        ("SELECT f.a FROM 'dir/f.csv.gz'", "a FROM dir/f.csv.gz"),
        (
            "-- a comment\nSELECT station, min(t), avg(t) /* mean */, max(t) FROM 'w.csv' WHERE t > -50 GROUP BY station ORDER BY station",
            "station, min(t), avg(t), max(t) FROM w.csv WHERE t > -50 GROUP BY station ORDER BY station",
        ),
        (
            "SELECT a, count(*) n FROM 'f' GROUP BY 1, lower(b), c HAVING count(*) > 1 ORDER BY 2 DESC, n, a NULLS FIRST, b DESC NULLS LAST LIMIT 10 OFFSET 5",
            "a, count(*) AS n FROM f GROUP BY 1, lower(b), c HAVING count(*) > 1 ORDER BY 2 DESC, n, a NULLS FIRST, b DESC LIMIT 10 OFFSET 5",
        ),
        ("SELECT DISTINCT a FROM f OFFSET 3 ROWS", "DISTINCT a FROM f OFFSET 3"),
        ("SELECT ALL a FROM f LIMIT ALL", "a FROM f"),
        (
            "SELECT a, 7, sum(b) + 1, c + 1 FROM f GROUP BY ALL",
            "a, 7, sum(b) + 1, c + 1 FROM f GROUP BY 1, 2, 4",
        ),
        ("SELECT sum(b) FROM f GROUP BY ALL", "sum(b) FROM f"),
        (
            "SELECT a, b FROM f ORDER BY ALL DESC NULLS FIRST",
            "a, b FROM f ORDER BY 1 DESC NULLS FIRST, 2 DESC NULLS FIRST",
        ),
        ("SELECT a FROM read_csv('f.csv') t WHERE t.a", "a FROM f.csv WHERE a"),
    ] {
        assert_eq!(show(&parse(sql)), shown, "{sql}");
    }
}

#[test]
fn expressions() {
    for (sql, shown) in [
        // Names of sessions are columns, as any other word.
        ("current_user || user", "current_user || user"),
        // Precedence.
        ("a + b * c - d", "(a + (b * c)) - d"),
        ("-a * b % c / d", "(((-a) * b) % c) / d"),
        ("a || b + c || d", "(a || (b + c)) || d"),
        ("a || 'x' = 'bx'", "(a || 'x') = 'bx'"),
        ("NOT a = b AND c OR d", "((NOT (a = b)) AND c) OR d"),
        ("a = b IS NULL", "(a = b) IS NULL"),
        ("a = b LIKE c", "a = (b LIKE c)"),
        ("a = b BETWEEN 1 AND 2", "a = ((b >= 1) AND (b <= 2))"),
        ("-a::BIGINT", "-CAST(a AS BIGINT)"),
        ("a - -b", "a - (-b)"),
        ("a == b", "a = b"),
        ("a != b", "a <> b"),
        // Chains are trees of little depth in the same order.
        ("a AND b AND c AND d AND e", "((a AND b) AND (c AND d)) AND e"),
        ("a OR b AND c OR d", "(a OR (b AND c)) OR d"),
        // What is written with other nodes.
        ("a BETWEEN 1 AND 2", "(a >= 1) AND (a <= 2)"),
        ("a NOT BETWEEN 1 AND 2", "NOT ((a >= 1) AND (a <= 2))"),
        ("a IS TRUE", "coalesce(a, false)"),
        ("a IS NOT TRUE", "NOT coalesce(a, false)"),
        ("a IS FALSE", "NOT coalesce(a, true)"),
        ("a IS NOT FALSE", "NOT (NOT coalesce(a, true))"),
        ("a IS UNKNOWN", "a IS NULL"),
        ("a NOTNULL", "a IS NOT NULL"),
        ("a IS DISTINCT FROM b", "coalesce(a <> b, (a IS NULL) <> (b IS NULL))"),
        ("a IS NOT DISTINCT FROM b", "coalesce(a = b, (a IS NULL) = (b IS NULL))"),
        ("CASE a WHEN 1 THEN b END", "CASE WHEN a = 1 THEN b END"),
        ("CASE WHEN a THEN b WHEN c THEN d ELSE e END", "CASE WHEN a THEN b WHEN c THEN d ELSE e END"),
        // Lists and patterns.
        ("a IN (1, 2.5, NULL)", "a IN (1, 2.5, NULL)"),
        ("a NOT IN ('x')", "a NOT IN ('x')"),
        ("a LIKE 'x!%' ESCAPE '!'", "a LIKE 'x!%' ESCAPE '!'"),
        ("a LIKE b ESCAPE ''", "a LIKE b"),
        ("a LIKE b ESCAPE ''''", "a LIKE b ESCAPE ''''"),
        ("a NOT ILIKE 'x%'", "a NOT ILIKE 'x%'"),
        // Types.
        ("CAST(a AS DECIMAL(4, 1))", "CAST(a AS DECIMAL(4,1))"),
        ("TRY_CAST(a AS double precision)", "TRY_CAST(a AS DOUBLE)"),
        ("a::text::INTEGER", "CAST(CAST(a AS VARCHAR) AS BIGINT)"),
        ("CAST(a AS TIMESTAMP)", "CAST(a AS TIMESTAMP)"),
        ("DOUBLE '1.5'", "CAST('1.5' AS DOUBLE)"),
        ("DATE '2024-02-29'", "DATE '2024-02-29'"),
        ("TIMESTAMP '2024-02-29'", "TIMESTAMP '2024-02-29 00:00:00'"),
        ("TIMESTAMP '2024-02-29T12:30:00.5'", "TIMESTAMP '2024-02-29 12:30:00.5'"),
        // Functions.
        ("COALESCE(a, b, 1)", "coalesce(a, b, 1)"),
        ("coalesce(a = b AND c, false)", "coalesce((a = b) AND c, false)"),
        ("nullif(a, 0)", "nullif(a, 0)"),
        ("Lower(a) || UPPER(b)", "lower(a) || upper(b)"),
        ("substring(a FROM 2 FOR 3)", "substr(a, 2, 3)"),
        ("substring(a FOR 3)", "substr(a, 1, 3)"),
        ("substr(a, -2)", "substr(a, -2)"),
        ("trim(a)", "trim(a)"),
        ("replace(a, 'x', '')", "replace(a, 'x', '')"),
        ("starts_with(a, 'x')", "starts_with(a, 'x')"),
        ("len(a)", "length(a)"),
        ("ltrim(a) || trim(LEADING a) || trim(TRAILING a)", "(ltrim(a) || ltrim(a)) || rtrim(a)"),
        ("position('x' IN a) + instr(a, 'x')", "strpos(a, 'x') + strpos(a, 'x')"),
        (
            "concat(a, 'x', 1)",
            "coalesce(CAST(a AS VARCHAR), '') || ('x' || coalesce(CAST(1 AS VARCHAR), ''))",
        ),
        ("concat(a)", "coalesce(CAST(a AS VARCHAR), '')"),
        ("left(a, 2) || right(a, 2)", "substr(a, 1, 2) || substr(a, -2, 2)"),
        ("contains(a, 'x')", "strpos(a, 'x') > 0"),
        ("ends_with(a, b)", "substr(a, -length(b), length(b)) = b"),
        ("a // b * c", "(a // b) * c"),
        ("mod(a, b)", "a % b"),
        ("if(a, 1, 2)", "CASE WHEN a THEN 1 ELSE 2 END"),
        ("nvl(a, 0)", "coalesce(a, 0)"),
        ("trunc(a)", "CASE WHEN a < 0 THEN ceil(a) ELSE floor(a) END"),
        ("date(a)", "CAST(a AS DATE)"),
        ("log(a) + log10(a) + log2(a)", "(log10(a) + log10(a)) + log2(a)"),
        ("count_if(a)", "count(CASE WHEN a THEN 1 END)"),
        ("quantile(a, 0.1)", "quantile_disc(a, 0.1)"),
        ("ceil(a) + ceiling(b) + floor(c)", "(ceil(a) + ceil(b)) + floor(c)"),
        ("round(a, -1)", "round(a, -1)"),
        ("greatest(a, b) + least(a)", "greatest(a, b) + least(a)"),
        (
            "power(a, 2) + sqrt(b) + ln(c) + exp(d) + abs(e)",
            "(((power(a, 2) + sqrt(b)) + ln(c)) + exp(d)) + abs(e)",
        ),
        // Aggregates.
        ("count() + count(*)", "count(*) + count(*)"),
        ("count(a) + count(DISTINCT a) + count(ALL a)", "(count(a) + count(DISTINCT a)) + count(a)"),
        ("mean(a) + variance(a) + stddev(a)", "(avg(a) + var_samp(a)) + stddev_samp(a)"),
        ("median(a) + quantile_cont(a, .5)", "median(a) + median(a)"),
        ("quantile_cont(a, 0.25) + quantile_disc(a, 1)", "quantile_cont(a, 0.25) + quantile_disc(a, 1)"),
        ("quantile_disc(a, 1e-3)", "quantile_disc(a, 0.001)"),
        (
            "first(a) + last(a) + any_value(a) + corr(a, b)",
            "((first(a) + last(a)) + any_value(a)) + corr(a, b)",
        ),
        // Names.
        ("\"order\" + \"a b\" + A", "(\"order\" + \"a b\") + A"),
        ("größe", "\"größe\""),
    ] {
        assert_eq!(expression(sql).to_string(), shown, "{sql}");
    }
}

#[test]
fn constants() {
    let many = "9".repeat(38);
    for (sql, value) in [
        ("0", Value::Int64(0)),
        ("007", Value::Int64(7)),
        ("1_000", Value::Int64(1000)),
        ("9223372036854775807", Value::Int64(i64::MAX)),
        ("9223372036854775808", Value::decimal(1 << 63, 0)),
        ("-9223372036854775808", Value::Int64(i64::MIN)),
        ("- -5", Value::Int64(5)),
        ("+5", Value::Int64(5)),
        ("-(5)", Value::Int64(-5)),
        ("5.", Value::Int64(5)),
        ("1.50", Value::decimal(150, 2)),
        (".5", Value::decimal(5, 1)),
        ("-0.0", Value::decimal(0, 1)),
        (&many, Value::decimal(many.parse().unwrap(), 0)),
        ("1.5e3", Value::Float64(1500.0)),
        ("1E-400", Value::Float64(0.0)),
        ("-0e0", Value::Float64(0.0)),
        ("''", Value::Utf8("".into())),
        ("'it''s \\n'", Value::Utf8("it's \\n".into())),
        ("$$it's$$", Value::Utf8("it's".into())),
        ("TRUE", Value::Boolean(true)),
        ("null", Value::Null),
        ("DATE '1970-01-02'", Value::Date(1)),
        ("TIME '12:30'", Value::Time(45_000_000_000)),
        ("TIMESTAMP '1970-01-01 00:00:01'", Value::Timestamp(1_000_000)),
    ] {
        assert_eq!(expression(sql), Expr::Literal(value), "{sql}");
    }
}

#[test]
fn long_lists_and_chains_are_fine() {
    let list: Vec<String> = (0..50_000).map(|n| n.to_string()).collect();
    assert!(
        matches!(expression(&format!("a IN ({})", list.join(", "))), Expr::InSet { constants, .. } if constants.values().len() == 50_000)
    );
    let chain = vec!["a = 1"; 1_500].join(" OR ");
    assert!(expression(&chain).to_string().len() > chain.len());
}

#[test]
fn the_defaults_are_kept() {
    let defaults = CsvOptions { delimiter: Some(b';'.into()), skip_rows: Some(2), ..CsvOptions::default() };
    let query = crate::sql::parse("SELECT * FROM 'f.csv'", &defaults).unwrap();
    assert_eq!(query.from.options, defaults);
    let query = crate::sql::parse("SELECT * FROM read_csv('f.csv', skip=3)", &defaults).unwrap();
    assert_eq!(query.from.options, CsvOptions { skip_rows: Some(3), ..defaults });
}
