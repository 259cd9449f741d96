//! All items of a policy, one after another.

use super::{Citation, Cited, PrivacyPolicy};

/// An item, without what is special to its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ItemRef<'a> {
    /// The part of the file, e.g. `purpose`.
    pub part: &'static str,
    /// The item's name; that of the item that it belongs to for a part such as `purpose.refusal`.
    pub id: &'a str,
    /// Where it comes from.
    pub cites: &'a [Citation],
    /// What it says, in English; none for a part whose item says it.
    pub en: Option<&'a str>,
}

impl ItemRef<'_> {
    /// As the file writes it, e.g. `[[purpose]] PU_DELIVERY`.
    pub fn name(&self) -> String {
        match self.part {
            "policy" | "operator" => format!("[{}]", self.part),
            part => format!("[[{part}]] {}", self.id),
        }
    }
}

impl PrivacyPolicy {
    /// Calls `take` for every item, in the order of the parts here and of their keys.
    pub fn each_item(&self, mut take: impl FnMut(&ItemRef<'_>)) {
        let mut whole = |part, item: &dyn Cited| {
            take(&ItemRef {
                part,
                id: &item.id(),
                cites: item.cites(),
                en: Some(item.en()),
            });
        };
        whole("policy", &self.policy);
        whole("operator", &self.operator);
        macro_rules! parts {
            ($($part:literal: $field:ident),* $(,)?) => {
                $(self.$field.values().for_each(|item| whole($part, item));)*
            };
        }
        parts!(
            "surface": surfaces, "feature": features, "way": ways, "purpose": purposes,
            "category": categories, "category_set": category_sets, "permission": permissions,
            "lock": locks, "party": parties, "consent_form": consent_forms,
            "consent_strength": consent_strengths, "collection_exemption": collection_exemptions,
            "sharing": sharing, "share_condition": share_conditions, "transfer": transfers,
            "transfer_duty": transfer_duties, "disclosure": disclosures,
            "disclosure_duty": disclosure_duties, "outflow_exemption": outflow_exemptions,
            "refusal_ground": refusal_grounds, "right": rights, "sdk": sdks,
            "sdk_duty": sdk_duties, "retention": retention, "erasure": erasures,
            "residence": residence, "audience": audience, "notice": notices,
            "channel": channels, "message": messages, "safeguard": safeguards,
            "deadline": deadlines, "threshold": thresholds, "statement": statements,
            "conflict": conflicts,
        );
        self.each_inner(take);
    }

    /// What belongs to an item and has sources of its own.
    fn each_inner(&self, mut take: impl FnMut(&ItemRef<'_>)) {
        for item in self.purposes.values() {
            if let Some(refusal) = &item.refusal {
                take(&ItemRef {
                    part: "purpose.refusal",
                    id: &item.id(),
                    cites: &refusal.cites,
                    en: Some(&refusal.en),
                });
            }
        }
        for item in self.sharing.values() {
            for grant in &item.grants {
                take(&ItemRef {
                    part: "sharing.grants",
                    id: &item.id(),
                    cites: &grant.cites,
                    en: None,
                });
            }
        }
    }
}
