//! What a stranger's check of an extract finds, and where it says that it is wrong.

#![allow(clippy::unwrap_used)]

mod good;
mod maker;
