//! The `custodia` program.

fn main() {}
