//! Where the nodes of the parser's tree begin.
//!
//! The parser's own spans are joined by recursion over the whole subtree, which overflows the stack on long chains:
//! here only the leftmost path is followed, in a loop.

use sqlparser::ast::{
    self, Expr as Ast, FunctionArg, FunctionArgExpr, Ident, ObjectName, ObjectNamePart, SetExpr,
};
use sqlparser::tokenizer::Location;

/// A place that is not known: an error there shows no caret.
pub(super) const NOWHERE: Location = Location { line: 0, column: 0 };

/// Where the leftmost name, constant or keyword of `expr` begins that the parser kept.
pub(super) fn start(mut expr: &Ast) -> Location {
    loop {
        expr = match expr {
            Ast::Identifier(name) => return name.span.start,
            Ast::CompoundIdentifier(parts) => return parts.first().map_or(NOWHERE, |part| part.span.start),
            Ast::Value(value) => return value.span.start,
            Ast::TypedString(constant) => return constant.value.span.start,
            Ast::Function(call) => return of_name(&call.name),
            Ast::Case { case_token, .. } => return case_token.0.span.start,
            Ast::Wildcard(token) => return token.0.span.start,
            Ast::Subquery(query) => match &*query.body {
                SetExpr::Select(select) => return select.select_token.0.span.start,
                _ => return NOWHERE,
            },
            Ast::Tuple(list) => match list.first() {
                Some(first) => first,
                None => return NOWHERE,
            },
            Ast::Array(array) => match array.elem.first() {
                Some(first) => first,
                None => return NOWHERE,
            },
            Ast::BinaryOp { left: inner, .. }
            | Ast::AnyOp { left: inner, .. }
            | Ast::AllOp { left: inner, .. }
            | Ast::IsDistinctFrom(inner, _)
            | Ast::IsNotDistinctFrom(inner, _)
            | Ast::IsNull(inner)
            | Ast::IsNotNull(inner)
            | Ast::IsTrue(inner)
            | Ast::IsNotTrue(inner)
            | Ast::IsFalse(inner)
            | Ast::IsNotFalse(inner)
            | Ast::IsUnknown(inner)
            | Ast::IsNotUnknown(inner)
            | Ast::Nested(inner)
            | Ast::UnaryOp { expr: inner, .. }
            | Ast::Between { expr: inner, .. }
            | Ast::InList { expr: inner, .. }
            | Ast::InSubquery { expr: inner, .. }
            | Ast::Like { expr: inner, .. }
            | Ast::ILike { expr: inner, .. }
            | Ast::RLike { expr: inner, .. }
            | Ast::Cast { expr: inner, .. }
            | Ast::Extract { expr: inner, .. }
            | Ast::AtTimeZone { timestamp: inner, .. }
            | Ast::Interval(ast::Interval { value: inner, .. })
            | Ast::Ceil { expr: inner, .. }
            | Ast::Floor { expr: inner, .. }
            | Ast::Substring { expr: inner, .. }
            | Ast::Trim { expr: inner, .. }
            | Ast::CompoundFieldAccess { root: inner, .. } => inner,
            _ => return NOWHERE,
        }
    }
}

/// Where `name` begins.
pub(super) fn of_name(name: &ObjectName) -> Location {
    last_part(name).map_or(NOWHERE, |part| part.span.start)
}

/// The last part of `name`: the function's or the file's own.
pub(super) fn last_part(name: &ObjectName) -> Option<&Ident> {
    match name.0.last() {
        Some(ObjectNamePart::Identifier(part)) => Some(part),
        _ => None,
    }
}

/// Where `argument` begins.
pub(super) fn of_argument(argument: &FunctionArg) -> Location {
    match argument {
        FunctionArg::Named { name, .. } => name.span.start,
        FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => start(expr),
        _ => NOWHERE,
    }
}
