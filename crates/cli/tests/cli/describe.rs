//! The dialect as it is found and shown: describe, the footer, explain, --stats.

use crate::program::Place;

const PEOPLE: &str = "1;ann;2,5\n2;bob;3,5\n3;ann;\n";

#[test]
fn columns_for_programs_and_the_dialect_beside_them() {
    let place = Place::with("id;name;v\n1;ann;2.5\n2;bob;3.5\n3;ann;\n");
    let run = place.run(&["describe", "f.csv", "--format", "csv"]);
    assert_eq!(
        run.printed(),
        "column,type,nulls,distinct,distinct_is_exact,min,q25,q50,q75,quartiles_are_exact,max,mean,top\n\
         id,BIGINT,0,3,true,1,1,2,3,true,3,2.0,\"1 (1), 2 (1), 3 (1)\"\n\
         name,VARCHAR,0,2,true,ann,,,,true,bob,,\"ann (2), bob (1)\"\n\
         v,\"DECIMAL(38,1)\",1,2,true,2.5,2.5,2.5,3.5,true,3.5,3.0,\"2.5 (1), 3.5 (1)\"\n"
    );
    assert!(run.stderr.contains("delimiter ;: splits all 4 sampled records into 3 fields (--delimiter)"));
    assert!(run.stderr.contains("3 records"), "{}", run.stderr);
}

#[test]
fn times_and_days() {
    let place = Place::with("t,d\n10:30:00,2024-01-02\n09:15:00,2024-01-01\n");
    let run = place.run(&["describe", "f.csv", "--format", "csv", "--quiet", "--types", "t=TIME"]);
    assert!(run.printed().contains("t,TIME,0,2,true,09:15:00,09:15:00,09:15:00,10:30:00,true,10:30:00,,"));
    assert!(run.stdout.contains("d,DATE,0,2,true,2024-01-01,"), "{}", run.stdout);
}

#[test]
fn two_tables_for_people() {
    let place = Place::with(PEOPLE);
    let run = place.run(&["describe", "f.csv", "--format", "markdown", "--quiet"]);
    let text = run.printed();
    assert!(text.contains("--delimiter") && text.contains("the first record has the types of the others"));
    assert!(text.contains("column0") && text.contains("ann (2)"), "{text}");
    assert_eq!(run.stderr, "");
}

#[test]
fn estimates_are_marked_and_do_not_depend_on_threads() {
    let mut text = String::from("id,k\n");
    for number in 0..50_000 {
        text.push_str(&format!("{number},{}\n", number % 7));
    }
    let place = Place::with(text);
    let described = |threads: &str| {
        let run = place.run(&["describe", "f.csv", "--format", "markdown", "--threads", threads]);
        run.printed().to_owned()
    };
    let one = described("1");
    assert!(one.contains('~') && one.contains("| 49999"), "{one}");
    assert_eq!(one, described("4"));
    place.run(&["describe", "f.csv", "--format", "json", "--memory-limit", "32MiB"]).printed();
}

#[test]
fn a_type_that_is_wider_behind_the_head() {
    let mut text = String::from("v\n");
    for _ in 0..200_000 {
        text.push_str("12\n");
    }
    text.push_str("0.5\n");
    let run = Place::with(text).run(&["describe", "f.csv", "--format", "csv", "--quiet"]);
    assert!(run.printed().contains("v,\"DECIMAL(38,1)\",0,2,true,0.5,12.0,12.0,12.0,"), "{}", run.stdout);
}

#[test]
fn the_footer_the_plan_and_the_stats_name_what_was_found() {
    let place = Place::with(PEOPLE);
    let sql = "SELECT count(*) AS n FROM 'f.csv'";
    let run = place.run(&["query", sql, "--stats", "stats.json"]);
    assert_eq!(run.printed(), "n\n3\n");
    let found = "dialect: delimiter ';' · no header (the first record has the types of the others; --header if it \
                 names the columns)";
    assert!(run.stderr.contains(found), "{}", run.stderr);
    let stats: serde_json::Value = serde_json::from_str(&place.read("stats.json")).unwrap();
    assert_eq!(stats["dialect"]["header"]["value"], "no");
    let plan = place.run(&["explain", sql]);
    assert!(plan.printed().contains("delimiter ';', no header"), "{}", plan.stdout);
    let given = place.run(&["query", sql, "--header", "--delimiter", ";"]);
    assert_eq!(given.printed(), "n\n2\n");
    assert!(!given.stderr.contains("dialect:"), "{}", given.stderr);
}

#[test]
fn a_ragged_record_is_an_error_and_no_column() {
    let place = Place::with("id;name;v\n1;ann;10\n2;bob;20\n3;eve\n");
    place.run(&["query", "SELECT sum(v) FROM 'f.csv'"]).failed(3, &["line 4", "2 fields"]);
}
