//! Checkpoints that the requester holds.

use custodia_core::checkpoint::Checkpoint;
use custodia_core::extract::{Int, LogAt};
use custodia_core::note::Note;

use super::Error;
use crate::query::Standpoint;
use crate::sign::ExtractSigner;

/// Reads signed checkpoints: each must be this ledger's, of a log of the cut, and of a tree that the
/// log goes back to.
pub(super) fn read(
    held: &[String],
    from: &Standpoint<'_>,
    signer: &ExtractSigner,
) -> Result<Vec<LogAt>, Error> {
    let read = |(n, signed): (usize, &String)| one(n + 1, signed, from, signer);
    let mut all: Vec<LogAt> = held
        .iter()
        .enumerate()
        .map(read)
        .collect::<Result<_, _>>()?;
    all.sort_by(|a, b| (&a.origin, a.size).cmp(&(&b.origin, b.size)));
    all.dedup();
    Ok(all)
}

fn one(
    number: usize,
    signed: &str,
    from: &Standpoint<'_>,
    signer: &ExtractSigner,
) -> Result<LogAt, Error> {
    let refused = |why: String| Error::Held { number, why };
    let note =
        Note::parse(signed.as_bytes()).map_err(|e| refused(format!("no signed note: {e}")))?;
    let said =
        Checkpoint::parse(note.text()).map_err(|e| refused(format!("no checkpoint: {e}")))?;
    let in_cut = from.cut().sizes().contains_key(&said.origin);
    let rows = from.view().log_named(&said.origin).filter(|_| in_cut);
    let rows =
        rows.ok_or_else(|| refused(format!("{} is no log of this ledger's cut", said.origin)))?;
    let said = signer
        .ring()
        .open(&note)
        .map_err(|e| refused(format!("not signed by this ledger's key: {e}")))?;
    let log = rows.log();
    let size = log.tail().size;
    if said.size == 0 || said.size > size {
        let why = format!(
            "{} has {size} leaves here, and it is of {}",
            said.origin, said.size
        );
        return Err(refused(why));
    }
    let root = log.root_at(said.size)?;
    if root != said.root {
        return Err(Error::Forked {
            number,
            log: said.origin,
            size: said.size,
        });
    }
    Ok(LogAt {
        origin: said.origin,
        root,
        size: Int(said.size),
    })
}
