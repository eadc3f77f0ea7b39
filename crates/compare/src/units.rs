//! Numbers for people: grouped digits, bytes, seconds, plurals. Nothing here knows what is counted.

use std::time::Duration;

/// `1234567` as `1,234,567`.
#[must_use]
pub fn grouped(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A count and its noun, which takes an `s` for any count but one.
#[must_use]
pub fn counted(count: u64, noun: &str) -> String {
    format!("{} {noun}{}", grouped(count), if count == 1 { "" } else { "s" })
}

/// Bytes of files, in powers of 1000: `1.38 GB`.
#[must_use]
pub fn file_bytes(bytes: u64) -> String {
    scaled(bytes, 1000.0, &["bytes", "kB", "MB", "GB", "TB", "PB"])
}

/// Bytes of memory, in powers of 1024: `9.83 MiB`.
#[must_use]
pub fn memory_bytes(bytes: u64) -> String {
    scaled(bytes, 1024.0, &["bytes", "KiB", "MiB", "GiB", "TiB", "PiB"])
}

/// `1.94 s`, or `12 ms` under a second and `1.94 ms` under ten of those.
#[must_use]
pub fn seconds(duration: Duration) -> String {
    match duration.as_secs_f64() {
        0.0 => "0 ms".to_owned(),
        seconds @ ..0.00995 => format!("{:.2} ms", seconds * 1e3),
        seconds @ ..0.9995 => format!("{:.0} ms", seconds * 1e3),
        seconds => format!("{} s", three_digits(seconds)),
    }
}

/// Bytes in a time as GB/s, or MB/s where that says more; `None` where there is too little to tell.
#[must_use]
pub fn throughput(bytes: u64, duration: Duration) -> Option<String> {
    #[allow(clippy::cast_precision_loss, reason = "three digits are shown")]
    let megabytes = bytes as f64 / 1e6 / duration.as_secs_f64();
    match megabytes {
        0.05..100.0 => Some(format!("{megabytes:.1} MB/s")),
        100.0..f64::INFINITY => Some(format!("{:.2} GB/s", megabytes / 1e3)),
        _ => None,
    }
}

fn scaled(bytes: u64, base: f64, units: &[&str]) -> String {
    #[allow(clippy::cast_precision_loss, reason = "three digits are shown")]
    let mut value = bytes as f64;
    let mut units = units.iter();
    let mut unit = units.next().copied().unwrap_or_default();
    if value < base {
        return format!("{bytes} {unit}");
    }
    // What would round to the base itself is shown in the next unit.
    while value >= base - 0.5 {
        let Some(next) = units.next() else { break };
        value /= base;
        unit = next;
    }
    format!("{} {unit}", three_digits(value))
}

/// Three significant digits, or all those before the point; two places after it at most.
#[must_use]
pub fn three_digits(value: f64) -> String {
    match value.abs() {
        ..9.995 => format!("{value:.2}"),
        ..99.95 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_for_people() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(1000), "1,000");
        assert_eq!(grouped(u64::MAX), "18,446,744,073,709,551,615");
        assert_eq!(counted(1, "row"), "1 row");
        assert_eq!(counted(0, "row"), "0 rows");
    }

    #[test]
    fn bytes() {
        assert_eq!(file_bytes(999), "999 bytes");
        assert_eq!(file_bytes(1000), "1.00 kB");
        assert_eq!(file_bytes(999_999), "1.00 MB");
        assert_eq!(file_bytes(1_379_500_000), "1.38 GB");
        assert_eq!(file_bytes(u64::MAX), "18447 PB");
        assert_eq!(memory_bytes(1023), "1023 bytes");
        assert_eq!(memory_bytes(10_311_925), "9.83 MiB");
        assert_eq!(memory_bytes(196 << 20), "196 MiB");
        assert_eq!(memory_bytes((1 << 20) - 1), "1.00 MiB");
    }

    #[test]
    fn times() {
        assert_eq!(seconds(Duration::ZERO), "0 ms");
        assert_eq!(seconds(Duration::from_micros(42)), "0.04 ms");
        assert_eq!(seconds(Duration::from_micros(9949)), "9.95 ms");
        assert_eq!(seconds(Duration::from_micros(9950)), "10 ms");
        assert_eq!(seconds(Duration::from_millis(12)), "12 ms");
        assert_eq!(seconds(Duration::from_micros(999_600)), "1.00 s");
        assert_eq!(seconds(Duration::from_millis(1940)), "1.94 s");
        assert_eq!(seconds(Duration::from_secs(754)), "754 s");
        assert_eq!(throughput(1_379_500_000, Duration::from_millis(1940)).as_deref(), Some("0.71 GB/s"));
        assert_eq!(throughput(5_000_000, Duration::from_secs(1)).as_deref(), Some("5.0 MB/s"));
        assert_eq!(throughput(35, Duration::from_millis(2)), None);
        assert_eq!(throughput(5, Duration::ZERO), None);
        assert_eq!(throughput(0, Duration::ZERO), None);
    }
}
