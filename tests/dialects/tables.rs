//! The tables that programs write, with typed cells. Their content is invented.

/// A cell before a program has written it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Cell {
    Text(String),
    Int(i64),
    /// Hundredths.
    Decimal(i64),
    Double(f64),
    Bool(bool),
    /// Year, month, day.
    Date(u32, u32, u32),
    /// A date, hour, minute.
    Time(u32, u32, u32, u32, u32),
    Null,
}

/// A table with a name.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) name: &'static str,
    pub(crate) names: Vec<&'static str>,
    pub(crate) rows: Vec<Vec<Cell>>,
}

fn text(text: impl Into<String>) -> Cell {
    Cell::Text(text.into())
}

fn pick(from: &[&str], index: usize) -> Cell {
    text(from[index % from.len()])
}

/// Numbers that look drawn and are the same each time.
fn drawn(index: usize, salt: u64) -> u64 {
    let mut state =
        (index as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ salt.wrapping_mul(0xbf58_476d_1ce4_e5b9);
    state ^= state >> 29;
    state = state.wrapping_mul(0x94d0_49bb_1331_11eb);
    state ^ (state >> 32)
}

fn below(index: usize, salt: u64, end: u64) -> i64 {
    i64::try_from(drawn(index, salt) % end).unwrap_or(0)
}

fn day(index: usize, salt: u64) -> (u32, u32, u32) {
    let part = |salt: u64, end: u64| u32::try_from(drawn(index, salt) % end).unwrap_or(0);
    (2021 + part(salt, 3), 1 + part(salt + 1, 12), 1 + part(salt + 2, 28))
}

/// All tables.
pub(crate) fn tables() -> Vec<Table> {
    vec![orders(), sensors(), staff(), notes(), genes(), payments(), short(), narrow()]
}

fn table(name: &'static str, names: &[&'static str], rows: usize, row: impl Fn(usize) -> Vec<Cell>) -> Table {
    Table { name, names: names.to_vec(), rows: (0..rows).map(row).collect() }
}

fn orders() -> Table {
    table("orders", &["order_id", "customer", "ordered", "amount", "paid"], 30, |i| {
        let (y, m, d) = day(i, 1);
        vec![
            Cell::Int(10_248 + i as i64),
            pick(
                &["Nordwind", "Smith, Jones & Co", "Café Luna", "ACME \"Best\" Ltd", "Ottos Laden"],
                i * 3 + i / 5,
            ),
            Cell::Date(y, m, d),
            Cell::Decimal(below(i, 4, 500_000)),
            Cell::Bool(drawn(i, 5).is_multiple_of(3)),
        ]
    })
}

fn sensors() -> Table {
    table("sensors", &["time", "sensor", "temperature", "humidity", "status"], 40, |i| {
        let hour = u32::try_from(i).unwrap_or(0);
        vec![
            Cell::Time(2024, 3, 1 + hour / 24, hour % 24, hour * 7 % 60),
            text(format!("S{:02}", i % 4)),
            Cell::Double(-5.0 + below(i, 1, 1_000_000) as f64 / 33_333.0),
            if i % 11 == 3 { Cell::Null } else { Cell::Double(below(i, 2, 10_000) as f64 / 100.0) },
            Cell::Int(below(i, 3, 4)),
        ]
    })
}

fn staff() -> Table {
    table("staff", &["name", "department", "city", "born", "salary", "remark"], 25, |i| {
        let (y, m, d) = day(i, 9);
        vec![
            pick(&["Ann O'Hara", "Müller, Uwe", "Bo Li", "Zoë Ng", "Karl"], i * 2 + i / 5),
            pick(&["R&D", "Sales", "IT"], i),
            pick(&["Oslo", "São Paulo", "Bern"], i + i / 3),
            Cell::Date(y - 40, m, d),
            Cell::Int(30_000 + below(i, 2, 60_000)),
            if i % 3 == 0 {
                Cell::Null
            } else {
                pick(&["part time", "on leave; back in May", "team lead"], i)
            },
        ]
    })
}

fn notes() -> Table {
    table("notes", &["id", "title", "body"], 20, |i| {
        vec![
            Cell::Int(i as i64 + 1),
            text(format!("Entry {i}")),
            match i % 5 {
                0 => text(format!("first line {i}\nsecond line")),
                1 => text(format!("a list: eggs, milk, {i} apples")),
                2 => text("he said \"yes\", then left"),
                3 => text("C:\\temp\\new"),
                _ => text("nothing special"),
            },
        ]
    })
}

fn genes() -> Table {
    table("genes", &["gene", "chromosome", "start", "end", "p_value", "fold"], 35, |i| {
        let start = 1_000_000 + below(i, 1, 9_000_000);
        vec![
            text(format!("GEN{}", 100 + i)),
            text(format!("chr{}", 1 + i % 22)),
            Cell::Int(start),
            Cell::Int(start + below(i, 2, 40_000)),
            Cell::Double(below(i, 3, 1_000_000) as f64 / 1e9),
            Cell::Double(below(i, 4, 80_000) as f64 / 10_000.0 - 4.0),
        ]
    })
}

fn payments() -> Table {
    table("payments", &["booked", "valued", "payee", "purpose", "amount", "balance"], 22, |i| {
        let (y, m, d) = day(i, 21);
        vec![
            Cell::Date(y, m, d),
            Cell::Date(y, m, d),
            pick(&["Stadtwerke", "Miete, Familie K.", "Bakery", "J. Doe"], i + i / 4),
            pick(&["invoice 4711", "March", "transfer; urgent", "card 12/24"], i),
            Cell::Decimal(below(i, 3, 400_000) - 200_000),
            Cell::Decimal(100_000 + below(i, 4, 900_000)),
        ]
    })
}

fn short() -> Table {
    table("short", &["country", "population", "area"], 4, |i| {
        vec![
            pick(&["Norway", "Peru", "Chad", "Fiji"], i),
            Cell::Int(1_000_000 + below(i, 1, 90_000_000)),
            Cell::Decimal(below(i, 2, 90_000_000)),
        ]
    })
}

fn narrow() -> Table {
    table("narrow", &["key", "value"], 50, |i| {
        vec![text(format!("k{:04}", drawn(i, 1) % 10_000)), Cell::Double(below(i, 2, 1 << 40) as f64 / 1e7)]
    })
}
