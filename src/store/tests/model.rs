//! A store against a map, through flushes and reopening.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

#[derive(Clone, Debug)]
enum Step {
    Put(u8, u8),
    Delete(u8),
    DeleteRange(u8, u8),
    Flush,
    Reopen,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (any::<u8>(), any::<u8>()).prop_map(|(key, value)| Step::Put(key % 16, value)),
        3 => any::<u8>().prop_map(|key| Step::Delete(key % 16)),
        1 => (0..16u8, 0..8u8).prop_map(|(start, count)| Step::DeleteRange(start, start + count)),
        1 => Just(Step::Flush),
        1 => Just(Step::Reopen),
    ]
}

fn model_after(model: &mut BTreeMap<Vec<u8>, Vec<u8>>, batch: &mut Batch, step: &Step) {
    match *step {
        Step::Put(key, value) => {
            batch.put(ENTRIES, &[key], &[value]);
            model.insert(vec![key], vec![value]);
        }
        Step::Delete(key) => {
            batch.delete(ENTRIES, &[key]);
            model.remove([key].as_slice());
        }
        Step::DeleteRange(start, end) => {
            batch.delete_range(ENTRIES, &[start], &[end]);
            model.retain(|key, _| !(start..end).contains(&key[0]));
        }
        Step::Flush | Step::Reopen => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..Default::default() })]

    #[test]
    fn a_store_holds_what_a_map_would(batches in prop::collection::vec(
        prop::collection::vec(step(), 1..8), 1..8,
    )) {
        let fixture = Fixture::new();
        let mut store = Some(fixture.create());
        let mut model = BTreeMap::new();
        for steps in &batches {
            let mut batch = Batch::new();
            for step in steps {
                model_after(&mut model, &mut batch, step);
            }
            let open = store.as_ref().unwrap();
            open.write(&batch, Durability::Synced).unwrap();
            if steps.iter().any(|step| matches!(step, Step::Flush)) {
                open.flush().unwrap();
            }
            if steps.iter().any(|step| matches!(step, Step::Reopen)) {
                drop(store.take());
                store = Some(fixture.open().unwrap());
            }
            let open = store.as_ref().unwrap();
            let mut wanted: Vec<_> = model.clone().into_iter().collect();
            prop_assert_eq!(&pairs(open, &KeyRange::all(), Direction::Ascending), &wanted);
            wanted.reverse();
            prop_assert_eq!(&pairs(open, &KeyRange::all(), Direction::Descending), &wanted);
        }
    }
}
