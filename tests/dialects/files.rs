//! Files of known forms: formats of sciences, logs, statements, exports with a form of their own. Their content is invented.

use crate::head::{Head, Label};

/// Two files of each form, a short and a longer one.
pub(crate) fn heads() -> Vec<Head> {
    [6, 40].iter().flat_map(|rows| all(*rows)).collect()
}

fn all(rows: usize) -> Vec<Head> {
    let lists = [
        sciences(rows),
        columns_of_blanks(rows),
        delimiters(rows),
        statements(rows),
        encodings(rows),
        plain(rows),
    ];
    lists.into_iter().flatten().collect()
}

/// `above`, then `rows` records, each with LF behind.
fn head(name: &str, label: Label, above: &[&str], rows: usize, record: impl Fn(usize) -> String) -> Head {
    let lines = above.iter().map(|line| (*line).to_owned()).chain((0..rows).map(record));
    let text: String = lines.flat_map(|line| [line, "\n".to_owned()]).collect();
    Head { name: format!("{name}, {rows} records"), bytes: text.into_bytes(), label }
}

fn sciences(rows: usize) -> Vec<Head> {
    let tab = |columns| Label { delimiter: Some("\t"), ..Label::new(columns) };
    vec![
        head(
            "VCF",
            Label { comment: Some("##"), ..tab(9) },
            &[
                "##fileformat=VCFv4.2",
                "##INFO=<ID=DP,Number=1,Type=Integer,Description=\"Depth, total\">",
                "##contig=<ID=20,length=62435964>",
                "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT",
            ],
            rows,
            |i| {
                format!(
                    "20\t{}\trs{}\tG\tA\t{}\tPASS\tDP={};AF=0.5\tGT:DP",
                    14370 + i * 731,
                    6054 + i,
                    20 + i % 30,
                    10 + i
                )
            },
        ),
        head(
            "BED with a track line",
            Label { header: false, skip: 1, ..tab(6) },
            &["track name=pairedReads description=\"Clone Paired Reads\" useScore=1"],
            rows,
            |i| {
                format!(
                    "chr22\t{}\t{}\tclone{i}\t{}\t{}",
                    1000 + i * 50,
                    5000 + i * 61,
                    900 - i,
                    if i % 2 == 0 { '+' } else { '-' }
                )
            },
        ),
        head("BED", Label { header: false, ..tab(4) }, &[], rows, |i| {
            format!("chr7\t{}\t{}\tPos{i}", 127_471_196 + i * 1167, 127_472_363 + i * 1167)
        }),
        head(
            "GFF3",
            Label { header: false, comment: Some("##"), ..tab(9) },
            &["##gff-version 3", "##sequence-region ctg123 1 1497228"],
            rows,
            |i| {
                format!(
                    "ctg123\t.\texon\t{}\t{}\t.\t+\t.\tID=exon{i:05};Parent=mRNA0000{}",
                    1300 + i * 200,
                    1500 + i * 200,
                    i % 3
                )
            },
        ),
        head(
            "GTF",
            Label { header: false, comment: Some("#!"), ..tab(9) },
            &["#!genome-build GRCh38"],
            rows,
            |i| {
                format!(
                    "1\thavana\tgene\t{}\t{}\t.\t-\t.\tgene_id ENSG{i:05}; gene_version 5;",
                    11_869 + i * 900,
                    14_409 + i * 900
                )
            },
        ),
        head(
            "featureCounts",
            Label { comment: Some("#"), ..tab(7) },
            &["# Program:featureCounts v2.0.1", "Geneid\tChr\tStart\tEnd\tStrand\tLength\ts1.bam"],
            rows,
            |i| {
                format!("ENSG{i:011}\t1\t{}\t{}\t+\t{}\t{}", 1000 + i * 99, 2000 + i * 99, 1000, i * 37 % 500)
            },
        ),
        head("PLINK bim", Label { header: false, ..tab(6) }, &[], rows, |i| {
            format!("1\trs{}\t0\t{}\tA\tG", 3_094_315 + i * 17, 752_566 + i * 1000)
        }),
        head(
            "USGS rdb",
            Label { comment: Some("#"), ..tab(4) },
            &["# U.S. survey", "#", "# data is provisional", "site_no\tdatetime\tflow\tcode"],
            rows,
            |i| {
                format!("0{}\t2024-05-{:02} 00:{:02}\t{}.{}\tP", 1_646_500, 1 + i % 28, i % 60, 3 + i, i % 10)
            },
        ),
        head(
            "a spectrum of an instrument",
            Label { skip: 3, ..Label::new(2) },
            &["Instrument: X200", "Operator: K. Lee", "Integration time: 20 ms", "Wavelength,Intensity"],
            rows,
            |i| format!("{}.5,{}.{:03}", 400 + i, 10 + i * 7 % 90, i * 137 % 1000),
        ),
    ]
}

fn columns_of_blanks(rows: usize) -> Vec<Head> {
    let blank = |columns| Label { delimiter: Some(" "), ..Label::new(columns) };
    vec![
        head("numpy savetxt", Label { header: false, ..blank(3) }, &[], rows, |i| {
            let value = |j: usize| format!("{:.18}e+0{}", 1.0 + ((i * 7 + j * 3) % 9) as f64 / 7.0, i % 4);
            format!("{} {} {}", value(0), value(1), value(2))
        }),
        head("numpy savetxt delimiter=,", Label { header: false, ..Label::new(3) }, &[], rows, |i| {
            let value = |j: usize| format!("{:.18}e-0{}", 1.0 + ((i * 5 + j) % 9) as f64 / 7.0, 1 + i % 4);
            format!("{},{},{}", value(0), value(1), value(2))
        }),
        head(
            "R write.table",
            Label { quote: Some('"'), ..blank(4) },
            &["\"city\" \"n\" \"share\""],
            rows,
            |i| {
                format!(
                    "\"{}\" \"{}\" {} {}.{}",
                    i + 1,
                    ["New York", "Rome", "La Paz"][i % 3],
                    i * 11,
                    i % 5,
                    i % 10
                )
            },
        ),
        head(
            "a table of aligned columns",
            Label { delimiter: None, ..Label::new(4) },
            &["name       size   used  share"],
            rows,
            |i| format!("disk{i:<7}{:>4}{:>7}{:>7}", 100 + i * 3, 20 + i * 2, format!("0.{}", 10 + i)),
        ),
        head(
            "a matrix of aligned numbers",
            Label { delimiter: None, header: false, ..Label::new(4) },
            &[],
            rows,
            |i| {
                format!(
                    "  {:>6}  {:>6}  {:>6}  {:>6}",
                    i,
                    format!("{}.5", i * 3),
                    i * i,
                    format!("-{}.25", i % 7)
                )
            },
        ),
        head("PLINK fam", Label { header: false, ..blank(6) }, &[], rows, |i| {
            format!("FAM{} ind{i} 0 0 {} {}", i / 3, 1 + i % 2, 1 + i % 2)
        }),
    ]
}

fn delimiters(rows: usize) -> Vec<Head> {
    let by = |delimiter, columns| Label { delimiter: Some(delimiter), ..Label::new(columns) };
    vec![
        head("MovieLens ratings.dat", Label { header: false, ..by("::", 4) }, &[], rows, |i| {
            format!("{}::{}::{}::{}", 1 + i / 4, 1193 + i * 13, 1 + i % 5, 978_300_760 + i * 31)
        }),
        head("two bars", by("||", 3), &["id||name||v"], rows, |i| {
            format!("{i}||{}||{}", ["x", "y, z", "w"][i % 3], i * 5)
        }),
        head("UCI adult.data", Label { header: false, ..by(", ", 6) }, &[], rows, |i| {
            format!(
                "{}, {}, {}, Bachelors, {}, <=50K",
                20 + i,
                ["Private", "State-gov", "?"][i % 3],
                77_516 + i * 731,
                9 + i % 6
            )
        }),
        head("a semicolon behind each field", Label { ..by(";", 3) }, &["station;date;rain;"], rows, |i| {
            format!("{};2023{:02}{:02};{},{};", 44, 1 + i % 12, 1 + i % 28, i % 30, i % 10)
        }),
        head("a comma behind each record", Label::new(4), &["id,x,y,z,"], rows, |i| {
            format!("{i},{},{},{},", i * 2, i * 3, i * 5)
        }),
        head("DWD climate", by(";", 5), &["STATIONS_ID;MESS_DATUM;QN_9;TT_TU;eor"], rows, |i| {
            format!(
                "{:>11};202401{:02}{:02};{:>5};{:>6};eor",
                44,
                1 + i / 24,
                i % 24,
                3,
                format!("{}.{}", i % 20, i % 10)
            )
        }),
        head(
            "semicolons and decimal commas without a header",
            Label { header: false, ..by(";", 3) },
            &[],
            rows,
            |i| format!("{},{};{},5;{},25", i, i % 10, i * 2, i * 3),
        ),
        head("/etc/passwd", Label { header: false, ..by(":", 7) }, &[], rows, |i| {
            format!("user{i}:x:{}:{}:User {i}:/home/user{i}:/bin/bash", 1000 + i, 1000 + i)
        }),
        head("carets", by("^", 3), &["code^text^value"], rows, |i| {
            format!("C{i}^a text, with a comma^{}", i * 3)
        }),
        head(
            "apostrophes where needed",
            Label { quote: Some('\''), ..Label::new(3) },
            &["id,city,n"],
            rows,
            |i| format!("{i},{},{}", ["'Lima, Peru'", "Oslo", "'Rome, Italy'"][i % 3], i * 3),
        ),
        head(
            "blanks before quotes",
            Label { quote: Some('"'), ..by(", ", 3) },
            &["\"DATE\", \"NAME\", \"AGE\""],
            rows,
            |i| {
                format!(
                    "\"2024-08-{:02}\", \"{}\", \"{}\"",
                    1 + i % 28,
                    ["ann", "bob, jr", "eve"][i % 3],
                    30 + i
                )
            },
        ),
        head(
            "Spark quotes and backslashes",
            Label { quote: Some('"'), escape: Some('\\'), ..Label::new(3) },
            &["id,text,n"],
            rows,
            |i| format!("{i},\"she said \\\"{}\\\", twice\",{}", ["no", "yes"][i % 2], i * 2),
        ),
    ]
}

fn statements(rows: usize) -> Vec<Head> {
    let german = |columns| Label { delimiter: Some(";"), ..Label::new(columns) };
    vec![
        head(
            "a statement with keys above",
            Label { skip: 5, ..german(5) },
            &[
                "Umsatzanzeige;Datei erstellt am: 05.03.2024",
                "",
                "IBAN;DE12 3456 7890",
                "Kontoname;Girokonto",
                "",
                "Buchung;Auftraggeber;Verwendungszweck;Betrag;Waehrung",
            ],
            rows,
            |i| {
                format!(
                    "{:02}.03.2024;Laden {i};Einkauf, Karte;-{},{:02};EUR",
                    1 + i % 28,
                    5 + i * 3,
                    i * 7 % 100
                )
            },
        ),
        head(
            "a statement in quotes",
            Label { quote: Some('"'), skip: 4, ..german(4) },
            &[
                "\"Kontonummer:\";\"DE12 / Tagesgeld\";",
                "",
                "\"Kontostand vom 05.03.2024:\";\"1.234,56 EUR\";",
                "",
                "\"Buchungstag\";\"Text\";\"Beguenstigter\";\"Betrag (EUR)\"",
            ],
            rows,
            |i| {
                format!(
                    "\"{:02}.03.2024\";\"Lastschrift\";\"Werk {i}\";\"-{},{:02}\"",
                    1 + i % 28,
                    10 + i,
                    i * 13 % 100
                )
            },
        ),
        head(
            "an American statement",
            Label { quote: Some('"'), skip: 5, ..Label::new(4) },
            &[
                "Description,,Summary Amt.",
                "Beginning balance as of 01/01/2024,,\"1,000.00\"",
                "Total credits,,\"250.00\"",
                "Ending balance as of 01/31/2024,,\"1,250.00\"",
                "",
                "Date,Description,Amount,Running Bal.",
            ],
            rows,
            |i| {
                format!(
                    "01/{:02}/2024,\"SHOP {i}, SEATTLE\",-{}.{:02},\"1,{:03}.10\"",
                    1 + i % 28,
                    3 + i,
                    i * 11 % 100,
                    100 + i
                )
            },
        ),
        head(
            "a broker's statement",
            Label { skip: 2, ..Label::new(5) },
            &["Account Activity for 2024", "Account Number: XXXX-1234", "Date,Action,Symbol,Quantity,Price"],
            rows,
            |i| {
                format!("2024-02-{:02},Buy,SYM{},{},{}.{:02}", 1 + i % 28, i % 4, i + 1, 20 + i, i * 17 % 100)
            },
        ),
        head(
            "a weather service's file",
            Label { skip: 3, ..Label::new(4) },
            &["latitude,longitude,elevation", "52.52,13.41,38.0", "", "time,temperature,rain,wind"],
            rows,
            |i| {
                format!(
                    "2024-06-{:02}T{:02}:00,{}.{},0.{},{}.1",
                    1 + i / 24,
                    i % 24,
                    10 + i % 15,
                    i % 10,
                    i % 10,
                    3 + i % 9
                )
            },
        ),
        head(
            "a title and a sum line",
            Label { skip: 2, ..Label::new(3) },
            &["Sales by region", "All amounts in EUR", "region,units,revenue"],
            rows,
            |i| format!("R{i},{},{}.50", 10 + i * 3, 100 + i * 31),
        ),
    ]
}

fn encodings(rows: usize) -> Vec<Head> {
    let text = |delimiter: &str| {
        let row = |i: usize| [format!("Müller {i}"), (i * 3).to_string(), format!("{}.5", i)].join(delimiter);
        let lines = std::iter::once(["name", "n", "v"].join(delimiter)).chain((0..rows).map(row));
        lines.flat_map(|line| [line, "\r\n".to_owned()]).collect::<String>()
    };
    let utf_16 = |text: &str, mark: bool| -> Vec<u8> {
        let text = format!("{}{text}", if mark { "\u{feff}" } else { "" });
        text.encode_utf16().flat_map(u16::to_le_bytes).collect()
    };
    let named = |name: &str, bytes: Vec<u8>, delimiter: &'static str| Head {
        name: format!("{name}, {rows} records"),
        bytes,
        label: Label { delimiter: Some(delimiter), ..Label::new(3) },
    };
    vec![
        named("Excel Unicode text", utf_16(&text("\t"), true), "\t"),
        named("UTF-16 without a mark", utf_16(&text(","), false), ","),
        named("Windows-1252", text(";").chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect(), ";"),
        named("CR ends", text(",").replace("\r\n", "\r").into_bytes(), ","),
    ]
}

fn plain(rows: usize) -> Vec<Head> {
    vec![
        head("UCI iris.data", Label { header: false, ..Label::new(5) }, &[], rows, |i| {
            format!(
                "{}.{},{}.{},1.{},0.2,Iris-{}",
                4 + i % 3,
                i % 10,
                2 + i % 2,
                i % 10,
                i % 10,
                ["setosa", "virginica"][i % 2]
            )
        }),
        head("pixels without a header", Label { header: false, ..Label::new(6) }, &[], rows, |i| {
            format!("{},{},0,255,{},0", i % 10, i * 37 % 256, i * 11 % 256)
        }),
        head("texts only", Label::new(3), &["first name,last name,home town"], rows, |i| {
            format!(
                "{},{},{}",
                ["Ann", "Bob", "Eve"][i % 3],
                ["Li", "Smith", "Ng", "Roy"][i % 4],
                ["Oslo", "Rome"][i % 2]
            )
        }),
        head("one column of numbers", Label::new(1), &["value"], rows, |i| format!("{}", i * 37 % 101)),
        head(
            "one column of texts with a comma in some",
            Label { quote: Some('"'), ..Label::new(1) },
            &["remark"],
            rows,
            |i| ["\"well, yes\"", "no", "\"so, so\""][i % 3].to_owned(),
        ),
        head("years as names", Label::new(4), &["country,2019,2020,2021"], rows, |i| {
            format!("C{i},{}.5,{}.25,{}", i, i * 2, i * 3)
        }),
        head(
            "times without a date",
            Label { delimiter: Some("\t"), ..Label::new(3) },
            &["at\twho\twhat"],
            rows,
            |i| format!("{:02}:{:02}:00\tp{}\tin, out", 8 + i / 60, i % 60, i % 5),
        ),
        head("JSON in a field", Label { quote: Some('"'), ..Label::new(3) }, &["id,payload,n"], rows, |i| {
            format!("{i},\"{{\"\"a\"\": {i}, \"\"b\"\": [1, 2]}}\",{}", i * 2)
        }),
        head("inches", Label { delimiter: Some("\t"), ..Label::new(3) }, &["part\tsize\tn"], rows, |i| {
            format!("pipe {i}\t{}\" wide\t{}", 1 + i % 5, i * 4)
        }),
    ]
}
