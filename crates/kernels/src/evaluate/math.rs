//! Roots, logarithms, exp and power, over doubles.

use arrow::array::Float64Array;
use arrow::datatypes::Float64Type;
use plimsoll_core::{Error, Function, Result, Value};

use super::literal::canonical;
use super::operand::{Operand, combine, try_map};

/// `sqrt`, an error below 0; logarithms, an error at 0 and below; `exp`.
pub(super) fn unary(function: Function, number: &Operand) -> Result<Operand> {
    let numbers: &Float64Array = number.primitive();
    let error = |x: f64| {
        let shown = Value::Float64(x);
        Error::value(format!("{}({shown}) is no real number", function.name()))
    };
    let result = match function {
        Function::Sqrt => {
            let sqrt = |x: f64| if x < 0.0 { None } else { Some(canonical(x.sqrt())) };
            try_map::<Float64Type, Float64Type>(numbers, false, sqrt, error)?
        }
        Function::Ln | Function::Log10 | Function::Log2 => {
            let log = match function {
                Function::Log10 => f64::log10,
                Function::Log2 => f64::log2,
                _ => f64::ln,
            };
            try_map(numbers, false, |x: f64| if x <= 0.0 { None } else { Some(canonical(log(x))) }, error)?
        }
        _ => numbers.unary(|x| canonical(x.exp())),
    };
    Ok(number.with(result))
}

/// `base` to the power of `exponent`.
pub(super) fn power(base: &Operand, exponent: &Operand) -> Operand {
    type F = Float64Type;
    let result = combine::<F, F, F>(base, exponent, |x, y| canonical(x.powf(y)));
    Operand::of(&[base, exponent], result)
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use plimsoll_core::Function as F;

    #[test]
    fn domains() {
        assert_eq!(constant(&call(F::Sqrt, vec![integer(2)])), 2f64.sqrt().to_string());
        assert_eq!(refused(&call(F::Sqrt, vec![integer(-1)]), &nothing()), "sqrt(-1.0) is no real number");
        assert_eq!(refused(&call(F::Ln, vec![integer(0)]), &nothing()), "ln(0.0) is no real number");
        assert_eq!(refused(&call(F::Log2, vec![integer(-1)]), &nothing()), "log2(-1.0) is no real number");
        assert_eq!(constant(&call(F::Log10, vec![integer(1000)])), "3.0");
        assert_eq!(constant(&call(F::Log2, vec![float(0.125)])), "-3.0");
        assert_eq!(constant(&call(F::Ln, vec![float(f64::NAN)])), "NaN");
        assert_eq!(constant(&call(F::Sqrt, vec![null()])), "NULL");
        assert_eq!(constant(&call(F::Exp, vec![integer(0)])), "1.0");
        assert_eq!(constant(&call(F::Power, vec![integer(2), integer(10)])), "1024.0");
        assert_eq!(constant(&call(F::Power, vec![integer(-8), float(0.5)])), "NaN");
        assert_eq!(constant(&call(F::Power, vec![integer(0), integer(-1)])), "inf");
    }
}
