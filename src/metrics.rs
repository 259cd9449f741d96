//! Every metric's name and meaning.
