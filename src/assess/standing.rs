//! How many findings stand.

use std::collections::BTreeMap;

use custodia_core::assess::Outcome;

use super::Error;
use super::rows::{Header, SINCE};
use super::store::FindingsStore;

/// How many findings of each rule and result stand at a moment.
pub(super) fn count(
    store: &FindingsStore,
    now_ms: i64,
) -> Result<BTreeMap<(u8, Outcome), u64>, Error> {
    let mut counts = BTreeMap::new();
    for row in store.scan(&[SINCE], None)? {
        let (_, value) = row?;
        let header = Header::decode(&value);
        let header = header.ok_or_else(|| store.corrupt("a finding's row can't be read"))?;
        if header.since_ms > now_ms {
            break;
        }
        if header.stands_at(now_ms) {
            *counts.entry((header.rule, header.result)).or_default() += 1;
        }
    }
    Ok(counts)
}
