//! Types of aggregates.

use super::TypedAggregate;
use super::bind::Binder;
use super::check_key;
use super::convert::{cast, null, type_error, wrong_arity};
use crate::{AggregateFunction, DataType, Expr, Result, Typed};

/// Gives an aggregate its types.
///
/// # Errors
/// As [`bind`](super::bind()).
pub fn bind_aggregate(
    function: AggregateFunction,
    arguments: &[Expr],
    types: &[DataType],
) -> Result<TypedAggregate> {
    use AggregateFunction as A;
    let binder = Binder { types };
    if arguments.len() != function.arity() {
        return Err(wrong_arity(function.name(), &function.arity().to_string(), arguments.len()));
    }
    let mut arguments: Vec<Typed> = arguments.iter().map(|expr| binder.bind(expr)).collect::<Result<_>>()?;
    let numeric = !matches!(
        function,
        A::CountStar | A::Count | A::CountDistinct | A::Min | A::Max | A::First | A::Last | A::AnyValue
    );
    if !matches!(function, A::CountStar | A::Count) {
        let place = format!("{}()", function.name());
        arguments.iter().try_for_each(|argument| check_key(argument.data_type, &place))?;
    }
    for argument in &mut arguments {
        if numeric && argument.data_type == DataType::Null {
            *argument = cast(std::mem::replace(argument, null()), DataType::Int64);
        }
        let ordered = matches!(argument.data_type, DataType::Date | DataType::Timestamp | DataType::Time);
        let taken = argument.data_type.is_numeric() || (ordered && matches!(function, A::QuantileDisc(_)));
        if numeric && !taken {
            let found = argument.data_type;
            return Err(type_error(
                format!("{}() takes numbers, not {found}", function.name()),
                format!(
                    "write {}(TRY_CAST(… AS DOUBLE)), which leaves out what is no number",
                    function.name()
                ),
                &[&*argument],
            ));
        }
    }
    if arguments.len() == 2 && arguments.iter().any(|argument| argument.data_type == DataType::Float64) {
        arguments = arguments.into_iter().map(|argument| cast(argument, DataType::Float64)).collect();
    }
    let first = arguments.first().map_or(DataType::Null, |argument| argument.data_type);
    let data_type = match function {
        A::CountStar | A::Count | A::CountDistinct => DataType::Int64,
        A::Sum => first.exact_scale().map_or(DataType::Float64, DataType::decimal),
        A::Min | A::Max | A::First | A::Last | A::AnyValue | A::QuantileDisc(_) => first,
        _ => DataType::Float64,
    };
    Ok(TypedAggregate { function, arguments, data_type })
}
