//! `custodia disclosures`: on what document data was disclosed to an authority.

use clap::Args;

use super::who::{Reason, When};
use super::{Error, shown};
use crate::account::{AuthorityCase, DisclosuresAnswer, DisclosuresQuestion};
use crate::app::Counter;
use crate::config::Config;

/// On what document was data disclosed to an authority, who reviewed it, and how far did it go? What is under a
/// running gag is shown to legal and regulator roles only. A look at each person shown is put on record first.
#[derive(Debug, Args)]
pub struct Disclosures {
    /// The person's reference.
    #[arg(required_unless_present = "authority")]
    subject: Option<String>,
    /// An authority in the place of a person, by its id in the register or its name.
    #[arg(long, value_name = "ID|NAME", conflicts_with = "subject")]
    authority: Option<String>,
    #[command(flatten)]
    why: Reason,
    #[command(flatten)]
    when: When,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl Disclosures {
    /// Runs the command; exit status 4 where the ledger doesn't know the person or the authority.
    ///
    /// # Errors
    /// Where the question isn't answered.
    pub fn run(&self, config: &Config) -> Result<u8, Error> {
        let question = DisclosuresQuestion {
            subject: self.subject.clone(),
            authority: self.authority.clone(),
            as_of: self.when.as_of.clone(),
            at: self.when.at,
        };
        let answer = Counter::find(config)?.ask(&self.why.why(), &question)?;
        if self.json {
            println!("{}", serde_json::json!(answer));
        } else {
            print(&answer);
        }
        Ok(shown::status(answer.known))
    }
}

fn print(answer: &DisclosuresAnswer) {
    let mut table = shown::table(&[
        "case",
        "authority",
        "document",
        "demanded",
        "reviewed",
        "outcome",
    ]);
    for case in &answer.cases {
        table.add_row(cells(case));
    }
    if !answer.cases.is_empty() {
        println!("{table}");
    } else if answer.known {
        println!("Nothing was disclosed to an authority.");
    } else {
        println!("The ledger knows nothing of it.");
    }
    shown::foot(&answer.unknowns, &answer.cut);
}

fn cells(case: &AuthorityCase) -> [String; 6] {
    let document = format!(
        "{} {}\n{}",
        shown::word(case.document.as_ref()),
        shown::text(case.document_no.as_deref()),
        shown::short(case.document_sha256.as_deref())
    );
    let officers = match case.officers_verified {
        Some(true) => "officers verified",
        Some(false) => "officers not verified",
        None => "officers: not said",
    };
    let mut demanded = format!("{}\n{officers}", shown::words(&case.scope));
    if let Some(gag) = case.gag_until {
        demanded.extend(["\ngag until ", &gag.to_string()]);
    }
    if let Some(seen) = &case.demanded {
        demanded.extend(["\n", &shown::leaf_at(&seen.leaf)]);
    }
    let reviews = case.reviews.iter().map(|review| {
        let by = review
            .reviewers
            .iter()
            .map(|role| shown::word(role.as_ref()));
        format!(
            "{} by {} ({})",
            shown::word(review.decision.as_ref()),
            by.collect::<Vec<_>>().join(", "),
            shown::leaf_at(&review.seen.leaf)
        )
    });
    let outcomes = case.outcomes.iter().map(|one| {
        format!(
            "{} {} of {}: {} ({})",
            one.seen.time,
            one.seen.event,
            shown::text(one.subject.as_deref()),
            shown::words(&one.categories),
            shown::leaf_at(&one.seen.leaf)
        )
    });
    [
        format!("{}\n{}", case.case_ref, shown::time(case.received)),
        shown::text(case.authority.as_deref()),
        document,
        demanded,
        reviews.collect::<Vec<_>>().join("\n"),
        outcomes.collect::<Vec<_>>().join("\n"),
    ]
}
