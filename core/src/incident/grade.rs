//! The grade that a number of people suggests (国家网络安全事件报告管理办法, 附件).

use serde::{Deserialize, Serialize};

use crate::privacy_policy::{PrivacyPolicy, ThresholdId};
use crate::schema::v1::IncidentGrade;

/// A grade that is suggested, and why. A person grades: other criteria, such as losses, may ask for a
/// higher one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suggested {
    /// Name of an `IncidentGrade`.
    pub grade: String,
    /// The criterion, as `IncidentGraded.criterion` has it.
    pub criterion: String,
}

/// Grades by number of people, highest first.
const BY_PEOPLE: [(ThresholdId, IncidentGrade); 3] = [
    (
        ThresholdId::IncidentEspeciallyMajorPeople,
        IncidentGrade::BrGradeEspeciallyMajor,
    ),
    (
        ThresholdId::IncidentMajorPeople,
        IncidentGrade::BrGradeMajor,
    ),
    (
        ThresholdId::IncidentLargerPeople,
        IncidentGrade::BrGradeLarger,
    ),
];

/// The grade that so many people suggest by the thresholds of a policy (R28); none where the policy states no
/// threshold at all.
pub fn suggested_grade(policy: &PrivacyPolicy, people: u64) -> Option<Suggested> {
    let mut lowest = None;
    for (threshold, grade) in BY_PEOPLE {
        let Some(threshold) = policy.threshold(threshold) else {
            continue;
        };
        if people >= threshold.value {
            return Some(Suggested {
                grade: grade.as_str_name().to_owned(),
                criterion: format!("{people} people, at least {}", threshold.value),
            });
        }
        lowest = Some(threshold.value);
    }
    lowest.map(|lowest| Suggested {
        grade: IncidentGrade::BrGradeGeneral.as_str_name().to_owned(),
        criterion: format!("{people} people, fewer than {lowest}"),
    })
}
