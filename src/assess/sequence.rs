//! Runs of numbers without a gap in a producer's sequence.

use std::collections::BTreeMap;

/// Numbers in a row that were seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Run {
    /// The first.
    pub(super) first: u64,
    /// The last.
    pub(super) last: u64,
    /// The leaf that has the first of them; the earliest, where several have it.
    pub(super) index: u64,
}

/// The runs of one producer, epoch and log.
pub(super) trait Runs {
    type Error;

    /// The last run that begins at `number` or before.
    fn at_or_before(&mut self, number: u64) -> Result<Option<Run>, Self::Error>;
    /// The first run that begins after `number`.
    fn after(&mut self, number: u64) -> Result<Option<Run>, Self::Error>;
    /// Puts a run in the place of one that begins where it does.
    fn put(&mut self, run: Run);
    /// Takes the run away that begins here.
    fn remove(&mut self, first: u64);
}

/// Takes a leaf's number in; whether a gap came, went or changed. The leaves of a log come in order.
pub(super) fn see<R: Runs>(runs: &mut R, number: u64, index: u64) -> Result<bool, R::Error> {
    let before = runs.at_or_before(number)?;
    if before.is_some_and(|run| run.last >= number) {
        return Ok(false);
    }
    let after = runs.after(number)?;
    let extends = before.filter(|run| run.last.checked_add(1) == Some(number));
    let joins = after.filter(|run| number.checked_add(1) == Some(run.first));
    let begin = extends.map_or((number, index), |run| (run.first, run.index));
    if let Some(joined) = joins {
        runs.remove(joined.first);
    }
    runs.put(Run {
        first: begin.0,
        last: joins.map_or(number, |run| run.last),
        index: begin.1,
    });
    let only_grew = extends.is_some() && after.is_none();
    let first_ever = before.is_none() && after.is_none();
    Ok(!only_grew && !first_ever)
}

/// Runs in memory, by their first number.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct RunsInMemory(pub(super) BTreeMap<u64, Run>);

impl Runs for RunsInMemory {
    type Error = std::convert::Infallible;

    fn at_or_before(&mut self, number: u64) -> Result<Option<Run>, Self::Error> {
        Ok(self.0.range(..=number).next_back().map(|(_, run)| *run))
    }

    fn after(&mut self, number: u64) -> Result<Option<Run>, Self::Error> {
        let above = (
            std::ops::Bound::Excluded(number),
            std::ops::Bound::Unbounded,
        );
        Ok(self.0.range(above).next().map(|(_, run)| *run))
    }

    fn put(&mut self, run: Run) {
        self.0.insert(run.first, run);
    }

    fn remove(&mut self, first: u64) {
        self.0.remove(&first);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn seen(numbers: &[u64]) -> RunsInMemory {
        let mut runs = RunsInMemory::default();
        for (index, number) in (0..).zip(numbers) {
            let Ok(_) = see(&mut runs, *number, index);
        }
        runs
    }

    #[test]
    fn numbers_that_meet_are_one_run_and_say_so() {
        let mut runs = seen(&[5, 6, 9]);
        let Ok(changed) = see(&mut runs, 7, 3);
        assert!(changed, "the gap got smaller");
        let Ok(changed) = see(&mut runs, 8, 4);
        assert!(changed, "the gap closed");
        let Ok(changed) = see(&mut runs, 10, 5);
        assert!(!changed, "the sequence went on");
        let Ok(changed) = see(&mut runs, 7, 6);
        assert!(!changed, "a repeated number");
        let run = Run {
            first: 5,
            last: 10,
            index: 0,
        };
        assert_eq!(runs.0, BTreeMap::from([(5, run)]));
        assert_eq!(seen(&[u64::MAX, 0, u64::MAX - 1]).0.len(), 2);
    }

    proptest! {
        #[test]
        fn runs_are_those_of_the_set(numbers in prop::collection::vec(0u64..40, 0..60)) {
            let runs = seen(&numbers);
            let mut first_leaf = BTreeMap::new();
            for (index, number) in (0u64..).zip(&numbers) {
                first_leaf.entry(*number).or_insert(index);
            }
            let covered: Vec<u64> = runs.0.values().flat_map(|run| run.first..=run.last).collect();
            prop_assert_eq!(covered, first_leaf.keys().copied().collect::<Vec<_>>());
            for run in runs.0.values() {
                prop_assert_eq!(run.index, first_leaf[&run.first]);
                prop_assert!(!first_leaf.contains_key(&(run.last + 1)));
            }
        }
    }
}
