//! [`impl_deep_size!`](crate::impl_deep_size): `DeepSize` for structs and enums from a list of their fields, which the
//! compiler checks to be complete.

/// Implements [`DeepSize`](crate::size::DeepSize) for a struct or an enum by visiting its fields.
///
/// The fields are taken apart without `..`, and the variants without `_`: a field or a variant that is added later and
/// forgotten here does not compile. `_` in the place of a field (`name: _` where it has a name) leaves it out. Type
/// parameters get the bound `DeepSize`. `flat` is for types without heap memory, and takes only those that are `Copy`.
///
/// ```
/// use plimsoll_memory::{impl_deep_size, size::deep_size};
///
/// struct Station { name: String, readings: Vec<f64>, on_change: fn(f64) }
/// struct Pair<A, B>(A, B);
/// enum Shape { Nothing, Circle(f64), Polygon { corners: Vec<(f64, f64)> } }
/// #[derive(Clone, Copy)]
/// struct Position { x: f64, y: f64 }
///
/// impl_deep_size!(struct Station { name, readings, on_change: _ });
/// impl_deep_size!(struct Pair<A, B>(first, second));
/// impl_deep_size!(enum Shape { Nothing, Circle(_), Polygon { corners } });
/// impl_deep_size!(flat Position);
///
/// let pair = Pair(Shape::Circle(1.0), Shape::Polygon { corners: vec![(0.0, 0.0); 3] });
/// assert_eq!(deep_size(&pair).total, 2 * size_of::<Shape>() as u64 + 48);
/// # let _ = (Shape::Nothing, Position { x: 0.0, y: 0.0 });
/// # assert_eq!(deep_size(&Station { name: "x".into(), readings: vec![0.0], on_change: |_| () }).total, 56 + 9);
/// ```
///
/// ```compile_fail
/// struct Station { name: String, readings: Vec<f64> }
/// plimsoll_memory::impl_deep_size!(struct Station { name }); // `readings` is forgotten
/// ```
///
/// ```compile_fail
/// struct Name(String);
/// plimsoll_memory::impl_deep_size!(flat Name); // not `Copy`
/// ```
#[macro_export]
macro_rules! impl_deep_size {
    (struct $name:ident $(<$($parameter:ident),+ $(,)?>)? { $($field:ident $(: $ignored:tt)?),* $(,)? }) => {
        impl $(<$($parameter: $crate::size::DeepSize),+>)? $crate::size::DeepSize for $name $(<$($parameter),+>)? {
            fn visit_heap(&self, visitor: &mut $crate::size::Visitor) {
                let Self { $($field $(: $ignored)?),* } = self;
                let _ = &visitor;
                $($crate::impl_deep_size!(@visit visitor $field $($ignored)?);)*
            }
        }
    };
    (struct $name:ident $(<$($parameter:ident),+ $(,)?>)? ($($field:tt),* $(,)?)) => {
        impl $(<$($parameter: $crate::size::DeepSize),+>)? $crate::size::DeepSize for $name $(<$($parameter),+>)? {
            fn visit_heap(&self, visitor: &mut $crate::size::Visitor) {
                let Self($($field),*) = self;
                let _ = &visitor;
                $($crate::impl_deep_size!(@visit visitor $field);)*
            }
        }
    };
    (enum $name:ident $(<$($parameter:ident),+ $(,)?>)? {
        $($variant:ident $(($($position:tt),* $(,)?))? $({ $($field:ident $(: $ignored:tt)?),* $(,)? })?),* $(,)?
    }) => {
        impl $(<$($parameter: $crate::size::DeepSize),+>)? $crate::size::DeepSize for $name $(<$($parameter),+>)? {
            fn visit_heap(&self, visitor: &mut $crate::size::Visitor) {
                let _ = &visitor;
                match self {
                    $(Self::$variant $(($($position),*))? $({ $($field $(: $ignored)?),* })? => {
                        $($($crate::impl_deep_size!(@visit visitor $position);)*)?
                        $($($crate::impl_deep_size!(@visit visitor $field $($ignored)?);)*)?
                    })*
                }
            }
        }
    };
    (flat $($name:ty),+ $(,)?) => {
        $(impl $crate::size::DeepSize for $name {
            fn visit_heap(&self, _visitor: &mut $crate::size::Visitor) {
                const fn is_copy<T: Copy>() {}
                const { is_copy::<$name>() }
            }

            fn is_flat() -> bool {
                true
            }
        })+
    };
    (@visit $visitor:ident _) => {};
    (@visit $visitor:ident $field:ident) => {
        $crate::size::DeepSize::visit_heap($field, $visitor)
    };
    (@visit $visitor:ident $field:ident _) => {};
}
