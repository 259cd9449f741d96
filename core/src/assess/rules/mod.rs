//! The rules, each in a file named for what it judges.

mod consent;
mod outflow;
mod rights;
mod security;

use std::sync::LazyLock;

use super::rule::Rule;

/// All rules, by number, then scope.
pub fn rules() -> &'static [&'static Rule] {
    static RULES: LazyLock<Vec<&'static Rule>> = LazyLock::new(|| {
        let rooms = [
            consent::RULES,
            outflow::RULES,
            rights::RULES,
            security::RULES,
        ];
        let mut rules: Vec<_> = rooms.concat();
        rules.sort_by_key(|rule| (rule.number, rule.scope));
        rules
    });
    &RULES
}
