//! Values nested at random against the allocator.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::rc::Rc;
use std::sync::Arc;

use plimsoll_memory::impl_deep_size;
use proptest::collection::{btree_map, hash_map, hash_set, vec, vec_deque};
use proptest::prelude::*;

use crate::oracle::exact;

type Tree = BTreeMap<String, Vec<Option<Box<str>>>>;

#[derive(Debug, Clone, PartialEq)]
enum Json {
    Null,
    Number(f64),
    Text(Box<str>),
    List(Vec<Json>),
    Object { fields: BTreeMap<String, Json>, note: Option<Rc<str>> },
}
impl_deep_size!(enum Json { Null, Number(_), Text(text), List(items), Object { fields, note } });

fn json() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<f64>().prop_map(Json::Number),
        "[a-z]{0,9}".prop_map(|text| Json::Text(text.into())),
    ];
    leaf.prop_recursive(4, 200, 20, |inner| {
        let object = (btree_map("[a-z]{0,5}", inner.clone(), 0..20), any::<Option<u8>>());
        prop_oneof![
            vec(inner, 0..20).prop_map(Json::List),
            object.prop_map(|(fields, note)| Json::Object {
                fields,
                note: note.map(|number| number.to_string().into())
            }),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn vectors_of_options_of_boxes(model in vec(any::<Option<Box<str>>>(), 0..100)) {
        exact("a copy", || model.clone());
    }

    #[test]
    fn maps_of_vectors(model in hash_map("[a-z]{0,20}", vec(any::<u32>(), 0..30), 0..200)) {
        let map: HashMap<String, Vec<u32>> = model;
        exact("a copy", || map.clone());
        exact("grown", || {
            let mut grown = HashMap::new();
            for (key, values) in &map {
                grown.entry(key.clone()).or_insert_with(Vec::<u32>::new).extend(values);
            }
            grown
        });
    }

    #[test]
    fn trees_of_everything(model in btree_map("[a-z]{0,20}", vec(any::<Option<Box<str>>>(), 0..5), 0..150)) {
        let tree: Tree = model;
        exact("a copy", || tree.clone());
        exact("wrapped", || Arc::new((Some(Box::new(tree.clone())), [Ok::<_, String>(tree.clone()), Err("x".into())])));
    }

    #[test]
    fn deques_and_sets(
        deque in vec_deque((any::<u8>(), any::<String>()), 0..50),
        set in hash_set(any::<(u16, Option<String>)>(), 0..100),
    ) {
        let (deque, set): (VecDeque<(u8, String)>, HashSet<(u16, Option<String>)>) = (deque, set);
        exact("copies", || (deque.clone(), set.clone()));
        exact("with what was removed", || {
            let mut deque = deque.clone();
            deque.drain(..deque.len() / 2);
            deque
        });
    }

    #[test]
    fn enums_by_macro(model in json()) {
        // `note` of a copy is the model's: take it anew.
        fn anew(value: &Json) -> Json {
            match value {
                Json::List(items) => Json::List(items.iter().map(anew).collect()),
                Json::Object { fields, note } => Json::Object {
                    fields: fields.iter().map(|(name, value)| (name.clone(), anew(value))).collect(),
                    note: note.as_deref().map(Rc::from),
                },
                other => other.clone(),
            }
        }
        exact("a copy", || anew(&model));
    }
}
