//! Arrow IPC files: read without copying, by Arrow's own reader, and refused where they are damaged.
#![allow(clippy::unwrap_used, reason = "a failed expectation is the test's message")]

mod common;

use std::fs;
use std::panic::catch_unwind;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, Date32Array, Decimal128Array, DictionaryArray, Float64Array, Int64Array,
    RecordBatch, StringArray, StringViewArray, TimestampNanosecondArray, TimestampSecondArray, UInt32Array,
    new_empty_array,
};
use arrow::compute::{cast, concat};
use arrow::datatypes::{Field as ArrowField, Float64Type, Int16Type, Schema as ArrowSchema};
use arrow_ipc::MetadataVersion;
use arrow_ipc::reader::FileReader;
use arrow_ipc::writer::{FileWriter, IpcWriteOptions, StreamWriter};
use common::{Columns, Csv, all_columns, blocks_of, columns_of, pool, unlimited};
use plimsoll_columnar::{Form, Store, StoreScan};
use plimsoll_core::{DataType, Error, ErrorKind};
use plimsoll_pipeline::Ordered;
use tempfile::TempDir;

const TEXT: &str = "i,d,w,t,s,f,b,u,n\n\
    1,0.25,Oslo,2024-01-01,2024-01-01 10:00:00,1e0,true,unique text,\n\
    -2,12345678901234567.25,,1950-01-01,,nan,,\"other,\ntext\",\n\
    ,-0.5,Oslo,,2024-01-01 10:00:01,-inf,false,ünïqüe,\n\
    300,,Oslo,2024-02-29,1999-12-31 23:59:59,2.5e-1,true,,\n";

/// A file of a store of one form, and its rows.
fn file(folder: &TempDir, form: Form) -> (std::path::PathBuf, Columns) {
    let csv = Csv::of(TEXT);
    let path = folder.path().join(format!("{form:?}.arrow"));
    csv.load(form).save(&path).unwrap();
    (path, csv.columns())
}

#[test]
fn arrow_reads_what_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let csv = Csv::of(&(TEXT.to_owned() + &"7,1.5,Bergen,2020-02-02,,1e1,,x,\n".repeat(70_000)));
    for form in [Form::Plain, Form::Compact] {
        let path = folder.path().join("a.arrow");
        let store = csv.load(form);
        store.save(&path).unwrap();
        let reader = FileReader::try_new(fs::File::open(&path).unwrap(), None).unwrap();
        let schema = reader.schema();
        assert_eq!(schema.field(1).metadata()["plimsoll.logical"], "DECIMAL(38,2)");
        let batches: Vec<RecordBatch> = reader.map(Result::unwrap).collect();
        assert_eq!(batches.len(), 2);
        let mapped = Store::open_mapped(&path, &unlimited()).unwrap();
        assert_eq!(mapped.form(), form);
        for (at, (name, expected)) in csv.columns().into_iter().enumerate() {
            let field = schema.field(at);
            assert_eq!(field.name(), &name);
            assert_eq!(*field.data_type(), store.columns()[at].physical);
            assert_eq!(*field.data_type(), mapped.columns()[at].physical);
            let arrays: Vec<&dyn Array> = batches.iter().map(|batch| batch.column(at).as_ref()).collect();
            let read = concat(&arrays).unwrap();
            let expected = expected.unwrap();
            assert_eq!(read.null_count(), expected.null_count(), "{name}");
            // Types that Arrow itself converts; narrow decimals and seconds have no meaning for it.
            if matches!(name.as_str(), "i" | "w" | "f" | "b" | "u" | "n") {
                assert_eq!(&cast(&read, expected.data_type()).unwrap(), &expected, "{name}");
            }
        }
    }
}

/// Every value that a mapped store gives lies in the file's pages, and not in memory of this program.
#[test]
fn nothing_is_copied() {
    let folder = tempfile::tempdir().unwrap();
    let (path, _) = file(&folder, Form::Plain);
    let store = Arc::new(Store::open_mapped(&path, &unlimited()).unwrap());
    let columns = (0..8).collect();
    let blocks = blocks_of(&store, columns, 1).unwrap();
    let maps = fs::read_to_string("/proc/self/maps").unwrap();
    let line =
        maps.lines().find(|line| line.ends_with(path.canonicalize().unwrap().to_str().unwrap())).unwrap();
    let (from, to) = line.split_once(' ').unwrap().0.split_once('-').unwrap();
    let within = usize::from_str_radix(from, 16).unwrap()..usize::from_str_radix(to, 16).unwrap();
    let mut buffers = 0;
    for column in &blocks[0].columns {
        let data = column.to_data();
        let nulls = data.nulls().map(|nulls| nulls.buffer().clone());
        for buffer in data.buffers().iter().cloned().chain(nulls).filter(|buffer| !buffer.is_empty()) {
            assert!(within.contains(&buffer.as_ptr().addr()), "{}", column.data_type());
            buffers += 1;
        }
    }
    // Values of eight columns, offsets of two, null bits of seven.
    assert_eq!(buffers, 8 + 2 + 7);
    // A chunk is read once.
    let again = blocks_of(&store, vec![0], 1).unwrap();
    assert_eq!(
        again[0].columns[0].to_data().buffers()[0].as_ptr(),
        blocks[0].columns[0].to_data().buffers()[0].as_ptr()
    );
}

#[test]
fn a_file_is_replaced_when_it_is_whole() {
    let folder = tempfile::tempdir().unwrap();
    let (path, expected) = file(&folder, Form::Compact);
    let mapped = Store::open_mapped(&path, &unlimited()).unwrap();
    // The map is of the old file, which has lost its name.
    mapped.save(&path).unwrap();
    Csv::of("a\n1\n").load(Form::Plain).save(&path).unwrap();
    assert_eq!(columns_of(mapped, 1).0, expected);
    assert_eq!(Store::open_mapped(&path, &unlimited()).unwrap().rows(), 1);
    let names: Vec<_> =
        fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["Compact.arrow"]);

    let missing = folder.path().join("no").join("a.arrow");
    let store = Csv::of("a\n1\n").load(Form::Plain);
    for path in [missing.as_path(), folder.path()] {
        let error = store.save(path).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Io { path: named, .. } if named == path), "{error}");
    }
    // A load that fails leaves nothing behind.
    let csv = Csv::of("a\n1\n2\n");
    let mut spec = csv.spec.clone();
    spec.profiles[0] = plimsoll_core::Profile::default();
    let path = folder.path().join("failed.arrow");
    assert!(Store::load_mapped(&csv.file, &spec, &path, &csv.pool, &unlimited()).is_err());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

/// All values of a file, opened in both ways, which agree; or the error.
fn read(path: &Path) -> Result<Columns, Error> {
    let read = Store::open(path, Form::Plain, &unlimited()).and_then(all_columns);
    let mapped = Store::open_mapped(path, &unlimited()).and_then(all_columns);
    assert_eq!(read.is_ok(), mapped.is_ok(), "{:?} {:?}", read.err(), mapped.err());
    let (read, mapped) = (read?, mapped?);
    assert_eq!(format!("{read:?}"), format!("{mapped:?}"));
    Ok(read)
}

#[track_caller]
fn refused(path: &Path, what: &str) {
    match read(path) {
        Ok(_) => panic!("{what} is read"),
        Err(error) => {
            assert!(matches!(error.kind(), ErrorKind::File { .. } | ErrorKind::Io { .. }), "{what}: {error}");
            assert!(error.to_string().starts_with(&path.display().to_string()), "{what}: {error}");
        }
    }
}

#[test]
fn every_cut_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    for form in [Form::Plain, Form::Compact] {
        let (path, _) = file(&folder, form);
        let bytes = fs::read(&path).unwrap();
        let cut = folder.path().join("cut.arrow");
        for length in 0..bytes.len() {
            fs::write(&cut, &bytes[..length]).unwrap();
            refused(&cut, &format!("{length} bytes"));
        }
        // A hole in the middle, so that the end is still there.
        for hole in [1, 8, 64] {
            for at in (0..bytes.len() - hole).step_by(13) {
                fs::write(&cut, [&bytes[..at], &bytes[at + hole..]].concat()).unwrap();
                refused(&cut, &format!("{hole} bytes missing at {at}"));
            }
        }
    }
}

/// Each byte changed: the file is refused, or it is read as something; and where the byte belongs to its structure and not
/// to a value, it is refused or read as it was.
#[test]
fn no_changed_byte_does_harm() {
    let folder = tempfile::tempdir().unwrap();
    for form in [Form::Plain, Form::Compact] {
        let (path, expected) = file(&folder, form);
        let bytes = fs::read(&path).unwrap();
        let footer =
            u32::from_le_bytes(bytes[bytes.len() - 10..bytes.len() - 6].try_into().unwrap()) as usize;
        let changed = folder.path().join("changed.arrow");
        let (mut refusals, mut same, mut footer_changes) = (0, 0, 0);
        for at in 0..bytes.len() {
            for mask in [0x01, 0x80, 0xff] {
                let mut bytes = bytes.clone();
                bytes[at] ^= mask;
                fs::write(&changed, &bytes).unwrap();
                let outcome =
                    catch_unwind(|| read(&changed)).unwrap_or_else(|_| panic!("byte {at} ^ {mask:#x}"));
                let structure = at < 64 || at >= bytes.len() - 10 - footer;
                footer_changes += usize::from(structure);
                match outcome {
                    Err(error) => {
                        refusals += usize::from(structure);
                        assert!(
                            matches!(error.kind(), ErrorKind::File { .. } | ErrorKind::Io { .. }),
                            "byte {at} ^ {mask:#x}: {error}"
                        );
                    }
                    Ok(columns) if structure => {
                        same += 1;
                        assert_eq!(columns, expected, "byte {at} ^ {mask:#x}");
                    }
                    Ok(_) => {}
                }
            }
        }
        println!(
            "{form:?}: of {footer_changes} changes of the structure {refusals} refused, {same} of no effect"
        );
        assert!(refusals > footer_changes / 2);
    }
}

/// Values are checked when they are read: the rows before a chunk that is damaged are given, by however many workers.
#[test]
fn a_damaged_chunk_ends_the_scan_in_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.arrow");
    let rows: String = (0..150_000).map(|row| format!("{row},text {row:06}\n")).collect();
    Csv::of(&("i,w\n".to_owned() + &rows)).load(Form::Plain).save(&path).unwrap();
    let mut bytes = fs::read(&path).unwrap();
    let at = bytes.windows(11).position(|text| text == b"text 080000").unwrap();
    bytes[at] = 0xff;
    fs::write(&path, bytes).unwrap();
    for workers in 1..4 {
        let store = Arc::new(Store::open_mapped(&path, &unlimited()).unwrap());
        let scan = Arc::new(StoreScan::new(Arc::clone(&store), vec![0, 1]).unwrap());
        let ends = (0..workers).map(|_| Arc::clone(&scan).ticketed()).collect();
        let mut ordered = Ordered::new(ends, pool(workers));
        let mut given = 0;
        let error = loop {
            match ordered.next().expect("an error") {
                Ok(block) => given += block.rows,
                Err(error) => break error,
            }
        };
        assert_eq!(given, 65_536);
        assert!(
            error.to_string().contains("rows cannot be read: ") && error.to_string().contains("UTF"),
            "{error}"
        );
        assert!(ordered.next().is_none());
        // The other column is whole.
        assert_eq!(
            blocks_of(&store, vec![0], workers).unwrap().iter().map(|block| block.rows).sum::<usize>(),
            150_000
        );
    }
}

#[test]
fn what_is_no_such_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.arrow");
    assert!(matches!(read(&path).unwrap_err().kind(), ErrorKind::Io { .. }));
    assert!(matches!(read(folder.path()).unwrap_err().kind(), ErrorKind::Io { .. }));
    for bytes in [
        &b""[..],
        b"ARROW1",
        b"a,b\n1,2\n3,4\n5,6\n7,8\n",
        b"ARROW1\0\0ARROW1",
        b"ARROW1\0\0\xff\xff\xff\x7fARROW1",
    ] {
        fs::write(&path, bytes).unwrap();
        refused(&path, "no file");
    }
    // The form of Arrow without a footer.
    let batch = batch(vec![("a", Arc::new(Int64Array::from(vec![1])) as ArrayRef)]);
    let mut stream = StreamWriter::try_new(fs::File::create(&path).unwrap(), &batch.schema()).unwrap();
    stream.write(&batch).unwrap();
    stream.finish().unwrap();
    refused(&path, "a stream");
}

fn batch(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    RecordBatch::try_from_iter(columns).unwrap()
}

/// A file as other programs write it.
fn foreign(folder: &TempDir, batches: &[RecordBatch], options: IpcWriteOptions) -> std::path::PathBuf {
    let path = folder.path().join("foreign.arrow");
    let file = fs::File::create(&path).unwrap();
    let mut writer = FileWriter::try_new_with_options(file, &batches[0].schema(), options).unwrap();
    batches.iter().for_each(|batch| writer.write(batch).unwrap());
    writer.finish().unwrap();
    path
}

#[test]
fn files_of_others() {
    let folder = tempfile::tempdir().unwrap();
    let dictionary: DictionaryArray<Int16Type> =
        vec![Some("a"), None, Some("b"), Some("a")].into_iter().collect();
    let columns = || -> Vec<(&str, ArrayRef)> {
        vec![
            ("u", Arc::new(UInt32Array::from(vec![Some(u32::MAX), None, Some(0), Some(1)]))),
            (
                "d",
                Arc::new(
                    Decimal128Array::from(vec![1, -2, 3, 99_999]).with_precision_and_scale(5, 3).unwrap(),
                ),
            ),
            (
                "v",
                Arc::new(StringViewArray::from(vec!["short", "a text of more than twelve bytes", "", "x"])),
            ),
            ("k", Arc::new(dictionary.clone())),
            ("s", Arc::new(TimestampSecondArray::from(vec![0, 1, -1, 4]))),
            (
                "f",
                Arc::new(Float64Array::from(vec![
                    -0.0,
                    f64::from_bits(0x7ff8_0000_0000_1234),
                    1.5,
                    -f64::NAN,
                ])),
            ),
            ("t", Arc::new(Date32Array::from(vec![0, 1, -1, 2]))),
        ]
    };
    // With buffers at multiples of 8 a decimal of 128 bits may not lie as it must: then it is copied.
    for alignment in [8, 64] {
        for version in [MetadataVersion::V4, MetadataVersion::V5] {
            let options = IpcWriteOptions::try_new(alignment, false, version).unwrap();
            let empty = batch(columns()).slice(0, 0);
            let path = foreign(&folder, &[batch(columns()), empty, batch(columns())], options);
            let columns = read(&path).unwrap();
            let column = |name: &str| columns.iter().find(|(own, _)| own == name).unwrap().1.clone().unwrap();
            let twice = |array: &dyn Array| concat(&[array, array]).unwrap();
            let integers = Int64Array::from(vec![Some(i64::from(u32::MAX)), None, Some(0), Some(1)]);
            assert_eq!(&column("u"), &twice(&integers));
            let texts = StringArray::from(vec![Some("a"), None, Some("b"), Some("a")]);
            assert_eq!(&column("k"), &twice(&texts));
            assert_eq!(column("v").as_string::<i32>().value(1), "a text of more than twelve bytes");
            assert_eq!(column("s").data_type().to_string(), "Timestamp(µs)");
            let bits: Vec<u64> =
                column("f").as_primitive::<Float64Type>().iter().flatten().map(f64::to_bits).collect();
            assert_eq!(bits[..4], [0, f64::NAN.to_bits(), 1.5_f64.to_bits(), f64::NAN.to_bits()]);
            let store = Store::open(&path, Form::Compact, &unlimited()).unwrap();
            assert_eq!(store.schema().fields[1].data_type, DataType::Decimal { precision: 5, scale: 3 });
            assert_eq!(columns_of(store, 2).0.len(), 7);
        }
    }
}

#[test]
fn values_that_no_type_has_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let options = || IpcWriteOptions::try_new(64, false, MetadataVersion::V5).unwrap();
    let decimals = Decimal128Array::from(vec![1, 1000]).with_precision_and_scale(3, 1).unwrap();
    let cases: Vec<(&str, ArrayRef)> = vec![
        ("column a has a value outside of DATE", Arc::new(Date32Array::from(vec![0, i32::MAX]))),
        (
            "column a has a value outside of TIMESTAMP",
            Arc::new(TimestampSecondArray::from(vec![0, i64::MIN])),
        ),
        ("column a has a value outside of DECIMAL(3,1)", Arc::new(decimals)),
        ("column a is of the type Timestamp(ns)", Arc::new(TimestampNanosecondArray::from(vec![1, 2]))),
    ];
    for (message, array) in cases {
        let path = foreign(&folder, &[batch(vec![("a", array)])], options());
        let error = read(&path).unwrap_err().to_string();
        assert!(error.contains(message), "{error}");
    }
    // No value at all is no such value.
    let empty = new_empty_array(&arrow::datatypes::DataType::Date32);
    let schema = Arc::new(ArrowSchema::new(vec![ArrowField::new("a", empty.data_type().clone(), true)]));
    let path = foreign(&folder, &[RecordBatch::try_new(schema, vec![empty]).unwrap()], options());
    assert_eq!(read(&path).unwrap()[0].1, None);
}
