//! Small heads with the dialects that people see in them.

use plimsoll_core::CsvOptions;

use super::{Sniffed, sniff};
use crate::lead::Lead;

/// The settings of a head: skipped lines, comment, delimiter, quote, escape, header; and the name of a column that the
/// header leaves without one.
fn found(head: &str, given: &CsvOptions) -> String {
    let Sniffed { choices, .. } = sniff(head.as_bytes(), true, given, &Lead::default());
    let values: Vec<String> = choices.into_iter().map(|choice| choice.value).collect();
    values.join(" ")
}

/// Heads, and what [`found`] says of them.
const CORPUS: &[(&str, &str)] = &[
    // Usual files.
    ("a,b\n1,2\n", "0 none , \" none yes"),
    ("a;b\n1;2\n", "0 none ; \" none yes"),
    ("a\tb\n1\t2\n", "0 none tab \" none yes"),
    ("a|b\n1|2\n", "0 none | \" none yes"),
    ("id,name\n1,\"Smith, Ann\"\n2,\"Jones, Bob\"\n", "0 none , \" none yes"),
    ("id;name\r\n1;\"a;b\"\r\n2;c\r\n", "0 none ; \" none yes"),
    ("\"id\",\"text\"\n\"1\",\"He said \"\"hi\"\"\"\n", "0 none , \" none yes"),
    ("id,text\n1,\"two\nlines, here\"\n2,b\n", "0 none , \" none yes"),
    ("\u{feff}a;b\n1;2.5\n", "0 none ; \" none yes"),
    ("a,b", "0 none , \" none yes"),
    ("", "0 none , \" none yes"),
    ("\n\na,b\n1,2\n", "0 none , \" none yes"),
    // Other delimiters stand in the cells.
    ("id;tags\n1;x,y\n2;z,w\n", "0 none ; \" none yes"),
    ("id,tags\n1,a;b\n2,c;d\n", "0 none , \" none yes"),
    ("a,b|c\n1,x|y\n2,z|w\n", "0 none , \" none yes"),
    ("id\ttext\n1\tHello, world\n2\tOne, two, three\n", "0 none tab \" none yes"),
    ("when,who\n2024-01-05 10:00:00,ann\n2024-01-06 11:30:00,bob\n", "0 none , \" none yes"),
    ("url|n\nhttp://a.b/c,d|1\nhttp://e.f/g,h|2\n", "0 none | \" none yes"),
    // Decimal commas.
    ("1,5;2,5;3,5\n4,0;5,0;6,0\n", "0 none ; \" none no"),
    ("Berlin;12,5\nParis;13,1\n", "0 none ; \" none no"),
    ("city;t\nBerlin;12,5\nParis;13,1\n", "0 none ; \" none yes"),
    ("1.000,50|2.000,75\n1.500,00|2.500,25\n", "0 none | \" none no"),
    ("x\n1,5\n2,5\n", "0 none , \" none yes"),
    // One record that is not split like the others.
    ("id;name;v\n1;ann;10\n2;bob;20\n3;eve\n", "0 none ; \" none yes"),
    ("id;v;x\n1;1,5;a\n2;2,5;b\n3;3,5;c;d\n", "0 none ; \" none yes"),
    ("id,v\n1,2\n2,3\n(2 rows affected)\n", "0 none , \" none yes"),
    ("id,v\n1,2\n2,3\n\"Total: 5\",\n", "0 none , \" none yes"),
    // One column.
    ("name\nann\nbob\n", "0 none , \" none yes"),
    ("A\nB,ragged\nC\n", "0 none , \" none yes"),
    ("v\n1\n2\n", "0 none , \" none yes"),
    ("7\n8\n9\n", "0 none , \" none no"),
    ("10:30\n11:45\n12:00\n", "0 none , \" none no"),
    ("2024-01-01 10:00:00\n2024-01-02 10:00:00\n", "0 none , \" none no"),
    ("title\nThe first of them\nAnother book\nOne\n", "0 none , \" none yes"),
    ("name\n\"Smith, Ann\"\n\"Jones, Bob\"\n", "0 none , \" none yes"),
    // Whether there is a header.
    ("1,2,3\n4,5,6\n", "0 none , \" none no"),
    ("ann,10\nbob,20\n", "0 none , \" none no"),
    ("2024-01-01,x\n2024-01-02,y\n", "0 none , \" none no"),
    ("country,1990,1991\nPeru,5.5,6\nChile,7,8.5\n", "0 none , \" none yes"),
    (",a,b\n0,1,2\n1,3,4\n", "0 none , \" none yes"),
    ("first,last\nAnn,Smith\nBob,Jones\n", "0 none , \" none yes"),
    ("e,x,s\ne,y,s\np,x,s\ne,x,y\n", "0 none , \" none no"),
    ("K1,a\nK2,b\nK3,c\nK4,d\n", "0 none , \" none no"),
    ("5.1,3.5,setosa\n4.9,3.0,setosa\n", "0 none , \" none no"),
    ("1,NA\n2,3\n", "0 none , \" none no"),
    // Row names.
    ("\"x\" \"y\"\n\"1\" 5 6\n\"2\" 7 8\n", "0 none   \" none yes row_names"),
    ("mpg,cyl\nMazda RX4,21,6\nDatsun 710,22.8,4\n", "0 none , \" none yes row_names"),
    ("mpg\tcyl\nMazda\t21\t6\nDatsun\t22.8\t4\n", "0 none tab \" none yes row_names"),
    // Delimiters at the ends of records.
    ("a,b\n1,2,\n3,4,\n", "0 none , \" none yes column2"),
    ("a,b,\n1,2,\n3,4,\n", "0 none , \" none yes"),
    // Before the table.
    ("sep=;\nid;price\n1;3\n2;4\n", "1 none ; \" none yes"),
    ("sep=,\r\nid,price\r\n1,3\r\n", "1 none , \" none yes"),
    ("Report of 2024\nid,price,n\n1,3,4\n2,4,5\n", "1 none , \" none yes"),
    ("Report of 2024\n\nname,city,land\nAnn,Paris,France\n", "2 none , \" none yes"),
    (
        "Station: X, Y\nHeight: 5\n\nday;a;b;c;d\n2024-01-01;1;2;3;4\n2024-01-02;1;2;3;4\n",
        "3 none ; \" none yes",
    ),
    ("# made by x\na,b\n1,2\n", "1 none , \" none yes"),
    ("# one, two\n# three, four\na,b\n1,2\n", "2 none , \" none yes"),
    (
        "##fileformat=X1\n##source=t\n#CHROM\tPOS\tQUAL\nchr1\t100\t9\nchr2\t200\t8\n",
        "2 none tab \" none yes",
    ),
    ("% comment\n% another\na b\n1 2\n3 4\n", "2 none   \" none yes"),
    ("a,b\n1,2\n# a remark\n3,4\n", "0 # , \" none yes"),
    ("#1,foo\n#2,bar\n#3,baz\n#4,foo\n", "0 none , \" none no"),
    ("id,name\n#1,foo\n#2,bar\n#3,baz\n", "0 none , \" none yes"),
    // Quotes and escapes.
    ("a,b\n1,'x,y'\n2,'z'\n", "0 none , ' none yes"),
    ("name,n\nO'Brien,1\n'tHooft,2\n", "0 none , \" none yes"),
    ("id,text\n1,\"say \\\"hi\\\", ann\"\n2,\"x\"\n", "0 none , \" \\ yes"),
    ("id,path\n1,\"C:\\\"\n2,\"D:\\\"\n", "0 none , \" none yes"),
    ("id,name,qty\n1,\"ann,10\n2,\"bob,20\n3,eve,30\n", "0 none , none none yes"),
    ("id,name,qty\n1,\"ann,10\n2,bob,20\n3,eve,30\n", "0 none , \" none yes"),
    ("size,n\n5\" pipe,1\n6\" pipe,2\n", "0 none , \" none yes"),
    ("id,name,note\n1,Smith\\, John,x\n2,Doe,y\\,z\n3,Roe,q\n", "0 none , none \\ yes"),
    ("1\ta\\\tb\t\\N\n2\tc\\\nd\t7\n3\te\\\\\t8\n", "0 none tab none \\ no"),
    ("id,path,n\n1,C:\\temp\\,5\n2,D:\\,6\n", "0 none , \" none yes"),
    ("id,path\n1,C:\\temp\\,5\n2,x\n3,y,z\n", "0 none , \" none yes"),
    // Delimiters of several bytes.
    ("id||name||v\n1||x||5\n2||y||6\n", "0 none || \" none yes"),
    ("id::name::v\n1::a:b::5\n2::c::6\n", "0 none :: \" none yes"),
    ("k, name, country\n1, ann, \"peru, south\"\n2, bob, chile\n", "0 none ,  \" none yes"),
    ("\"DATE\", \"NAME\", \"AGE\"\n\"2024-08-05\", \"ann\", \"47\"\n", "0 none ,  \" none yes"),
    ("x   y  z\n1   2  3\n10 20  30\n", "0 none blanks \" none yes"),
    // Rarer delimiters.
    ("a b c\n1 2 3\n4 5 6\n", "0 none   \" none yes"),
    ("root:x:0:0:root:/root:/bin/bash\nbin:x:1:1:bin:/bin:/bin/false\n", "0 none : \" none no"),
    ("id~v\n1~2\n3~4\n", "0 none ~ \" none yes"),
    ("id^name\n1^ann\n2^bob\n", "0 none ^ \" none yes"),
];

#[test]
fn small_heads() {
    let mut wrong = Vec::new();
    for (head, expected) in CORPUS {
        let found = found(head, &CsvOptions::default());
        if found != *expected {
            wrong.push(format!("{head:?}\n  expected {expected}\n  found    {found}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {} are wrong:\n{}", wrong.len(), CORPUS.len(), wrong.join("\n"));
}

#[test]
fn what_is_given_stands() {
    let vcf = CORPUS.iter().find(|(head, _)| head.starts_with("##")).map_or("", |(head, _)| head);
    let comment = CsvOptions { comment: Some(Some("#".into())), ..CsvOptions::default() };
    assert_eq!(found(vcf, &comment), "0 # tab \" none no", "a record does not become the header");
    let skip = CsvOptions { skip_rows: Some(2), ..CsvOptions::default() };
    assert_eq!(found(vcf, &skip), "2 none tab \" none yes");
    let no_header = CsvOptions { header: Some(false), ..CsvOptions::default() };
    assert_eq!(found("a,b\n1,2\n", &no_header), "0 none , \" none no");
    assert_eq!(found("1,5;2,5\n4,0;5,0\n", &no_header), "0 none ; \" none no");
    let comma = CsvOptions { delimiter: Some(b','.into()), ..CsvOptions::default() };
    assert_eq!(found("a;b\n1;2\n", &comma), "0 none , \" none yes");
    let quoted = CsvOptions { quote: Some(Some(b'|')), ..CsvOptions::default() };
    assert_eq!(found("a|b\n1|2\n", &quoted), "0 none , | none yes", "no byte has two meanings");
}

#[test]
fn any_prefix_is_read() {
    for (head, _) in CORPUS {
        for length in 0..head.len() {
            for ended in [false, true] {
                sniff(&head.as_bytes()[..length], ended, &CsvOptions::default(), &Lead::default());
            }
        }
    }
}
