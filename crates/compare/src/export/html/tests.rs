//! Tests of the page: exact text, and XML's rules for its charts and tables.

use super::html;
use crate::export::samples;

#[test]
fn pages() {
    for (name, report) in samples::all() {
        insta::assert_snapshot!(format!("{name}.html"), html(&report));
    }
}
