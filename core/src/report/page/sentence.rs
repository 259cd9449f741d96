//! The answer in one sentence.

use super::super::answer::{Leaf, Totals};
use super::{Page, count};
use crate::extract::{QueryKind, SaidVerdict};

/// The sentence, in the page's language.
pub(super) fn of(page: &Page<'_>) -> String {
    let totals = &page.answer.totals;
    match page.answer.manifest.query.kind {
        QueryKind::Incident => of_incident(page),
        QueryKind::Class => of_class(page),
        QueryKind::Audit => of_audit(page),
        kind if totals.outflows() == 0 => nothing(page, kind == QueryKind::Subject),
        QueryKind::Subject => of_person(page),
        QueryKind::Recipient => of_recipient(page),
    }
}

fn nothing(page: &Page<'_>, of_person: bool) -> String {
    let (zh, en) = if of_person {
        (
            "该个人的信息被提供给任何接收方",
            "of this person's data going to anyone",
        )
    } else {
        (
            "该接收方收到个人信息",
            "of personal data going to this recipient",
        )
    };
    let zh = format!("截至切面，本摘录中没有{zh}的记录。");
    let en = format!("Up to the cut, this extract holds no record {en}.");
    pick(page, zh, en)
}

fn of_person(page: &Page<'_>) -> String {
    let totals = &page.answer.totals;
    let received = page.answer.recipients.values();
    let recipients = received.filter(|one| one.outflows() > 0).count() as u64;
    let ((kinds_zh, kinds_en), (what_zh, what_en)) = (kinds(totals), categories(totals));
    let zh = format!(
        "截至切面，账本记有该个人的信息共<strong>{}次</strong>流向<strong>{}个接收方</strong>（{kinds_zh}），{what_zh}。",
        count(totals.outflows()),
        recipients,
    );
    let en = format!(
        "Up to the cut, the ledger has this person's data going out <strong>{}</strong> to \
         <strong>{}</strong> ({kinds_en}): {what_en}.",
        plural(totals.outflows(), "time", "times"),
        plural(recipients, "recipient", "recipients"),
    );
    pick(page, zh, en)
}

fn of_recipient(page: &Page<'_>) -> String {
    let totals = &page.answer.totals;
    let people = totals.people.len() as u64;
    let ((kinds_zh, kinds_en), (what_zh, what_en)) = (kinds(totals), categories(totals));
    let zh = format!(
        "截至切面，账本记有该接收方共<strong>{}次</strong>收到个人信息（{kinds_zh}），涉及{}人（按假名计），{what_zh}。",
        count(totals.outflows()),
        count(people),
    );
    let en = format!(
        "Up to the cut, the ledger has personal data going to this recipient <strong>{}</strong> \
         ({kinds_en}), about {} (by pseudonym): {what_en}.",
        plural(totals.outflows(), "time", "times"),
        plural(people, "person", "people"),
    );
    pick(page, zh, en)
}

fn of_incident(page: &Page<'_>) -> String {
    let totals = &page.answer.totals;
    let people = totals.people.len() as u64;
    let zh = format!(
        "截至切面，账本中写明该安全事件的记录共<strong>{}条</strong>，其中关于{}人（按假名计）。",
        count(totals.others),
        count(people),
    );
    let en = format!(
        "Up to the cut, the ledger has <strong>{}</strong> naming this incident, of {} (by pseudonym) among \
         others.",
        plural(totals.others, "record", "records"),
        plural(people, "person", "people"),
    );
    pick(page, zh, en)
}

fn of_class(page: &Page<'_>) -> String {
    let events = &page.answer.manifest.query.events;
    let of_class = |leaf: &&Leaf| {
        let kind = leaf.kind.and_then(crate::schema::body_of);
        leaf.said.verdict == SaidVerdict::Accepted
            && kind.is_some_and(|kind| events.binary_search(&kind.name).is_ok())
    };
    let leaves = page.answer.leaves.iter().filter(of_class).count() as u64;
    let people = page.answer.totals.people.len() as u64;
    let zh = format!(
        "截至切面，账本中所询种类的事件共<strong>{}条</strong>，涉及{}人（按假名计）。",
        count(leaves),
        count(people),
    );
    let en = format!(
        "Up to the cut, the ledger has <strong>{}</strong> of the kinds asked about, of {} (by pseudonym).",
        plural(leaves, "event", "events"),
        plural(people, "person", "people"),
    );
    pick(page, zh, en)
}

fn of_audit(page: &Page<'_>) -> String {
    let k = page.answer.manifest.query.k.map_or(0, |k| k.0);
    let leaves = page.answer.leaves.len() as u64;
    let zh = format!(
        "本摘录没有任何个人的条目：汇总计数由运营者陈述，每个数字至少涉及{k}人，不足的写作“&lt;{k}”；\
         不涉及个人的登记共<strong>{}条</strong>，逐条已证。",
        count(leaves),
    );
    let en = format!(
        "No leaf of any person is in this extract. Counts are the operator's word; each is about {k} people or \
         more, and reads “&lt;{k}” where it is not. Registrations that name nobody: <strong>{}</strong>, each of \
         them proven.",
        count(leaves),
    );
    pick(page, zh, en)
}

fn pick(page: &Page<'_>, zh: String, en: String) -> String {
    match page.language {
        super::super::Language::Zh => zh,
        super::super::Language::En => en,
    }
}

/// How often data went out, by kind.
fn kinds(totals: &Totals) -> (String, String) {
    let all = [
        ("提供", "shared", totals.shared),
        ("转移", "transferred", totals.transferred),
        ("披露", "disclosed", totals.disclosed),
    ];
    let some = || all.iter().filter(|(_, _, number)| *number > 0);
    let zh: Vec<String> = some()
        .map(|(name, _, number)| format!("{name}{}次", count(*number)))
        .collect();
    let en: Vec<String> = some()
        .map(|(_, name, number)| format!("{name} {}", count(*number)))
        .collect();
    (zh.join("、"), en.join(", "))
}

/// How many categories of data went out.
fn categories(totals: &Totals) -> (String, String) {
    let all = totals.categories.len() as u64;
    let sensitive = totals.categories.iter();
    let sensitive = sensitive.filter(|word| word.is_sensitive()).count();
    let zh = format!("涉及个人信息{all}类，其中敏感个人信息{sensitive}类");
    let en = format!(
        "{} of data, {sensitive} of them sensitive",
        plural(all, "category", "categories")
    );
    (zh, en)
}

fn plural(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(number), if number == 1 { one } else { many })
}
