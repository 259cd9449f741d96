//! Lines that are signed and break a rule: each is refused, and its number named.

use custodia_core::extract::{
    EventLine, Int, OpenedSlot, Profile, SaidVerdict, SlotLine, WithheldSlot,
};

use crate::asked::fails;
use crate::maker::{ACCESS, DATA, Draft, LEDGER, Ledger, line, said};

fn ledger() -> Ledger {
    Ledger::with_events(40)
}

fn draft() -> Draft {
    ledger().draft(Profile::RSubject)
}

/// Asserts that a draft whose line has this change fails at that line.
fn line_fails(number: usize, words: &str, change: impl Fn(&mut EventLine)) {
    let mut draft = draft();
    change(&mut draft.lines[number]);
    fails(
        &draft.files(),
        &format!("events.jsonl line {}", number + 1),
        "line",
        words,
    );
}

#[test]
fn an_event_of_another_log_or_index_is_refused() {
    line_fails(1, "no log of the cut", |line| {
        line.log = format!("{LEDGER}/custodia.events/7/0");
    });
    line_fails(1, "is not an origin", |line| line.log = "events".into());
    line_fails(1, "leaf 38 is not in the cut", |line| line.index = Int(38));
    line_fails(1, "doesn't stand after the line before", |line| {
        line.index = Int(0);
    });
    // The line of a good leaf under its neighbour's index leads to another root.
    let mut draft = draft();
    draft.lines[1].index = Int(4);
    draft.proofs = ledger().proofs(&draft);
    fails(&draft.files(), "proofs.bin", "root", DATA);
    // The leaf of another log in this one's place.
    let ledger = ledger();
    let mut draft = self::draft();
    let other = line(
        ledger.log(ACCESS),
        0,
        said(SaidVerdict::Accepted),
        Profile::RSubject,
    );
    draft.lines[0].entry = other.entry;
    draft.lines[0].slots = other.slots;
    fails(&draft.files(), "proofs.bin", "root", DATA);
}

#[test]
fn lines_ascend_and_end() {
    let mut draft = draft();
    draft.lines.swap(0, 1);
    fails(
        &draft.files(),
        "events.jsonl line 2",
        "line",
        "doesn't stand after",
    );
    let mut draft = self::draft();
    let twice = draft.lines[3].clone();
    draft.lines.insert(3, twice);
    fails(
        &draft.files(),
        "events.jsonl line 5",
        "line",
        "doesn't stand after",
    );
    let draft = self::draft();
    let mut others = draft.others();
    let events = others
        .iter_mut()
        .find(|(name, _)| name == "events.jsonl")
        .unwrap();
    events.1.pop();
    let count = draft.lines.len();
    fails(
        &draft.files_with(others.clone()),
        &format!("events.jsonl line {count}"),
        "unterminated",
        "cut short",
    );
    let events = others
        .iter_mut()
        .find(|(name, _)| name == "events.jsonl")
        .unwrap();
    events.1.extend(b"\n\n");
    let place = format!("events.jsonl line {}", count + 1);
    fails(&draft.files_with(others), &place, "line", "can't be read");
}

fn slots(line: &mut EventLine) -> &mut Vec<SlotLine> {
    line.slots.as_mut().unwrap()
}

fn opened(slot: &mut SlotLine) -> &mut OpenedSlot {
    match slot {
        SlotLine::Opened(slot) => slot,
        SlotLine::Withheld(_) => panic!("the slot is withheld"),
    }
}

#[test]
fn slots_are_those_of_the_leaf() {
    line_fails(0, "not what the entry commits to", |line| {
        // The correlation, another of the same form.
        let correlation = opened(&mut slots(line)[2]);
        *correlation.bytes.last_mut().unwrap() ^= 1;
    });
    line_fails(0, "not what the entry commits to", |line| {
        opened(&mut slots(line)[0]).key[0] ^= 1;
    });
    line_fails(0, "not what the entry commits to", |line| {
        line.entry[49] ^= 1;
    });
    line_fails(0, "slot 0x01 stands after slot 0x01", |line| {
        let twice = slots(line)[1].clone();
        slots(line).insert(1, twice);
    });
    line_fails(0, "another block", |line| {
        opened(&mut slots(line)[2]).id = 0x03;
    });
    line_fails(0, "there is no slot 0x90", |line| {
        slots(line).push(SlotLine::Withheld(WithheldSlot {
            digest: [0; 32],
            id: 0x90,
        }));
    });
    line_fails(0, "0x80 is neither opened nor withheld", |line| {
        slots(line).retain(|slot| slot.shown().id().0 != 0x80);
    });
    // Absent is not withheld: the commitment is over all that stand.
    line_fails(0, "not what the entry commits to", |line| {
        slots(line).retain(|slot| slot.shown().id().0 != 0x81 - 0x3d);
    });
    line_fails(0, "0x00 is neither opened nor withheld", |line| {
        slots(line).clear();
    });
    line_fails(0, "entry has version 2", |line| line.entry[0] = 2);
    line_fails(0, "unknown flag bits", |line| line.entry[1] |= 4);
}

#[test]
fn a_profile_opens_what_it_opens_and_no_more() {
    let ledger = ledger();
    for (profile, wrong) in [
        (Profile::RSubject, 0x81_u8),
        (Profile::RSubject, 0x02),
        (Profile::RRecipient, 0x01),
        (Profile::RRecipient, 0x02),
        (Profile::RRecipient, 0x80),
        (Profile::RIncident, 0x01),
        (Profile::RIncident, 0x80),
        (Profile::SSelf, 0x44),
    ] {
        let mut draft = ledger.draft(profile);
        let verdict = SaidVerdict::Accepted;
        let opens =
            |slot: custodia_core::slot::SlotId| profile.opens(slot, verdict) != (slot.0 == wrong);
        let first = usize::try_from(draft.lines[0].index.0).unwrap();
        draft.lines[0].slots = Some(ledger.log(DATA).leaves[first].shown(opens));
        let words = format!("slot 0x{wrong:02x} is opened or withheld against the profile");
        fails(&draft.files(), "events.jsonl line 1", "line", &words);
    }
    // Of what is no event nothing but its type is opened.
    line_fails(0, "against the profile", |line| {
        line.said.verdict = SaidVerdict::Quarantined;
        line.said.reason = Some("missing_field".into());
    });
}

#[test]
fn an_audit_shows_no_leaf_of_anybody() {
    let ledger = ledger();
    let of_somebody = "it may be of a person";
    // A share, its people withheld: that somebody is in it is seen.
    let mut draft = ledger.draft(Profile::RAudit);
    let share = line(
        ledger.log(DATA),
        0,
        said(SaidVerdict::Accepted),
        Profile::RAudit,
    );
    draft.lines.insert(0, share);
    draft.proofs = ledger.proofs(&draft);
    fails(&draft.files(), "events.jsonl line 1", "line", of_somebody);
    // What is erased, quarantined, or of no kind that is shown.
    let spoils: [fn(&mut EventLine); 3] = [
        |line| line.slots = None,
        |line| {
            line.said.verdict = SaidVerdict::Quarantined;
            line.said.reason = Some("missing_field".into());
        },
        |line| {
            let slots = line.slots.as_mut().unwrap();
            slots.retain(|slot| slot.shown().id().0 != 0x40);
        },
    ];
    for spoil in spoils {
        let mut draft = ledger.draft(Profile::RAudit);
        spoil(&mut draft.lines[0]);
        fails(&draft.files(), "events.jsonl line 1", "line", of_somebody);
    }
}

#[test]
fn what_the_operator_says_fits_together() {
    line_fails(0, "duplicate_of stands with duplicate", |line| {
        line.said.duplicate_of = Some(Int(0));
    });
    line_fails(0, "duplicate_of stands with duplicate", |line| {
        line.said.verdict = SaidVerdict::Duplicate;
    });
    line_fails(0, "reason stands with quarantined", |line| {
        line.said.reason = Some("x".into());
    });
    line_fails(1, "reason stands with quarantined", |line| {
        line.said.reason = None;
    });
    line_fails(5, "people don't ascend", |line| {
        let twice = line.said.people[0].clone();
        line.said.people.push(twice);
    });
    line_fails(
        0,
        "a subject stands where people are pseudonyms alone",
        |line| {
            line.said.subject = Some("P-1".into());
        },
    );
    line_fails(2, "is not an origin", |line| {
        line.said.erased.as_mut().unwrap().log = "nowhere".into();
    });
    let ledger = ledger();
    line_fails(2, "erased, but slots are shown", |erased| {
        let index = erased.index.0;
        let shown = line(
            ledger.log(DATA),
            index,
            said(SaidVerdict::Accepted),
            Profile::RSubject,
        );
        erased.slots = shown.slots;
    });
}
