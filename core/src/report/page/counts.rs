//! An audit's counts, table by table.

use std::fmt;

use super::super::Language;
use super::super::counts::{key_name, shown, table_name};
use super::super::shown::Escaped;
use super::{MOST_ROWS, Page};
use crate::extract::{CountCell, CountTable, QueryKind};

pub(super) fn write(page: &mut Page<'_>) -> fmt::Result {
    let manifest = &page.answer.manifest;
    if manifest.query.kind != QueryKind::Audit {
        return Ok(());
    }
    page.section("after", "汇总计数", "Counts")?;
    explanation(page)?;
    for table in &manifest.counts {
        one(page, table)?;
    }
    page.end_section()
}

fn explanation(page: &mut Page<'_>) -> fmt::Result {
    let k = page.answer.manifest.query.k.map_or(0, |k| k.0);
    match page.language {
        Language::Zh => page.write(format_args!(
            "<p class=\"note\">以下各数均由运营者陈述，按北京时间的月份计。每个数字是次数，背后至少有{k}个不同的\
             个人；不足的写作“&lt;{k}”。为使不足的数字不能由合计倒推，另有一些足够大的数字也同样写作“&lt;{k}”。\
             没有列出的为零。</p>\n"
        )),
        Language::En => page.write(format_args!(
            "<p class=\"note\">All of these are the operator's word, by month at UTC+8. Each number counts events of \
             {k} different people or more, and reads “&lt;{k}” where there are fewer. So that none of these follows \
             from a total, some larger numbers read “&lt;{k}” too. What is not listed is none.</p>\n"
        )),
    }
}

fn one(page: &mut Page<'_>, table: &CountTable) -> fmt::Result {
    let name = table_name(&table.name).pick(page.language);
    page.write(format_args!("<h3>{name}</h3>\n"))?;
    if table.cells.is_empty() {
        return page.say("<p>无。</p>\n", "<p>None.</p>\n");
    }
    page.columns(&[
        ("", "月份", "Month"),
        ("", "内容", "What"),
        ("n", "次数", "Number"),
    ])?;
    for cell in table.cells.iter().take(MOST_ROWS) {
        page.write(format_args!(
            "<tr><td class=\"t\">{}</td><td>{}</td><td class=\"n said\">{}</td></tr>\n",
            Escaped(&cell.month),
            keys(page, &table.name, cell),
            Escaped(&shown(page.answer, cell)),
        ))?;
    }
    page.end_table()?;
    page.more(table.cells.len(), "counts.csv")
}

fn keys(page: &Page<'_>, table: &str, cell: &CountCell) -> String {
    let keys = cell.keys.iter().enumerate().map(|(place, key)| {
        let name = key_name(page.answer, table, place, key, page.language);
        if name.is_empty() {
            format!("<bdi>{}</bdi>", Escaped(key))
        } else {
            format!("{} <code>{}</code>", Escaped(&name), Escaped(key))
        }
    });
    keys.collect::<Vec<_>>().join(" · ")
}
