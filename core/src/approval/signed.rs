//! An approval: a request's text with the approver's line, signed by the approver.

use super::request::refuse_reference;
use super::{Refused, Request};
use crate::note::{Algorithm, Note, SignerKey, VerifierKey};
use crate::origin::LedgerName;

/// The line that a request's text lacks.
const APPROVER: &str = "approver ";

/// A signed approval as it was read or made; whether it is good, [`super::check`] says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approval {
    /// What refusals call it: the file's name.
    pub(super) file: String,
    /// What is approved.
    pub(super) request: Request,
    /// By whom it says it is, by employee reference.
    pub(super) approver: String,
    note: Note,
}

impl Approval {
    /// Signs a request with the key of this seed (RFC 8032's private key).
    ///
    /// # Errors
    /// [`Refused::Malformed`] where the request or the reference can't stand in the text;
    /// [`Refused::ByAsker`] where the approver is the one who asks.
    pub fn sign(request: &Request, approver: &str, seed: &[u8; 32]) -> Result<Self, Refused> {
        let unfit = |reason: String| Refused::Malformed {
            file: "the approval".into(),
            reason,
        };
        request.refuse_unfit().map_err(unfit)?;
        refuse_reference("approver", approver).map_err(unfit)?;
        if approver == request.asker {
            return Err(Refused::ByAsker {
                file: "the approval".into(),
                asker: approver.to_owned(),
            });
        }
        let name = key_name(&request.ledger, approver);
        let text = format!("{}{APPROVER}{approver}\n", request.text());
        let signed = SignerKey::from_seed(&name, seed).and_then(|key| key.sign_note(&text));
        let signed = signed.map_err(|error| unfit(error.to_string()))?;
        Self::parse("the approval", signed.as_bytes())
    }

    /// Reads an approval; `name` is the file's, for refusals. No signature is verified yet.
    ///
    /// # Errors
    /// [`Refused::Malformed`] where the bytes are no signed note of one signature over an approval's text
    /// in its one spelling, under the key name that the text asks for.
    pub fn parse(name: &str, bytes: &[u8]) -> Result<Self, Refused> {
        let read = Self::read(name, bytes);
        read.map_err(|reason| Refused::Malformed {
            file: name.to_owned(),
            reason,
        })
    }

    fn read(name: &str, bytes: &[u8]) -> Result<Self, String> {
        let note = Note::parse(bytes).map_err(|error| error.to_string())?;
        let text = note.text();
        let last = text[..text.len() - 1].rfind('\n').map_or(0, |at| at + 1);
        let (request, approver) = text.split_at(last);
        let approver = approver.strip_prefix(APPROVER);
        let approver = approver.ok_or("its last line doesn't say who approves")?;
        let approver = approver.trim_end_matches('\n');
        refuse_reference("approver", approver)?;
        let request = Request::read(request)?;
        let wanted = key_name(&request.ledger, approver);
        match note.signatures() {
            [one] if one.name() == wanted => {}
            [one] => return Err(format!("{:?} signed it, not {wanted:?}", one.name())),
            many => return Err(format!("it has {} signatures, not one", many.len())),
        }
        if note.to_string().as_bytes() != bytes {
            return Err("its signature line has another spelling".into());
        }
        Ok(Self {
            file: name.to_owned(),
            request,
            approver: approver.to_owned(),
            note,
        })
    }

    /// What refusals call it.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// What is approved.
    pub const fn request(&self) -> &Request {
        &self.request
    }

    /// Who approves, by employee reference.
    pub fn approver(&self) -> &str {
        &self.approver
    }

    /// The signed note: what goes into a file, or into an event's field `approvals`.
    pub fn note(&self) -> String {
        self.note.to_string()
    }

    /// Whether this public key (RFC 8032, 32 bytes) made its signature.
    pub(super) fn is_signed_by(&self, public: &[u8]) -> bool {
        let name = key_name(&self.request.ledger, &self.approver);
        let key = VerifierKey::new(&name, Algorithm::Ed25519, public);
        key.is_ok_and(|key| self.note.verified_by(&[key]).is_ok())
    }
}

/// Under which name a person's key signs for a ledger.
fn key_name(ledger: &LedgerName, person: &str) -> String {
    format!("{ledger}/person/{person}")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::request::tests::request;
    use super::*;

    #[test]
    fn an_approval_reads_back_and_is_its_signers_alone() {
        let approver = "b".repeat(26);
        let approval = Approval::sign(&request(), &approver, &[1; 32]).unwrap();
        let read = Approval::parse("b.approval", approval.note().as_bytes()).unwrap();
        assert_eq!(read.note(), approval.note());
        assert_eq!(read.request(), &request());
        assert_eq!((read.approver(), read.file()), (&*approver, "b.approval"));
        let public = |seed| {
            let key = SignerKey::from_seed("k", &[seed; 32]).unwrap();
            *key.verifier().public()
        };
        assert!(read.is_signed_by(&public(1)));
        assert!(!read.is_signed_by(&public(2)));
        assert!(!read.is_signed_by(&[0; 32]) && !read.is_signed_by(&[1; 31]));
    }

    /// The note of `proto/FORMAT.md` 15.5, which another implementation of Ed25519 signed.
    #[test]
    fn the_bytes_are_those_of_the_format() {
        let approval = Approval::sign(&request(), &"b".repeat(26), &[1; 32]).unwrap();
        let signature = "mXdwTKKMc+Fyy3f7NBD7VHZ03rmgRotKY+P96DIvfFcpcLUqhqf/YAaB3BOJzl2k+E3u6Z0KyFcrVnYHlTwm\
                         FyFGFQo=";
        let person = "b".repeat(26);
        let text = format!(
            "{}approver {person}\n\n\u{2014} ledger.example/person/{person} {signature}\n",
            request().text()
        );
        assert_eq!(approval.note(), text);
        let format = include_str!("../../../proto/FORMAT.md");
        assert!(format.contains(&text), "the format shows another example");
    }

    #[test]
    fn nobody_signs_their_own_request_or_under_a_name() {
        let asker = request().asker;
        let own = Approval::sign(&request(), &asker, &[1; 32]).unwrap_err();
        assert_eq!(own.code(), "CU-0981");
        let named = Approval::sign(&request(), "zhang.san@bank.example", &[1; 32]).unwrap_err();
        assert_eq!(named.code(), "CU-0980");
        let mut long = request();
        long.id = "x".repeat(129);
        assert!(Approval::sign(&long, &"b".repeat(26), &[1; 32]).is_err());
    }

    #[test]
    fn what_is_no_approval_is_refused_by_name() {
        let approval = Approval::sign(&request(), &"b".repeat(26), &[1; 32]).unwrap();
        let note = approval.note();
        let signature = note.lines().last().unwrap();
        let spoilt = [
            String::new(),
            request().text(),
            note.replacen("approver ", "approves ", 1),
            note.replacen("approver b", "approver c", 1),
            note.replacen("approver b", "approver B", 1),
            note.replacen("deed extract", "deed extracts", 1),
            format!("{note}{signature}\n"),
            note.replacen("/person/", "/people/", 1),
            note[..note.len() - 9].to_owned(),
            note.replace('\n', "\r\n"),
        ];
        for (case, text) in spoilt.iter().enumerate() {
            let error = Approval::parse("x.approval", text.as_bytes()).unwrap_err();
            assert_eq!(error.code(), "CU-0980", "case {case}");
            assert!(error.to_string().contains("x.approval"), "case {case}");
        }
        assert!(Approval::parse("x", &[0xff, 0xfe]).is_err());
    }

    proptest! {
        #[test]
        fn one_byte_changed_is_refused_or_signed_by_nobody(at: prop::sample::Index, to: u8) {
            let approval = Approval::sign(&request(), &"b".repeat(26), &[1; 32]).unwrap();
            let mut bytes = approval.note().into_bytes();
            let at = at.index(bytes.len());
            prop_assume!(bytes[at] != to);
            bytes[at] = to;
            let key = SignerKey::from_seed("k", &[1; 32]).unwrap();
            if let Ok(read) = Approval::parse("x", &bytes) {
                prop_assert!(!read.is_signed_by(key.verifier().public()));
            }
        }
    }
}
