//! The profile that `pprof` reads, with its tables of strings, functions and locations.

use std::collections::HashMap;
use std::io::Write;

use flate2::{Compression, GzBuilder};
use prost::Message;

use super::profile::{Function, Label, Line, Location, Mapping, Profile, Sample, ValueType};
use crate::trace::{Amount, Mode, Trace, Traces};

/// The traces as a profile for `pprof`: a gzip-compressed protobuf message `perftools.profiles.Profile`, as
/// <https://github.com/google/pprof/blob/main/proto/profile.proto> defines it.
///
/// - Sample types are those of Go's heap profiles, `alloc_objects`, `alloc_space`, `inuse_objects` and `inuse_space` (the
///   default), and for each of `peak` and `temporary` an `objects` and a `space` as well; units are `count` and `bytes`.
/// - The period is the sampling interval in bytes, 1 where every allocation was traced. Amounts are not to be scaled by
///   it: those of a sample are estimates already.
/// - Innermost frames of the allocator and the standard library are left out of a stack, as Go leaves out its runtime, so
///   that the flat amount of a line is its own statistic; a stack of nothing else is kept whole.
/// - Each frame is a location with one function and line. A tag that is not empty is a label `tag` (`pprof -tagfocus`,
///   `-tagroot=tag`).
///
/// Amounts above `i64::MAX` become that. Equal traces give equal bytes: no time is kept.
#[must_use]
pub fn pprof(traces: &Traces) -> Vec<u8> {
    let message = profile(traces).encode_to_vec();
    // Writing to memory cannot fail; if it did, a profile that is not compressed is one that pprof reads as well.
    gzip(&message).unwrap_or(message)
}

fn gzip(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = GzBuilder::new().mtime(0).write(Vec::new(), Compression::default());
    encoder.write_all(bytes)?;
    encoder.finish()
}

/// Type and unit of each sample value, in the order of [`values`].
const SAMPLE_TYPES: [(&str, &str); 8] = [
    ("alloc_objects", "count"),
    ("alloc_space", "bytes"),
    ("inuse_objects", "count"),
    ("inuse_space", "bytes"),
    ("peak_objects", "count"),
    ("peak_space", "bytes"),
    ("temporary_objects", "count"),
    ("temporary_space", "bytes"),
];

fn values(trace: &Trace) -> Vec<i64> {
    let both = |amount: Amount| [signed(amount.count), signed(amount.bytes)];
    [trace.total, trace.live, trace.at_peak, trace.temporary].into_iter().flat_map(both).collect()
}

fn signed(amount: u64) -> i64 {
    i64::try_from(amount).unwrap_or(i64::MAX)
}

fn profile(traces: &Traces) -> Profile {
    let mut tables = Tables::default();
    // The first string has to be empty.
    tables.string("");
    let sample_type = SAMPLE_TYPES.map(|(name, unit)| tables.value_type(name, unit)).to_vec();
    let sample = traces.traces.iter().map(|trace| tables.sample(traces, trace)).collect();
    let interval = match traces.mode {
        Mode::Exact => 1,
        Mode::Sampled { interval } => interval,
    };
    Profile {
        sample_type,
        sample,
        // Without a mapping that says that all is known, pprof looks for the program to find names in.
        mapping: vec![Mapping {
            id: 1,
            has_functions: true,
            has_filenames: true,
            has_line_numbers: true,
            has_inline_frames: true,
        }],
        period_type: Some(tables.value_type("space", "bytes")),
        period: signed(interval),
        default_sample_type: tables.string("inuse_space"),
        location: tables.locations,
        function: tables.functions,
        string_table: tables.strings,
    }
}

/// What the profile names by number, and the numbers given so far.
#[derive(Default)]
struct Tables<'a> {
    strings: Vec<String>,
    string_of: HashMap<&'a str, i64>,
    functions: Vec<Function>,
    function_of: HashMap<(&'a str, &'a str), u64>,
    locations: Vec<Location>,
    location_of: HashMap<u32, u64>,
}

impl<'a> Tables<'a> {
    fn string(&mut self, text: &'a str) -> i64 {
        *self.string_of.entry(text).or_insert_with(|| {
            self.strings.push(text.to_owned());
            self.strings.len() as i64 - 1
        })
    }

    fn value_type(&mut self, name: &'a str, unit: &'a str) -> ValueType {
        ValueType { r#type: self.string(name), unit: self.string(unit) }
    }

    fn sample(&mut self, traces: &'a Traces, trace: &Trace) -> Sample {
        let library = |index: &u32| traces.frames.get(*index as usize).is_none_or(|frame| frame.library);
        let own = trace.stack.iter().position(|index| !library(index)).unwrap_or(0);
        let location_id =
            trace.stack[own..].iter().filter_map(|index| self.location(traces, *index)).collect();
        let tag = traces.tags.get(trace.tag as usize).filter(|tag| !tag.is_empty());
        let label = tag.map(|tag| Label { key: self.string("tag"), str: self.string(tag) });
        Sample { location_id, value: values(trace), label: label.into_iter().collect() }
    }

    /// The location of a frame; `None` where the index names no frame. Identifiers count from 1: 0 means none.
    fn location(&mut self, traces: &'a Traces, index: u32) -> Option<u64> {
        if let Some(id) = self.location_of.get(&index) {
            return Some(*id);
        }
        let frame = traces.frames.get(index as usize)?;
        let function_id = self.function(&frame.function, &frame.file);
        let id = self.locations.len() as u64 + 1;
        let line = vec![Line { function_id, line: i64::from(frame.line) }];
        self.locations.push(Location { id, mapping_id: 1, line });
        self.location_of.insert(index, id);
        Some(id)
    }

    fn function(&mut self, name: &'a str, file: &'a str) -> u64 {
        if let Some(id) = self.function_of.get(&(name, file)) {
            return *id;
        }
        let (name_index, file_index) = (self.string(name), self.string(file));
        let id = self.functions.len() as u64 + 1;
        // Without a system name: where both are the same, pprof takes the name for C++ and cuts what is in brackets, so
        // that `<a::B as c::D>::e` reads `::e`.
        self.functions.push(Function { id, name: name_index, filename: file_index });
        self.function_of.insert((name, file), id);
        id
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::io::Read;

    use super::super::stacks::examples;
    use super::*;

    /// A message as its wire format has it, read without the definitions above: the values of each field number.
    #[derive(Debug, Default)]
    struct Wire(BTreeMap<u64, Vec<Value>>);

    #[derive(Debug)]
    enum Value {
        Number(u64),
        Bytes(Vec<u8>),
    }

    fn varint(bytes: &mut &[u8]) -> u64 {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = bytes[0];
            *bytes = &bytes[1..];
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return value;
            }
        }
        panic!("a number of more than ten bytes")
    }

    impl Wire {
        fn read(mut bytes: &[u8]) -> Wire {
            let mut fields = Wire::default();
            while !bytes.is_empty() {
                let key = varint(&mut bytes);
                let value = match key & 7 {
                    0 => Value::Number(varint(&mut bytes)),
                    2 => {
                        let length = varint(&mut bytes) as usize;
                        let (value, rest) = bytes.split_at(length);
                        bytes = rest;
                        Value::Bytes(value.to_vec())
                    }
                    other => panic!("wire type {other}, which the format does not use"),
                };
                fields.0.entry(key >> 3).or_default().push(value);
            }
            fields
        }

        fn all(&self, field: u64) -> &[Value] {
            self.0.get(&field).map_or(&[], Vec::as_slice)
        }

        /// A number that is left out is 0.
        fn number(&self, field: u64) -> u64 {
            match self.all(field) {
                [] => 0,
                [Value::Number(number)] => *number,
                other => panic!("field {field}: {other:?}"),
            }
        }

        fn bytes(&self, field: u64) -> Vec<&[u8]> {
            let bytes = self.all(field).iter().map(|value| match value {
                Value::Bytes(bytes) => bytes.as_slice(),
                Value::Number(_) => panic!("field {field} is a number"),
            });
            bytes.collect()
        }

        fn messages(&self, field: u64) -> Vec<Wire> {
            self.bytes(field).into_iter().map(Wire::read).collect()
        }

        /// Repeated numbers, which are packed into one field.
        fn numbers(&self, field: u64) -> Vec<u64> {
            let mut numbers = Vec::new();
            for mut packed in self.bytes(field) {
                while !packed.is_empty() {
                    numbers.push(varint(&mut packed));
                }
            }
            numbers
        }
    }

    fn read(file: &[u8]) -> Wire {
        let mut message = Vec::new();
        flate2::read::GzDecoder::new(file).read_to_end(&mut message).unwrap();
        Wire::read(&message)
    }

    fn strings(profile: &Wire) -> Vec<String> {
        profile.bytes(6).into_iter().map(|text| String::from_utf8(text.to_vec()).unwrap()).collect()
    }

    /// Every sample in words: `function file:line` of each location, innermost first; values; labels.
    fn samples(profile: &Wire) -> Vec<(Vec<String>, Vec<u64>, Vec<String>)> {
        let strings = strings(profile);
        let text = |message: &Wire, field| strings[message.number(field) as usize].clone();
        let by_id = |field| -> BTreeMap<u64, Wire> {
            let messages = profile.messages(field);
            messages.into_iter().map(|message| (message.number(1), message)).collect()
        };
        let (locations, functions, mappings) = (by_id(4), by_id(5), by_id(3));
        let place = |id: u64| {
            assert!(mappings.contains_key(&locations[&id].number(2)), "the location's mapping is there");
            let lines = locations[&id].messages(4);
            let function = &functions[&lines[0].number(1)];
            assert_eq!((lines.len(), function.number(3)), (1, 0), "one line, and no system name");
            format!("{} {}:{}", text(function, 2), text(function, 4), lines[0].number(2))
        };
        let sample = |sample: &Wire| {
            let labels = sample.messages(3);
            let labels =
                labels.iter().map(|label| format!("{}={}", text(label, 1), text(label, 2))).collect();
            (sample.numbers(1).into_iter().map(place).collect(), sample.numbers(2), labels)
        };
        profile.messages(2).iter().map(sample).collect()
    }

    #[test]
    fn types_and_period() {
        let profile = read(&pprof(&examples::small()));
        let strings = strings(&profile);
        let unit =
            |of: &Wire| format!("{}/{}", strings[of.number(1) as usize], strings[of.number(2) as usize]);
        let types: Vec<String> = profile.messages(1).iter().map(unit).collect();
        assert_eq!(
            types.join(" "),
            "alloc_objects/count alloc_space/bytes inuse_objects/count inuse_space/bytes \
             peak_objects/count peak_space/bytes temporary_objects/count temporary_space/bytes"
        );
        assert_eq!(strings[0], "");
        assert_eq!(unit(&profile.messages(11)[0]), "space/bytes");
        assert_eq!(profile.number(12), 512);
        assert_eq!(strings[profile.number(14) as usize], "inuse_space");
        assert_eq!(profile.messages(3).iter().map(|mapping| mapping.number(7)).collect::<Vec<_>>(), [1]);
        let exact = Traces { mode: Mode::Exact, ..examples::small() };
        assert_eq!(read(&pprof(&exact)).number(12), 1);
    }

    #[test]
    fn samples_are_the_traces_below_the_library() {
        let read = samples(&read(&pprof(&examples::small())));
        let field = |line| format!("app::scan::field src/scan.rs:{line}");
        let main = || "app::main src/main.rs:7".to_owned();
        let values = |bytes| vec![100, bytes * 100, 1, bytes, 10, bytes * 10, 1000, bytes * 1000];
        assert_eq!(
            read,
            [
                (vec![field(41), main()], values(100), vec![]),
                (vec![field(43), main()], values(20), vec![]),
                (vec![field(41), main()], values(3), vec![]),
                (vec![field(43), main()], values(50), vec!["tag=reading".to_owned()]),
                (vec![], values(7), vec![]),
                (vec![main()], values(0), vec![]),
            ]
        );
    }

    #[test]
    fn a_stack_of_the_library_alone_is_kept() {
        let library = |name: &str| examples::frame(name, "library/std/src/rt.rs", 5);
        let traces = Traces {
            frames: vec![library("std::rt::inner"), library("std::rt::outer")],
            traces: vec![examples::trace(&[0, 1], 0, 1)],
            ..Traces::default()
        };
        let places = &samples(&read(&pprof(&traces)))[0].0;
        assert_eq!(
            *places,
            ["std::rt::inner library/std/src/rt.rs:5", "std::rt::outer library/std/src/rt.rs:5"]
        );
    }

    #[test]
    fn lines_of_a_function_share_it() {
        let profile = read(&pprof(&examples::small()));
        assert_eq!((profile.messages(4).len(), profile.messages(5).len()), (3, 2));
    }

    #[test]
    fn nothing_is_a_profile_too() {
        let profile = read(&pprof(&Traces::default()));
        assert_eq!((profile.messages(1).len(), profile.messages(2).len(), profile.number(12)), (8, 0, 1));
    }

    #[test]
    fn hostile_names_and_amounts_are_kept_or_bounded() {
        let traces = examples::hostile();
        let file = pprof(&traces);
        assert_eq!(file, pprof(&traces), "equal traces give equal bytes");
        let read = samples(&read(&file));
        assert_eq!(read.len(), traces.traces.len());
        for (index, frame) in traces.frames.iter().enumerate() {
            assert_eq!(read[index].0, [format!("{} {}:{}", frame.function, frame.file, frame.line)]);
        }
        let deep = &read[traces.frames.len()];
        assert_eq!((deep.0.len(), deep.1[3]), (traces.frames.len(), i64::MAX as u64));
        let unknown = &read[traces.frames.len() + 1];
        assert_eq!((unknown.0.len(), unknown.2.len()), (1, 0), "indices that name nothing are left out");
    }
}
