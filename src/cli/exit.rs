//! Exit status of the program.

/// It worked.
pub const OK: u8 = 0;
/// It failed; the one line on stderr has the code and what to do.
pub const FAILED: u8 = 1;
// 2 is clap's: the command line was not understood.
/// `fsck` found something wrong; `reconcile` found that the two sides differ.
pub const NOT_CLEAN: u8 = 3;
/// The ledger knows nothing of what was asked about.
pub const UNKNOWN: u8 = 4;
/// `publish` or `check-event` refused a line: it would be quarantined. `policy check` found an error,
/// or `policy publish` sent nothing for one.
pub const REFUSED: u8 = 5;
/// `publish --wait` sent its events, and when the time was up not each had a receipt.
pub const NO_RECEIPT: u8 = 10;
/// `who --refs` answered, but not for every line: it says why in the line's place.
pub const NOT_ALL: u8 = 11;
