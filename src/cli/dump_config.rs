//! `custodia --dump-config`: each value and where it came from.

use comfy_table::{Table, presets::NOTHING};

use super::exit;
use crate::config::Setting;

/// Prints the settings.
pub fn run(settings: &[Setting]) -> u8 {
    let mut table = Table::new();
    table
        .load_style(NOTHING)
        .set_header(["key", "value", "from"]);
    for setting in settings {
        table.add_row([&setting.key, &setting.value, &setting.origin]);
    }
    println!("{table}");
    exit::OK
}
