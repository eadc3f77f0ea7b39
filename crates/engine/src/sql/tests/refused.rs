//! What is outside: the message, the place and the hint.

use plimsoll_core::{CsvOptions, ErrorKind};

/// Each case: the statement, the message, the text at the place (empty for the end or for no place), a part of the hint.
fn check(cases: &[(&str, &str, &str, &str)]) {
    for (sql, expected, at, part) in cases {
        match crate::sql::parse(sql, &CsvOptions::default()).map_err(plimsoll_core::Error::into_kind) {
            Err(ErrorKind::Sql { message, line, column, hint, sql: text }) => {
                assert_eq!((&*message, &*text), (*expected, *sql));
                assert!(hint.contains(part) && hint.is_empty() == part.is_empty(), "{sql}\n{hint}");
                let line =
                    text.lines().nth(usize::try_from(line).unwrap().wrapping_sub(1)).unwrap_or_default();
                let rest: String =
                    line.chars().skip(usize::try_from(column).unwrap().saturating_sub(1)).collect();
                assert!(
                    rest.starts_with(at) && (at.is_empty() == rest.is_empty()),
                    "{sql}\n{at} is not at {rest}"
                );
            }
            other => panic!("{sql}\n{other:?}"),
        }
    }
}

#[test]
fn syntax() {
    check(&[
        ("", "there is no statement", "", "SELECT"),
        (" ;; -- nothing", "there is no statement", "", "SELECT"),
        ("SELEC a", "expected an SQL statement, found SELEC", "SELEC", ""),
        ("SELECT a FROM", "expected identifier, found the end of the text", "", ""),
        ("SELECT a\nFROM 'f' WHERE\n  a = )", "expected an expression, found )", ")", ""),
        ("SELECT a,\nFROM f", "expected an expression, found FROM", "FROM f", ""),
        ("SELECT 'größe', 'abc", "unterminated string literal", "'abc", ""),
        ("SELECT a b c FROM f", "expected end of statement, found c", "c FROM", ""),
        (
            "SELECT a FROM dir/f.csv",
            "expected end of statement, found /",
            "/f.csv",
            "FROM 'path/to/file.csv'",
        ),
        ("SELECT a ** b FROM f", "expected an expression, found *", "* b", "power(a, b)"),
        ("SELECT a FROM f WHERE a ISNULL", "expected end of statement, found ISNULL", "ISNULL", "IS NULL"),
    ]);
}

#[test]
fn statements() {
    check(&[
        ("INSERT INTO t VALUES (1)", "INSERT is not supported", "INSERT", "SELECT … FROM 'file.csv'"),
        ("CREATE TABLE t (a INT)", "CREATE is not supported", "CREATE", "SELECT"),
        ("explain SELECT 1", "EXPLAIN is not supported", "explain", "SELECT"),
        (
            "SELECT a FROM f; SELECT b FROM f",
            "several statements are not supported",
            "SELECT b",
            "one statement",
        ),
        ("WITH x AS (SELECT 1) SELECT a FROM x", "WITH is not supported", "WITH", "one SELECT"),
        (
            "SELECT a FROM f UNION ALL SELECT a FROM g",
            "UNION is not supported",
            "UNION",
            "one after the other",
        ),
        ("SELECT a FROM f EXCEPT SELECT a FROM g", "EXCEPT is not supported", "EXCEPT", "NOT"),
        ("(SELECT a FROM f)", "a query in parentheses is not supported", "(", "parentheses"),
        ("VALUES (1)", "VALUES is not supported", "VALUES", "SELECT"),
        ("SELECT 1", "the query names no file", "SELECT", "FROM 'file.csv'"),
        ("SELECT a FROM f, g", "several tables are not supported", "FROM", "one file"),
        ("SELECT a FROM f JOIN g ON f.a = g.a", "JOIN is not supported", "JOIN", "one file"),
        ("SELECT a FROM (SELECT a FROM f)", "a subquery in FROM is not supported", "FROM", "to a file first"),
        ("SELECT a FROM LATERAL (SELECT 1)", "LATERAL is not supported", "LATERAL", "one file"),
        ("SELECT a FROM f TABLESAMPLE (10)", "TABLESAMPLE is not supported", "TABLESAMPLE", "LIMIT"),
        ("SELECT a FROM ''", "the file has no name", "FROM", "FROM 'file.csv'"),
        ("SELECT a FROM f AS t (x)", "names of columns after an alias are not supported", "t (x)", "names="),
        ("SELECT DISTINCT ON (a) b FROM f", "DISTINCT ON is not supported", "DISTINCT", "first(x)"),
        ("SELECT TOP 5 a FROM f", "TOP is not supported", "TOP", "LIMIT"),
        ("SELECT a INTO t FROM f", "INTO is not supported", "INTO", "standard output"),
        ("SELECT a FROM f QUALIFY a > 1", "QUALIFY is not supported", "QUALIFY", "HAVING"),
        ("SELECT a FROM f GROUP BY ROLLUP (a)", "ROLLUP is not supported", "ROLLUP", "each grouping"),
        (
            "SELECT a FROM f GROUP BY GROUPING SETS ((a), ())",
            "GROUPING SETS is not supported",
            "GROUPING",
            "each grouping",
        ),
        (
            "SELECT * FROM f GROUP BY ALL",
            "GROUP BY ALL does not go with SELECT *",
            "GROUP",
            "name the columns",
        ),
        ("SELECT a FROM f FETCH FIRST 5 ROWS ONLY", "FETCH is not supported", "FETCH", "LIMIT n"),
        ("SELECT a FROM f LIMIT 5, 10", "LIMIT a, b is not supported", "LIMIT", "LIMIT 10 OFFSET 5"),
        ("SELECT a FROM f LIMIT -1", "LIMIT takes a number of rows", "LIMIT", "LIMIT 10"),
        ("SELECT a FROM f LIMIT 5 OFFSET a", "OFFSET takes a number of rows", "OFFSET", "OFFSET 10"),
        ("SELECT * EXCLUDE (a) FROM f", "* EXCLUDE is not supported", "*", "name the columns"),
        ("SELECT * EXCEPT (a) FROM f", "* EXCEPT is not supported", "*", "name the columns"),
        ("SELECT * REPLACE (1 AS a) FROM f", "* REPLACE is not supported", "*", "name the columns"),
        ("SELECT x.* FROM f", "no table is called x", "x.*", "called f"),
        ("SELECT a ISNULL FROM f", "ISNULL is not supported", "ISNULL", "IS NULL"),
    ]);
}

#[test]
fn expressions() {
    check(&[
        ("SELECT x.a FROM 'f.csv' AS t", "no table is called x", "x.a", "called t"),
        ("SELECT a.b.c FROM f", "a column has one qualifier at most", "a.b.c", "\"a.b\""),
        ("SELECT a FROM f WHERE a IN (SELECT 1)", "a subquery is not supported", "a IN", "inner query"),
        ("SELECT a FROM f WHERE EXISTS (SELECT 1)", "a subquery is not supported", "EXISTS", "inner query"),
        ("SELECT (SELECT 1) FROM f", "a subquery is not supported", "SELECT 1", "inner query"),
        ("SELECT ? FROM f", "parameters are not supported: ?", "?", "write the value"),
        ("SELECT a + $1 FROM f", "parameters are not supported: $1", "$1", "write the value"),
        ("SELECT a GLOB 'x*' FROM f", "operator GLOB is not supported", "GLOB", "LIKE"),
        ("SELECT a ~ 'x' FROM f", "operator ~ is not supported", "~", "LIKE"),
        ("SELECT a ^ 2 FROM f", "operator ^ is not supported", "^ 2", "power(a, b)"),
        ("SELECT a SIMILAR TO 'x' FROM f", "SIMILAR TO is not supported", "SIMILAR", "LIKE"),
        ("SELECT a LIKE 'x' ESCAPE 'ab' FROM f", "ESCAPE takes one character in single quotes", "'ab'", ""),
        (
            "SELECT INTERVAL '1-2' YEAR TO MONTH FROM f",
            "INTERVAL … TO … is not supported",
            "INTERVAL",
            "2 months",
        ),
        ("SELECT INTERVAL '1 fortnight' FROM f", "'1 fortnight' is no interval", "INTERVAL", "3 DAY"),
        (
            "SELECT INTERVAL '1.5' DAY FROM f",
            "INTERVAL '1.5' DAY takes a whole number",
            "INTERVAL",
            "INTERVAL '1.5 day'",
        ),
        (
            "SELECT a AT TIME ZONE 'Europe/Oslo' FROM f",
            "time zone 'Europe/Oslo' is not supported",
            "'Europe/Oslo'",
            "+02:00",
        ),
        (
            "SELECT extract(julian FROM a) FROM f",
            "extract(julian FROM …) is not supported",
            "extract",
            "epoch",
        ),
        ("SELECT (a, b) FROM f", "a row of several values is not supported", "a, b", "parentheses"),
        ("SELECT [1, 2] FROM f", "a list, struct or map is not supported", "1, 2", "values"),
        ("SELECT DATE '2024-02-30' FROM f", "'2024-02-30' is no date", "'2024-02-30'", "DATE '2024-01-31'"),
        ("SELECT TIMESTAMP 'now' FROM f", "'now' is no timestamp", "'now'", "TIMESTAMP"),
        ("SELECT CAST(a AS BLOB) FROM f", "type BLOB is not supported", "BLOB", "VARCHAR"),
        ("SELECT a::HUGEINT FROM f", "type HUGEINT is not supported", "HUGEINT", "DECIMAL(38, s)"),
        (
            "SELECT a::DECIMAL(40, 2) FROM f",
            "type DECIMAL(40,2) is not supported",
            "DECIMAL",
            "DECIMAL(38, s)",
        ),
        ("SELECT 1e400 FROM f", "no double holds 1e400", "1e400", "1.8e308"),
        ("SELECT 0xFF FROM f", "this kind of constant is not supported", "0xFF", "numbers"),
        (
            "SELECT trim(LEADING 'x' FROM a) FROM f",
            "TRIM with characters is not supported",
            "trim",
            "replace",
        ),
        ("SELECT floor(a, 2) FROM f", "floor() takes 1 argument", "a, 2", "round(x, digits)"),
    ]);
    let long = format!("SELECT {} FROM f", "1".repeat(39));
    let message = format!("a number may have 38 digits: {}", "1".repeat(39));
    check(&[(&long, &message, "111", "exponent")]);
}

#[test]
fn calls() {
    check(&[
        ("SELECT lowr(a) FROM f", "no function is called lowr", "lowr", "did you mean lower?"),
        ("SELECT qqqq(a) FROM f", "no function is called qqqq", "qqqq", ""),
        ("SELECT concat() FROM f", "concat() takes 1 or more arguments, not 0", "concat", ""),
        (
            "SELECT regexp_matches(a, 'x') FROM f",
            "function regexp_matches is not supported",
            "regexp",
            "LIKE",
        ),
        (
            "SELECT string_agg(a, ',') FROM f",
            "function string_agg is not supported",
            "string_agg",
            "not joined yet",
        ),
        ("SELECT left(a, -1) FROM f", "left() takes a number of characters, 0 or more", "left", "left(x, 3)"),
        ("SELECT sum(a) OVER (ORDER BY b) FROM f", "sum() OVER (…) is not supported", "sum", "GROUP BY"),
        (
            "SELECT sum(a) FILTER (WHERE b > 1) FROM f",
            "FILTER (WHERE …) is not supported",
            "sum",
            "write sum(CASE WHEN b > 1 THEN a END)",
        ),
        (
            "SELECT count(*) FILTER (WHERE b) FROM f",
            "FILTER (WHERE …) is not supported",
            "count",
            "write count(CASE WHEN b THEN 1 END)",
        ),
        ("SELECT sum(DISTINCT a) FROM f", "sum(DISTINCT …) is not supported", "sum", "SELECT DISTINCT"),
        ("SELECT min(DISTINCT a) FROM f", "min(DISTINCT …) is not supported", "min", "min(x)"),
        ("SELECT count(DISTINCT *) FROM f", "count(DISTINCT *) is not supported", "count", "SELECT DISTINCT"),
        ("SELECT sum(*) FROM f", "sum(*) is not supported", "sum", "name a column"),
        ("SELECT sum(a, b) FROM f", "sum() takes 1 argument, not 2", "sum", ""),
        ("SELECT corr(a) FROM f", "corr() takes 2 arguments, not 1", "corr", ""),
        ("SELECT coalesce() FROM f", "coalesce() takes 1 or more arguments, not 0", "coalesce", ""),
        ("SELECT round(a, 1, 2) FROM f", "round() takes 1 to 2 arguments, not 3", "round", ""),
        ("SELECT lower(a := b) FROM f", "lower() takes no named arguments", "lower", ""),
        (
            "SELECT quantile_cont(a, 1.5) FROM f",
            "the second argument of quantile_cont() is a number from 0 to 1, with 38 digits at most",
            "quantile_cont",
            "quantile_cont(x, 0.5)",
        ),
        (
            "SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY a) FROM f",
            "WITHIN GROUP is not supported",
            "percentile_cont",
            "quantile_cont(x, 0.5)",
        ),
        (
            "SELECT first(a ORDER BY b) FROM f",
            "ORDER BY or another clause inside a call is not supported",
            "first",
            "order of the file",
        ),
    ]);
}

#[test]
fn options() {
    check(&[
        (
            "SELECT * FROM read_csv('f', delimitr=';')",
            "read_csv has no option delimitr",
            "delimitr",
            "did you mean delimiter?",
        ),
        (
            "SELECT * FROM read_csv('f', zzz=1)",
            "read_csv has no option zzz",
            "zzz",
            "the options are encoding, delimiter, quote",
        ),
        (
            "SELECT * FROM read_csv('f', ignore_errors=true)",
            "read_csv has no option ignore_errors",
            "ignore_errors",
            "on_error='skip'",
        ),
        (
            "SELECT * FROM read_csv('f', null_padding=true)",
            "read_csv has no option null_padding",
            "null_padding",
            "ragged='pad'",
        ),
        (
            "SELECT * FROM read_csv('f', strict_mode=false)",
            "read_csv has no option strict_mode",
            "strict_mode",
            "quotes='lenient'",
        ),
        ("SELECT * FROM read_csv('f', ragged='cut')", "ragged takes 'fail' or 'pad' or 'skip'", "ragged", ""),
        (
            "SELECT * FROM read_csv('f', sample_size=-1)",
            "read_csv has no option sample_size",
            "sample_size",
            "infer='full'",
        ),
        ("SELECT * FROM read_csv('f', sep='')", "a delimiter cannot be empty", "sep", ""),
        ("SELECT * FROM read_csv('f', sep='ä')", "a delimiter is of ASCII characters", "sep", ""),
        ("SELECT * FROM read_csv('f', sep=1)", "sep takes a text in single quotes", "sep", ""),
        (
            "SELECT * FROM read_csv('f', encoding=1)",
            "encoding takes a label, such as 'windows-1252'",
            "encoding",
            "",
        ),
        (
            "SELECT * FROM read_csv('f', decimal='')",
            "decimal takes one ASCII character in single quotes",
            "decimal",
            "",
        ),
        (
            "SELECT * FROM read_csv('f', dateformat='')",
            "dateformat takes a format such as '%d/%m/%Y'",
            "dateformat",
            "",
        ),
        (
            "SELECT * FROM read_csv('f', quote='ä')",
            "quote takes one ASCII character in single quotes",
            "quote",
            "",
        ),
        ("SELECT * FROM read_csv('f', header='yes')", "header takes true or false", "header", ""),
        ("SELECT * FROM read_csv('f', skip=-1)", "skip takes a whole number", "skip", ""),
        ("SELECT * FROM read_csv('f', infer='all')", "infer takes 'sample' or 'full'", "infer", ""),
        ("SELECT * FROM read_csv('f', max_field=0)", "max_field takes a number of bytes", "max_field", ""),
        (
            "SELECT * FROM read_csv('f', types={'a': 'BLOB'})",
            "type BLOB is not supported",
            "'BLOB'",
            "VARCHAR",
        ),
        (
            "SELECT * FROM read_csv('f', types=['BIGINT'])",
            "types takes names and types: {'a': 'BIGINT', 'b': 'VARCHAR'}",
            "types",
            "",
        ),
        ("SELECT * FROM read_csv('f', sep=',', delim=',')", "delim is given twice", "delim", ""),
        (
            "SELECT * FROM read_csv('f', columns={'a': 'DATE'}, names=['a'])",
            "names is given twice",
            "names",
            "exclude",
        ),
        ("SELECT * FROM read_csv('f', ';')", "options of read_csv have names", "';'", "delimiter=';'"),
        (
            "SELECT * FROM read_csv(['f', 'g'])",
            "several files are not supported",
            "read_csv",
            "read_csv('file.csv')",
        ),
        (
            "SELECT * FROM read_parquet('f')",
            "table function read_parquet is not supported",
            "read_parquet",
            "FROM 'file.csv'",
        ),
    ]);
}

#[test]
fn the_caret_stands_under_the_place() {
    let error = crate::sql::parse("SELECT a,\n\tlowr(b) FROM f", &CsvOptions::default()).unwrap_err();
    let expected = "no function is called lowr\n  \tlowr(b) FROM f\n  \t^\n  hint: did you mean lower?";
    assert_eq!(error.to_string(), expected);
}
