//! The same output whatever the number of threads and the block size, over the files of the repository.

use crate::program::Place;

/// A query over a file of `data/`, and its flags.
const QUERIES: [(&str, &[&str]); 10] = [
    ("SELECT station, min(t), avg(t), max(t) FROM 'data/weather.csv' GROUP BY station ORDER BY station", &[]),
    ("SELECT station, t FROM 'data/weather.csv' WHERE t > 30", &[]),
    ("SELECT station, t FROM 'data/weather.csv' ORDER BY t DESC LIMIT 20", &[]),
    (
        "SELECT column0, stddev(column1), median(column1) FROM 'data/measurements.csv' GROUP BY 1 ORDER BY 1",
        &["--delimiter", ";", "--no-header"],
    ),
    (
        "SELECT id1, id2, sum(v1), avg(v3), corr(v1, v2) FROM 'data/g1.csv' GROUP BY id1, id2 ORDER BY id1, id2",
        &[],
    ),
    ("SELECT * FROM 'data/wide.csv'", &[]),
    ("SELECT * FROM 'data/quoted.csv'", &[]),
    ("SELECT DISTINCT species, island, sex FROM 'data/penguins.csv'", &["--null", "NA"]),
    (
        "SELECT first(\"Individual ID\"), last(\"Date Egg\"), count(DISTINCT \"Stage\") FROM 'data/penguins_raw.csv'",
        &[],
    ),
    ("SELECT id3, count(*) FROM 'data/g1.csv' GROUP BY id3 LIMIT 15 OFFSET 3", &[]),
];

#[test]
fn threads_and_blocks_do_not_matter() {
    let place = Place::new();
    let data = concat!(env!("CARGO_MANIFEST_DIR"), "/../../data/");
    for (sql, flags) in QUERIES {
        let sql = sql.replace("data/", data);
        let run = |threads: &str, block: &[&str]| {
            let arguments = [&["query", &sql, "--threads", threads][..], block, flags].concat();
            place.run(&arguments).printed().to_owned()
        };
        let expected = run("1", &[]);
        assert!(expected.lines().count() > 1, "{sql}");
        for threads in ["1", "2", "8"] {
            for block in [&["--block-size", "61"][..], &["--block-size", "4099"], &[]] {
                assert_eq!(run(threads, block), expected, "{sql}: {threads} threads, {block:?}");
            }
        }
    }
}

#[test]
fn an_error_is_the_same_too() {
    let place = Place::with("a,b\n1,x\n2,y\n3\n4,\"z\n");
    let run = |threads: &str, block: &str| {
        let flags = ["query", "SELECT max(a) FROM 'f.csv'", "--threads", threads, "--block-size", block];
        place.run(&flags).failed(3, &["f.csv: line 4, record 3, byte 12: 1 field where 2 are expected"]);
    };
    for threads in ["1", "2", "8"] {
        for block in ["1", "3", "16", "1MiB"] {
            run(threads, block);
        }
    }
}
