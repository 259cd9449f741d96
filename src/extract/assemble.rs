//! Members to one archive (`proto/FORMAT.md` 13.1).

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;

use custodia_core::extract::archive::{MemberHeader, central_header, end, local_header};

use super::Error;
use super::spool::Spooled;

/// Writes the archive of `members` to the new file `path`, synced; how many bytes it has.
pub(super) fn archive(members: &[Spooled], path: &Path) -> Result<u64, Error> {
    let headers: Vec<MemberHeader<'_>> = members
        .iter()
        .map(|member| MemberHeader::new(&member.name, member.crc32, member.length))
        .collect::<Result<_, _>>()?;
    let mut centrals = Vec::new();
    let mut at = 0u64;
    for (header, member) in headers.iter().zip(members) {
        // Where this doesn't fit, `end` refuses the whole.
        let begins = u32::try_from(at).unwrap_or(u32::MAX);
        centrals.extend(central_header(header, begins));
        at += local_header(header).len() as u64 + member.length;
    }
    let end = end(members.len(), centrals.len() as u64, at)?;
    let failed = Error::spool(path);
    let write = || -> std::io::Result<()> {
        let mut to = BufWriter::with_capacity(1 << 16, File::create_new(path)?);
        for (header, member) in headers.iter().zip(members) {
            to.write_all(&local_header(header))?;
            std::io::copy(&mut File::open(&member.path)?, &mut to)?;
        }
        to.write_all(&centrals)?;
        to.write_all(&end)?;
        to.flush()?;
        to.get_ref().sync_all()
    };
    write().map_err(failed)?;
    Ok(at + centrals.len() as u64 + end.len() as u64)
}
