//! Why nothing is erased, or not yet.

use crate::account::BarShown;

/// Why nothing is erased.
#[derive(Debug, thiserror::Error)]
pub enum ErasureError {
    /// Something keeps the records.
    #[error("nothing was ordered, since something keeps the records: {}", said(.0))]
    Barred(Vec<BarShown>),
    /// Nobody of that reference is known.
    #[error("the ledger knows nothing of this reference; nothing was ordered")]
    Unknown,
    /// The order was not taken for one.
    #[error("the order is refused: {0}")]
    Refused(String),
    /// The order is in Kafka, and the ledger has not attested it in time.
    #[error(
        "the order {order} is in Kafka, and {store} has not said within {seconds} s that it was carried out; \
         see what serve logs (CU-1003), then custodia erase --certificate {order}"
    )]
    NotAttested {
        /// The order.
        order: String,
        /// The ledger.
        store: String,
        /// How long was waited.
        seconds: u64,
    },
    /// The registry has no such order.
    #[error("the registry has no order of erasure {0}")]
    NoSuchOrder(String),
}

impl ErasureError {
    /// The error's stable code; its page is `ops/runbook/<code>.md`.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Barred(_) => "CU-1010",
            Self::Unknown => "CU-1011",
            Self::Refused(_) => "CU-1012",
            Self::NotAttested { .. } => "CU-1013",
            Self::NoSuchOrder(_) => "CU-1014",
        }
    }
}

fn said(bars: &[BarShown]) -> String {
    let bars = bars.iter().map(|bar| {
        let cites = if bar.cites.is_empty() {
            String::new()
        } else {
            format!(" {}", bar.cites)
        };
        let until = bar.until.map_or_else(
            || "with no end that is known".to_owned(),
            |until| format!("until {until}"),
        );
        format!("{}{cites}, {until}", bar.kind)
    });
    bars.collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_its_page() {
        let errors = [
            ErasureError::Barred(Vec::new()),
            ErasureError::Unknown,
            ErasureError::Refused("why".into()),
            ErasureError::NotAttested {
                order: "order-1".into(),
                store: "ledger".into(),
                seconds: 1,
            },
            ErasureError::NoSuchOrder("order-1".into()),
        ];
        for error in errors {
            let code = error.code();
            let page = format!("{}/ops/runbook/{code}.md", env!("CARGO_MANIFEST_DIR"));
            let page = std::fs::read_to_string(&page).unwrap();
            assert!(page.starts_with(&format!("# {code}: ")), "{code}");
        }
    }

    #[test]
    fn a_refusal_says_what_keeps_the_records_and_until_when() {
        let bar = |kind: &str, cites: &str, until| BarShown {
            kind: kind.into(),
            cites: cites.into(),
            until,
            on: None,
        };
        let until = "2029-02-11T00:00:00Z".parse().unwrap();
        let error = ErasureError::Barred(vec![
            bar("legal hold", "", None),
            bar("duty to keep", "NDSR 12", Some(until)),
        ]);
        let text = error.to_string();
        assert!(
            text.contains("legal hold, with no end that is known"),
            "{text}"
        );
        assert!(
            text.contains("duty to keep NDSR 12, until 2029-02-11T00:00:00"),
            "{text}"
        );
    }
}
