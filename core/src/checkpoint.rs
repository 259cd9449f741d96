//! C2SP tlog-checkpoint: a size and root of one log, as the text of a signed note.
