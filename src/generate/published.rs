//! Versions of the policy that the town publishes: the repository's document under the version's own id and
//! times.
//!
//! The seed's text took effect the day it was public, of which rule R18 warns. A town that keeps every rule
//! published it a week before.

use custodia_core::assess::Day;
use custodia_core::privacy_policy::Document;

use super::{POLICY_EFFECTIVE_MS, POLICY_FILE, POLICY_TEXT, POLICY_VERSION};

const WEEK_MS: i64 = 7 * 86_400_000;

/// When the town's policy was public.
pub(super) const PUBLISHED_MS: i64 = POLICY_EFFECTIVE_MS - WEEK_MS;

/// A version's id and times.
pub(super) struct Version<'a> {
    pub(super) id: &'a str,
    pub(super) published_ms: i64,
    pub(super) effective_ms: i64,
    /// How many years may lie between two audits.
    pub(super) audit_years: u32,
}

impl Version<'_> {
    /// The version that the town's services act under.
    pub(super) fn of_town(audit_years: u32) -> Self {
        Self {
            id: POLICY_VERSION,
            published_ms: PUBLISHED_MS,
            effective_ms: POLICY_EFFECTIVE_MS,
            audit_years,
        }
    }

    /// The whole document.
    pub(super) fn document(&self) -> Document {
        let file = std::str::from_utf8(POLICY_FILE).expect("the repository's policy is UTF-8");
        let head = "id = \"2024-07-15-34b0c98b57f7eb15\"";
        let day = "2024-07-15T00:00:00+08:00";
        let mut file = file.replacen(head, &format!("id = \"{}\"", self.id), 1);
        for (time, ms) in [
            ("published", self.published_ms),
            ("updated", self.published_ms),
            ("effective", self.effective_ms),
        ] {
            file = file.replacen(
                &format!("{time} = {day}"),
                &format!("{time} = {}", moment(ms)),
                1,
            );
        }
        let (before, audit) = file
            .split_once("id = \"COMPLIANCE_AUDIT\"")
            .expect("the policy has a deadline for audits");
        let years = format!("years = {}", self.audit_years);
        let audit = audit.replacen("years = 2", &years, 1);
        let file = format!("{before}id = \"COMPLIANCE_AUDIT\"{audit}");
        Document::read(file.into_bytes(), POLICY_TEXT.to_owned())
            .expect("the repository's policy is read by core's tests")
    }
}

/// A moment as TOML writes it.
fn moment(ms: i64) -> String {
    let day = Day::of(ms);
    let of_day = ms - day.start_ms();
    let (seconds, millis) = (of_day / 1000, of_day % 1000);
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    format!("{day}T{hours:02}:{minutes:02}:{seconds:02}.{millis:03}+08:00")
}

#[cfg(test)]
mod tests {
    use custodia_core::schema::v1::ChangeClass;

    use super::*;

    #[test]
    fn a_version_is_the_document_with_its_own_id_and_times() {
        let version = Version {
            id: "2026-10-30-fault",
            published_ms: 1_790_784_000_123,
            effective_ms: 1_790_784_000_124,
            audit_years: 1,
        };
        let event = version.document().event(None);
        assert_eq!(event.change_class(), ChangeClass::PvChangeFirst);
        assert_eq!(event.policy_version_id, version.id);
        let ms = |time: Option<prost_types::Timestamp>| {
            custodia_core::assess::ms_of(&time.expect("both times are said"))
        };
        assert_eq!(ms(event.published_at), version.published_ms);
        assert_eq!(ms(event.effective_at), version.effective_ms);
        let town = Version::of_town(2).document();
        assert_ne!(town.machine_readable, version.document().machine_readable);
        assert_eq!(moment(POLICY_EFFECTIVE_MS), "2024-07-15T00:00:00.000+08:00");
    }
}
