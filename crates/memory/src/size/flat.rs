//! Types that own no heap memory, and the plain compounds: options, results, tuples, arrays, ranges.

use std::marker::PhantomData;
use std::num::{
    NonZeroI8, NonZeroI16, NonZeroI32, NonZeroI64, NonZeroI128, NonZeroIsize, NonZeroU8, NonZeroU16,
    NonZeroU32, NonZeroU64, NonZeroU128, NonZeroUsize, Saturating, Wrapping,
};
use std::ops::{Range, RangeFrom, RangeInclusive, RangeTo};
use std::ptr::NonNull;
use std::sync::atomic::{
    AtomicBool, AtomicI8, AtomicI16, AtomicI32, AtomicI64, AtomicIsize, AtomicPtr, AtomicU8, AtomicU16,
    AtomicU32, AtomicU64, AtomicUsize,
};

use super::{DeepSize, Visitor};
use crate::impl_deep_size;

/// `DeepSize` of types that own nothing.
macro_rules! flat {
    ($([$($parameters:tt)*] $name:ty),* $(,)?) => {
        $(impl<$($parameters)*> DeepSize for $name {
            fn visit_heap(&self, _visitor: &mut Visitor) {}

            fn is_flat() -> bool {
                true
            }
        })*
    };
}

impl_deep_size!(flat(), bool, char, u8, u16, u32, u64, u128, usize, i8, i16, i32, i64, i128, isize, f32, f64);
impl_deep_size!(flat NonZeroU8, NonZeroU16, NonZeroU32, NonZeroU64, NonZeroU128, NonZeroUsize);
impl_deep_size!(flat NonZeroI8, NonZeroI16, NonZeroI32, NonZeroI64, NonZeroI128, NonZeroIsize);
impl_deep_size!(flat std::time::Duration, std::time::Instant, std::time::SystemTime, std::cmp::Ordering);
impl_deep_size!(flat std::net::IpAddr, std::net::Ipv4Addr, std::net::Ipv6Addr, std::net::SocketAddr);
impl_deep_size!(flat std::alloc::Layout, std::any::TypeId, std::thread::ThreadId);

// A reference or a pointer owns nothing: what it leads to belongs to somebody else.
flat! {
    [] AtomicBool, [] AtomicU8, [] AtomicU16, [] AtomicU32, [] AtomicU64, [] AtomicUsize,
    [] AtomicI8, [] AtomicI16, [] AtomicI32, [] AtomicI64, [] AtomicIsize, [T] AtomicPtr<T>,
    [T: ?Sized] &T, [T: ?Sized] &mut T, [T: ?Sized] *const T, [T: ?Sized] *mut T, [T: ?Sized] NonNull<T>,
    [T: ?Sized] PhantomData<T>, [] std::hash::RandomState, [T] std::hash::BuildHasherDefault<T>,
    [R] fn() -> R, [A, R] fn(A) -> R, [A, B, R] fn(A, B) -> R,
}

impl<T: DeepSize> DeepSize for Option<T> {
    fn visit_heap(&self, visitor: &mut Visitor) {
        if let Some(value) = self {
            value.visit_heap(visitor);
        }
    }

    fn is_flat() -> bool {
        T::is_flat()
    }
}

impl<T: DeepSize, E: DeepSize> DeepSize for Result<T, E> {
    fn visit_heap(&self, visitor: &mut Visitor) {
        match self {
            Ok(value) => value.visit_heap(visitor),
            Err(error) => error.visit_heap(visitor),
        }
    }

    fn is_flat() -> bool {
        T::is_flat() && E::is_flat()
    }
}

impl<T: DeepSize, const N: usize> DeepSize for [T; N] {
    fn visit_heap(&self, visitor: &mut Visitor) {
        self.as_slice().visit_heap(visitor);
    }

    fn is_flat() -> bool {
        T::is_flat()
    }
}

macro_rules! tuples {
    ($(($($name:ident $index:tt),+))*) => {
        $(impl<$($name: DeepSize),+> DeepSize for ($($name,)+) {
            fn visit_heap(&self, visitor: &mut Visitor) {
                $(self.$index.visit_heap(visitor);)+
            }

            fn is_flat() -> bool {
                $($name::is_flat())&&+
            }
        })*
    };
}

tuples! {
    (A 0)
    (A 0, B 1)
    (A 0, B 1, C 2)
    (A 0, B 1, C 2, D 3)
    (A 0, B 1, C 2, D 3, E 4)
    (A 0, B 1, C 2, D 3, E 4, F 5)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11)
}

/// `DeepSize` of types that are made of some values of one type.
macro_rules! compound {
    ($($name:ident: $value:ident => $($part:expr),+;)*) => {
        $(impl<T: DeepSize> DeepSize for $name<T> {
            fn visit_heap(&self, visitor: &mut Visitor) {
                let $value = self;
                $($part.visit_heap(visitor);)+
            }

            fn is_flat() -> bool {
                T::is_flat()
            }
        })*
    };
}

compound! {
    Range: range => range.start, range.end;
    RangeInclusive: range => range.start(), range.end();
    RangeFrom: range => range.start;
    RangeTo: range => range.end;
    Wrapping: number => number.0;
    Saturating: number => number.0;
}
