//! Which cells of an audit's counts are withheld, so that none of fewer than k people can be read or worked out.

use std::collections::BTreeSet;

/// A person within one census: the first bytes of the reference's hash.
pub(super) type Person = [u8; 16];

/// What a cell counts.
#[derive(Debug, Clone, Default)]
pub(super) struct Cell {
    pub(super) events: u64,
    /// Those whom it is about, up to k of them.
    pub(super) people: BTreeSet<Person>,
}

impl Cell {
    /// Counts one more event. Of more than `k` people none is kept.
    pub(super) fn count(&mut self, person: Person, k: usize) {
        self.events += 1;
        if self.people.len() < k {
            self.people.insert(person);
        }
    }
}

/// Whether each cell is withheld. A cell of fewer than `k` people is; and of each of `sums`, cells whose total,
/// or difference from the first of them, is known, further ones are, the smallest first, until what is withheld
/// of it is about `k` people at least and more than one cell.
pub(super) fn withheld(cells: &[Cell], sums: &[Vec<usize>], k: usize) -> Vec<bool> {
    let mut hidden: Vec<bool> = cells.iter().map(|cell| cell.people.len() < k).collect();
    loop {
        let mut changed = false;
        for sum in sums {
            while let Some(next) = next_to_hide(cells, sum, &hidden, k) {
                hidden[next] = true;
                changed = true;
            }
        }
        if !changed {
            return hidden;
        }
    }
}

/// The cell of a sum that must be withheld too; none where the sum gives nothing away, or has no other cell.
fn next_to_hide(cells: &[Cell], sum: &[usize], hidden: &[bool], k: usize) -> Option<usize> {
    let of_sum = || sum.iter().copied().filter(|place| hidden[*place]);
    if of_sum().next().is_none() || (of_sum().count() > 1 && has_people(of_sum(), cells, k)) {
        return None;
    }
    let shown = sum.iter().copied().filter(|place| !hidden[*place]);
    shown.min_by_key(|place| (cells[*place].events, *place))
}

/// Whether cells together are about `k` people at least.
fn has_people(places: impl Iterator<Item = usize>, cells: &[Cell], k: usize) -> bool {
    let mut people: BTreeSet<&Person> = BTreeSet::new();
    for place in places {
        people.extend(&cells[place].people);
        if people.len() >= k {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A cell of so many people from `first` on, with an event each.
    fn cell(first: u32, people: u32, k: usize) -> Cell {
        let mut cell = Cell::default();
        for number in first..first + people {
            let mut person = Person::default();
            person[..4].copy_from_slice(&number.to_be_bytes());
            cell.count(person, k);
        }
        cell
    }

    #[test]
    fn one_small_cell_takes_another_with_it() {
        let cells = [cell(0, 40, 10), cell(100, 3, 10), cell(200, 12, 10)];
        assert_eq!(
            withheld(&cells, &[], 10),
            [false, true, false],
            "without a total nothing else is needed"
        );
        assert_eq!(withheld(&cells, &[vec![0, 1, 2]], 10), [false, true, true]);
    }

    #[test]
    fn one_person_with_many_events_is_one_person() {
        let mut cell = Cell::default();
        for _ in 0..1000 {
            cell.count([1; 16], 10);
        }
        assert_eq!(withheld(&[cell], &[], 10), [true]);
    }

    #[test]
    fn a_withheld_total_is_not_given_away_by_its_parts() {
        // Cell 0 is the total of 1 and 2, and stands in a sum with the small cell 3.
        let cells = [
            cell(0, 30, 10),
            cell(0, 12, 10),
            cell(12, 18, 10),
            cell(50, 2, 10),
        ];
        let sums = [vec![0, 3], vec![0, 1, 2]];
        assert_eq!(withheld(&cells, &sums, 10), [true, true, false, true]);
    }

    proptest! {
        #[test]
        fn no_sum_has_one_withheld_cell_or_too_few_people(
            sizes in proptest::collection::vec(1_u32..40, 1..24),
            picks in proptest::collection::vec(proptest::collection::btree_set(0_usize..24, 1..8), 0..8),
            k in 2_usize..16,
        ) {
            let cells: Vec<Cell> = (0..).zip(&sizes).map(|(n, size)| cell(n * 100, *size, k)).collect();
            let sums: Vec<Vec<usize>> = picks
                .into_iter()
                .map(|pick| pick.into_iter().filter(|place| *place < cells.len()).collect())
                .collect();
            let hidden = withheld(&cells, &sums, k);
            for (cell, hidden) in cells.iter().zip(&hidden) {
                prop_assert!(*hidden || cell.people.len() >= k);
            }
            for sum in &sums {
                let of_sum: Vec<usize> = sum.iter().copied().filter(|place| hidden[*place]).collect();
                let all = of_sum.len() == sum.len();
                let enough = of_sum.len() > 1 && has_people(of_sum.iter().copied(), &cells, k);
                prop_assert!(of_sum.is_empty() || all || enough);
            }
        }
    }
}
