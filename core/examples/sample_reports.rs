//! Writes the documents of made-up extracts, to be looked at: `sample_reports FOLDER`.

use std::path::Path;
use std::{env, fs, io};

use custodia_core::extract::Profile;

#[allow(clippy::unwrap_used)]
#[path = "../tests/reports/sample.rs"]
mod sample;

fn main() -> io::Result<()> {
    let folder = env::args()
        .nth(1)
        .ok_or_else(|| io::Error::other("usage: sample_reports FOLDER"))?;
    for (name, sample) in [
        ("subject", sample::small(Profile::RSubject)),
        ("recipient", sample::small(Profile::RRecipient)),
        ("audit", sample::of_nobody()),
        ("large", sample::large(Profile::RSubject, 3_000)),
        ("large-recipient", sample::large(Profile::RRecipient, 3_000)),
    ] {
        let folder = Path::new(&folder).join(name);
        fs::create_dir_all(&folder)?;
        for (member, text) in sample.members() {
            let path = folder.join(member);
            fs::create_dir_all(path.parent().unwrap_or(&folder))?;
            fs::write(path, text)?;
        }
    }
    Ok(())
}
