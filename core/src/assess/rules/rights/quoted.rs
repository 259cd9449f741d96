//! What the policy says, in its own words and with its line.

use crate::assess::finding::Sentence;
use crate::privacy_policy::Cited;

/// The source of an item of the policy as a sentence: its words and line, its law, or that it is the
/// operator's own.
pub(super) fn quoted(item: &impl Cited) -> Sentence {
    let Some(source) = item.citation() else {
        return Sentence::new("", "");
    };
    match (&source.phrase, source.line, &source.law) {
        (Some(phrase), Some(line), _) => Sentence::new(
            format!("隐私政策载明：「{phrase}」（L{line}）。"),
            format!("The policy says 「{phrase}」 (L{line})."),
        ),
        (_, _, Some(law)) => Sentence::new(format!("依据：{law}。"), format!("It rests on {law}.")),
        _ => Sentence::new(
            "该期限由运营者自行设定。",
            "The operator has set this limit itself.",
        ),
    }
}
