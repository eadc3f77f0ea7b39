//! The digits of a number with a point, 24 at a time and without a branch on how many there are, for doubles and for
//! decimals of more than 18 digits. `None` means only "not by this way": the caller then asks the exact grammar.

use crate::parse::fast::{POWERS, eight_digits, load, not_digits, point};
use crate::walk::Span;

/// Bytes that are loaded of a cell.
const WINDOW: usize = 32;

const ZEROS: u64 = 0x3030_3030_3030_3030;

/// A number in plain digits with a point: `digits` / 10^`behind`, below zero where it is `negative`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Significand {
    pub(crate) negative: bool,
    /// All digits as one number, below 10^19.
    pub(crate) digits: u64,
    /// Digits behind the point: 1 to 23.
    pub(crate) behind: u32,
}

impl Significand {
    /// Reads `-?(0|[1-9][0-9]*)\.[0-9]+` of at most 24 digits that are less than 10^19 without their point, which must be
    /// among the first eight bytes behind the sign.
    #[inline(always)]
    pub(crate) fn read(bytes: &[u8], span: Span) -> Option<Self> {
        let from = span.start as usize;
        let window: &[u8; WINDOW] = bytes.get(from..from + WINDOW)?.first_chunk()?;
        let negative = window[0] == b'-';
        let at = usize::from(negative);
        let first = load(window, at)?;
        let point = point(first);
        let length = (span.length as usize).wrapping_sub(at);
        let count = length.wrapping_sub(1);
        let parts = PARTS.get(count)?;
        if point == 0 || point >= 8 || point >= count {
            return None;
        }
        let leading_zero = point > 1 && first & 0xff == u64::from(b'0');
        // The bytes before the point, and those behind it moved over it.
        let whole = (1u64 << (8 * point)) - 1;
        let squeezed = first & whole | load(window, at + 1)? & !whole;
        let high = upmost(squeezed, parts.unused[0]);
        let middle = upmost(load(window, at + 9)?, parts.unused[1]);
        let low = upmost(load(window, at + 17)?, parts.unused[2]);
        let wrong = not_digits(high) | not_digits(middle) | not_digits(low);
        let high = eight_digits(high);
        if leading_zero || wrong != 0 || high >= parts.highest {
            return None;
        }
        let digits = high * parts.factors[0] + eight_digits(middle) * parts.factors[1] + eight_digits(low);
        Some(Significand { negative, digits, behind: (count - point) as u32 })
    }
}

/// How digits of a number lie in three words of eight.
#[derive(Clone, Copy)]
struct Parts {
    /// Half the bits of each word that no digit has.
    unused: [u8; 3],
    /// What the first two words are multiplied by.
    factors: [u64; 2],
    /// What the first word must be below, for all digits to be below 10^19.
    highest: u64,
}

/// By the number of digits, at most 24.
const PARTS: [Parts; 25] = {
    let mut all = [Parts { unused: [0; 3], factors: [1; 2], highest: 0 }; 25];
    let mut count = 0;
    while count < all.len() {
        let behind = [count, count.saturating_sub(8), count.saturating_sub(16)];
        let mut word = 0;
        while word < 3 {
            all[count].unused[word] = if behind[word] < 8 { 32 - 4 * behind[word] as u8 } else { 0 };
            word += 1;
        }
        all[count].factors = [POWERS[behind[1]], POWERS[behind[2]]];
        all[count].highest = if count <= 19 { POWERS[8] } else { POWERS[27 - count] };
        count += 1;
    }
    all
};

/// The values of the digits in the highest bytes, without the last bytes, whose bits are twice as many as `unused`: a word
/// is not shifted by all of its bits at once.
#[inline(always)]
fn upmost(word: u64, unused: u8) -> u64 {
    (word ^ ZEROS) << (unused & 63) << (unused & 63)
}

#[cfg(test)]
pub(crate) mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The digits before and behind the point of a number with both, without a leading zero.
    pub(crate) fn split(text: &str) -> Option<(&str, &str)> {
        let (whole, behind) = text.strip_prefix('-').unwrap_or(text).split_once('.')?;
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        let lawful = digits(whole) && digits(behind) && (whole.len() == 1 || !whole.starts_with('0'));
        lawful.then_some((whole, behind))
    }

    fn read(text: &str) -> Option<Significand> {
        let mut bytes = b"7.".to_vec();
        bytes.extend_from_slice(text.as_bytes());
        bytes.extend_from_slice(&[b'7'; 64]);
        Significand::read(&bytes, Span::between(2, 2 + text.len()))
    }

    fn check(text: &str) {
        let expected = split(text).and_then(|(whole, behind)| {
            let digits: u128 = format!("{whole}{behind}").parse().ok()?;
            let fits = digits < 10u128.pow(19) && whole.len() < 8 && whole.len() + behind.len() <= 24;
            fits.then(|| Significand {
                negative: text.starts_with('-'),
                digits: u64::try_from(digits).unwrap(),
                behind: u32::try_from(behind.len()).unwrap(),
            })
        });
        assert_eq!(read(text), expected, "{text}");
    }

    #[test]
    fn examples() {
        for text in [
            "0.5",
            "-0.0",
            "0.6229016948897019",
            "942.4502837770503",
            "-0.091857289809956",
            "0.00012345678901234567",
            "0.000012345678901234567",
            "0.0000123456789012345678",
            "9.999999999999999999",
            "0.9999999999999999999",
            "00.5",
            "1.",
            ".5",
            "1",
            "1.2.3",
            "1e5",
            "1.5e5",
            "",
            "-",
            ".",
            "-.",
            "1234567.5",
            "12345678.5",
            "1.5-",
        ] {
            check(text);
        }
        assert_eq!(Significand::read(b"1.5,", Span::between(0, 3)), None, "too near to the end");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4000))]
        #[test]
        fn agrees_with_the_grammar(text in "-?[0-9]{0,9}(\\.[0-9]{0,25})?") {
            check(&text);
        }

        #[test]
        fn agrees_on_small_fractions(text in "-?[0-9]{1,3}\\.0{0,6}[0-9]{0,20}") {
            check(&text);
        }

        #[test]
        fn agrees_on_near_numbers(text in "[-+.0-9e /:]{1,26}") {
            check(&text);
        }
    }
}
