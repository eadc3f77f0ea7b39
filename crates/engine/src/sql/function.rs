//! Calls of scalar functions and aggregates.

use plimsoll_core::{AggregateFunction, Expr, Function, MAX_PRECISION, Quantile, Result, Value};
use sqlparser::ast::{
    self, CeilFloorKind, DateTimeField, DuplicateTreatment, Expr as Ast, FunctionArg, FunctionArgExpr,
    FunctionArgumentList, FunctionArguments, TrimWhereField,
};
use sqlparser::tokenizer::Location;

use super::expression::Expressions;
use super::{place, refuse, rewrite, temporal};

use AggregateFunction as A;

/// Aggregates of one column or two, by their SQL names. `count` and the quantiles with a parameter are not here.
const AGGREGATES: [(&str, AggregateFunction); 16] = [
    ("sum", A::Sum),
    ("avg", A::Avg),
    ("mean", A::Avg),
    ("min", A::Min),
    ("max", A::Max),
    ("var_pop", A::VarPop),
    ("var_samp", A::VarSamp),
    ("variance", A::VarSamp),
    ("stddev_pop", A::StddevPop),
    ("stddev_samp", A::StddevSamp),
    ("stddev", A::StddevSamp),
    ("median", A::QuantileCont(Quantile::MEDIAN)),
    ("first", A::First),
    ("last", A::Last),
    ("any_value", A::AnyValue),
    ("corr", A::Corr),
];

/// The names of all functions, for the nearest of them.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    let scalar = Function::ALL.iter().flat_map(|(_, names, ..)| names.iter().copied());
    let aggregates = AGGREGATES.iter().map(|(name, _)| *name);
    let rewritten = rewrite::NAMES.iter().map(|(name, ..)| *name);
    let quantiles = ["count", "quantile_cont", "quantile_disc", "quantile"];
    scalar
        .chain(temporal::names())
        .chain(aggregates)
        .chain(rewritten)
        .chain(quantiles)
        .filter(|name| *name != "||")
}

impl Expressions<'_> {
    pub(super) fn call(&mut self, call: &ast::Function) -> Result<Expr> {
        let place = place::of_name(&call.name);
        let name = place::last_part(&call.name).map(|part| part.value.to_lowercase()).unwrap_or_default();
        let name = name.as_str();
        let list = refuse::check_call(self.source, call, name)?;
        if let Some(condition) = &call.filter {
            let condition = self.translate(condition)?.to_string();
            let argument = match list.map(|list| list.args.as_slice()) {
                Some([FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)), ..]) => {
                    self.translate(expr)?.to_string()
                }
                _ => "1".to_owned(),
            };
            return Err(refuse::filter(self.source, name, place, &condition, &argument));
        }
        if name == "count" {
            return self.count(list, place);
        }
        let arguments = self.arguments(list, name, place)?;
        let expr = if let Some((_, function)) = AGGREGATES.iter().find(|(known, _)| *known == name) {
            self.check_arity(name, (function.arity(), function.arity()), arguments.len(), place)?;
            Expr::Aggregate { function: *function, arguments }
        } else if name == "quantile_cont" {
            self.quantile(name, A::QuantileCont, list, arguments, place)?
        } else if matches!(name, "quantile_disc" | "quantile") {
            self.quantile(name, A::QuantileDisc, list, arguments, place)?
        } else if let Some(expr) = self.temporal_call(name, &arguments, place)? {
            expr
        } else if let Some((_, least, most)) = rewrite::NAMES.iter().find(|(known, ..)| *known == name) {
            self.check_arity(name, (*least, *most), arguments.len(), place)?;
            self.rewritten(name, arguments, place)?
        } else if let Some(function) = Function::from_name(name) {
            self.check_arity(name, function.arity(), arguments.len(), place)?;
            Expr::Call(function, arguments)
        } else {
            return Err(refuse::function(self.source, name, place));
        };
        match (list.and_then(|list| list.duplicate_treatment), &expr) {
            (Some(DuplicateTreatment::Distinct), _) => {
                Err(refuse::distinct_argument(self.source, name, place))
            }
            _ => Ok(expr),
        }
    }

    /// `count(*)`, `count()`, `count(x)`, `count(DISTINCT x)`.
    fn count(&mut self, list: Option<&FunctionArgumentList>, place: Location) -> Result<Expr> {
        let distinct = list.and_then(|list| list.duplicate_treatment) == Some(DuplicateTreatment::Distinct);
        let function = if distinct { A::CountDistinct } else { A::Count };
        if let None | Some([] | [FunctionArg::Unnamed(FunctionArgExpr::Wildcard)]) =
            list.map(|list| &*list.args)
        {
            if distinct {
                let hint = "write SELECT DISTINCT … and count its rows, or count(DISTINCT column)";
                return Err(self.source.error(place, "count(DISTINCT *) is not supported", hint));
            }
            return Ok(Expr::Aggregate { function: A::CountStar, arguments: Vec::new() });
        }
        let arguments = self.arguments(list, "count", place)?;
        self.check_arity("count", (1, 1), arguments.len(), place)?;
        Ok(Expr::Aggregate { function, arguments })
    }

    fn arguments(
        &mut self,
        list: Option<&FunctionArgumentList>,
        name: &str,
        place: Location,
    ) -> Result<Vec<Expr>> {
        let Some(list) = list else { return Ok(Vec::new()) };
        let argument = |argument| match argument {
            &FunctionArg::Unnamed(FunctionArgExpr::Expr(ref expr)) => self.translate(expr),
            FunctionArg::Unnamed(_) => {
                Err(self.source.error(place, format!("{name}(*) is not supported"), "name a column"))
            }
            _ => Err(self.source.error(place, format!("{name}() takes no named arguments"), "")),
        };
        list.args.iter().map(argument).collect()
    }

    pub(super) fn check_arity(
        &self,
        name: &str,
        (least, most): (usize, usize),
        found: usize,
        place: Location,
    ) -> Result<()> {
        if (least..=most).contains(&found) {
            return Ok(());
        }
        let wanted = match most {
            _ if least == most => least.to_string(),
            usize::MAX => format!("{least} or more"),
            _ => format!("{least} to {most}"),
        };
        let noun = if wanted == "1" { "argument" } else { "arguments" };
        Err(self.source.error(place, format!("{name}() takes {wanted} {noun}, not {found}"), ""))
    }

    /// `quantile_cont(x, q)` and `quantile_disc(x, q)`: q is the text of the constant, which a double could not hold.
    fn quantile(
        &self,
        name: &str,
        function: fn(Quantile) -> AggregateFunction,
        list: Option<&FunctionArgumentList>,
        mut arguments: Vec<Expr>,
        place: Location,
    ) -> Result<Expr> {
        self.check_arity(name, (2, 2), arguments.len(), place)?;
        arguments.pop();
        let written = list.and_then(|list| list.args.last()).and_then(number_text);
        match written.and_then(|text| Quantile::parse(&text)) {
            Some(quantile) => Ok(Expr::Aggregate { function: function(quantile), arguments }),
            None => {
                let message = format!(
                    "the second argument of {name}() is a number from 0 to 1, with {MAX_PRECISION} digits at most"
                );
                Err(self.source.error(place, message, format!("write {name}(x, 0.5)")))
            }
        }
    }

    pub(super) fn rounded(&mut self, function: Function, expr: &Ast, field: &CeilFloorKind) -> Result<Expr> {
        match field {
            CeilFloorKind::DateTimeField(DateTimeField::NoDateTime) => {
                Ok(Expr::Call(function, vec![self.translate(expr)?]))
            }
            _ => {
                let place = place::start(expr);
                let message = format!("{}() takes 1 argument", function.name());
                Err(self.source.error(place, message, "write round(x, digits) for digits behind the point"))
            }
        }
    }

    pub(super) fn substring(&mut self, expr: &Ast, from: Option<&Ast>, length: Option<&Ast>) -> Result<Expr> {
        let mut arguments = vec![self.translate(expr)?];
        arguments.push(from.map_or(Ok(Expr::Literal(Value::Int64(1))), |from| self.translate(from))?);
        arguments.extend(length.map(|length| self.translate(length)).transpose()?);
        Ok(Expr::Call(Function::Substr, arguments))
    }

    pub(super) fn trim(&mut self, side: Option<&TrimWhereField>, expr: &Ast) -> Result<Expr> {
        match side {
            None | Some(TrimWhereField::Both) => Ok(Expr::Call(Function::Trim, vec![self.translate(expr)?])),
            Some(TrimWhereField::Leading) => Ok(Expr::Call(Function::LeftTrim, vec![self.translate(expr)?])),
            Some(TrimWhereField::Trailing) => {
                Ok(Expr::Call(Function::RightTrim, vec![self.translate(expr)?]))
            }
        }
    }
}

/// The text of an argument that is a number, without the `_` between digits.
fn number_text(argument: &FunctionArg) -> Option<String> {
    let FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) = argument else { return None };
    let mut expr = expr;
    while let Ast::Nested(inner) = expr {
        expr = &**inner;
    }
    match expr {
        Ast::Value(constant) => match &constant.value {
            ast::Value::Number(text, false) => Some(text.replace('_', "")),
            _ => None,
        },
        _ => None,
    }
}

/// The arguments of a call, `None` for a name that was written without parentheses.
pub(super) fn argument_list(arguments: &FunctionArguments) -> Option<&FunctionArgumentList> {
    match arguments {
        FunctionArguments::List(list) => Some(list),
        FunctionArguments::None | FunctionArguments::Subquery(_) => None,
    }
}
