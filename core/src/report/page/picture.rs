//! The answer as a picture: time across, recipients (or, for one recipient, purposes) down. Integer
//! arithmetic alone, so that it has the same bytes everywhere.

use std::collections::BTreeMap;
use std::fmt;

use super::super::Language;
use super::super::answer::{Class, Leaf};
use super::super::row::Row;
use super::super::shown::Escaped;
use super::{Page, count};
use crate::extract::{QueryKind, SaidVerdict};
use crate::moment::{Date, Moment};

const WIDTH: i64 = 1000;
const LEFT: i64 = 262;
const RIGHT: i64 = 982;
const TOP: i64 = 34;
const LANE: i64 = 34;
/// How wide a mark's stretch of time is; events of one stretch and kind are one mark.
const BIN: i64 = 9;
const MOST_LANES: usize = 40;
/// How many characters of a lane's name fit, a Chinese one counted twice.
const NAME_COLUMNS: usize = 29;
const MOST_TICKS: i64 = 8;
const DAY_MS: i64 = 86_400_000;
const STEPS_MS: [i64; 9] = [
    60_000,
    600_000,
    3_600_000,
    3 * 3_600_000,
    12 * 3_600_000,
    DAY_MS,
    2 * DAY_MS,
    7 * DAY_MS,
    14 * DAY_MS,
];
const STEPS_MONTHS: [i64; 8] = [1, 3, 6, 12, 24, 60, 120, 1200];

/// One event in the picture.
struct Mark {
    lane: String,
    ms: i64,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Shared,
    Transferred,
    Disclosed,
}

/// The marks of one lane: how many events stand in each stretch, by kind.
type Lane = BTreeMap<(Kind, i64), u64>;

/// The moments that the picture spans.
#[derive(Clone, Copy)]
struct Span {
    first: i64,
    last: i64,
}

pub(super) fn write(page: &mut Page<'_>) -> fmt::Result {
    let Some(span) = Span::of(marks(page).map(|mark| mark.ms)) else {
        return Ok(());
    };
    page.section("", "图示", "The answer as a picture")?;
    let mut lanes: BTreeMap<String, Lane> = BTreeMap::new();
    for mark in marks(page) {
        let lane = lanes.entry(mark.lane).or_default();
        *lane.entry((mark.kind, span.bin(mark.ms))).or_default() += 1;
    }
    draw(page, span, &lanes)?;
    page.end_section()
}

/// The outflows that count. They are read twice rather than kept.
fn marks(page: &Page<'_>) -> impl Iterator<Item = Mark> {
    let leaves = page.answer.of(Class::Outflow);
    let counted = leaves.filter(|leaf| leaf.said.verdict == SaidVerdict::Accepted);
    counted.filter_map(|leaf| mark(page, leaf))
}

fn mark(page: &Page<'_>, leaf: &Leaf) -> Option<Mark> {
    let row = Row::of(leaf);
    let ms = row.occurred_ms.unwrap_or(leaf.record_ms);
    Moment(ms).day()?;
    let lane = if page.answer.manifest.query.kind == QueryKind::Recipient {
        let purpose = row.purposes.first().or(row.cases.first());
        purpose.map_or("—".to_owned(), |word| word.name(page.language))
    } else {
        let id = row.recipient.unwrap_or_default();
        let known = page.answer.register.get(&id);
        known.map_or(id, |known| known.name.clone())
    };
    let kind = match leaf.kind {
        Some(206) => Kind::Transferred,
        Some(209) => Kind::Disclosed,
        _ => Kind::Shared,
    };
    Some(Mark { lane, ms, kind })
}

impl Span {
    fn of(moments: impl Iterator<Item = i64>) -> Option<Self> {
        let (first, last) = moments.fold(None, |span: Option<(i64, i64)>, ms| {
            let (first, last) = span.unwrap_or((ms, ms));
            Some((first.min(ms), last.max(ms)))
        })?;
        // One moment alone stands in the middle of its day.
        let pad = if last - first < 60_000 {
            DAY_MS / 2
        } else {
            (last - first) / 50
        };
        Some(Self {
            first: first - pad,
            last: last + pad,
        })
    }

    fn x(self, ms: i64) -> i64 {
        // Years 1 to 9999 in milliseconds, times a thousand, stay far below 2^63.
        LEFT + (ms - self.first) * (RIGHT - LEFT) / (self.last - self.first)
    }

    fn bin(self, ms: i64) -> i64 {
        (self.x(ms) - LEFT) / BIN
    }

    /// Places and names of the ticks: the smallest step that leaves room.
    fn ticks(self) -> Vec<(i64, String)> {
        let length = self.last - self.first;
        if let Some(step) = STEPS_MS.into_iter().find(|step| length / step < MOST_TICKS) {
            return self.ticks_of_ms(step);
        }
        let months = |ms: i64| {
            Moment(ms)
                .date()
                .map_or(0, |date| date.year * 12 + date.month - 1)
        };
        let (first, last) = (months(self.first), months(self.last));
        let step = STEPS_MONTHS
            .into_iter()
            .find(|step| (last - first) / step < MOST_TICKS);
        let step = step.unwrap_or(12_000);
        let begin = first.div_euclid(step) * step;
        let ticks = (0..=MOST_TICKS + 1).map(|number| begin + number * step);
        let ticks = ticks.map(|months| Moment::of_day(Date::first_of_month(months)).0);
        self.named(ticks, |moment| moment.to_string().chars().take(7).collect())
    }

    fn ticks_of_ms(self, step: i64) -> Vec<(i64, String)> {
        let midnight = Moment::of_day(Moment(self.first).day().unwrap_or_default()).0;
        let begin = midnight + (self.first - midnight).div_euclid(step) * step;
        let ticks = (0..=MOST_TICKS + 1).map(|number| begin + number * step);
        self.named(ticks, |moment| {
            let text = moment.to_string();
            let cut = if step < DAY_MS {
                text.get(5..16)
            } else {
                text.get(..10)
            };
            cut.unwrap_or_default().to_owned()
        })
    }

    fn named(
        self,
        ticks: impl Iterator<Item = i64>,
        name: impl Fn(Moment) -> String,
    ) -> Vec<(i64, String)> {
        let within = ticks.filter(|ms| (self.first..=self.last).contains(ms));
        within.map(|ms| (self.x(ms), name(Moment(ms)))).collect()
    }
}

fn draw(page: &mut Page<'_>, span: Span, lanes: &BTreeMap<String, Lane>) -> fmt::Result {
    let shown = lanes.len().min(MOST_LANES);
    let bottom = TOP + LANE * i64::try_from(shown).unwrap_or(0);
    let height = bottom + 8;
    let down = if page.answer.manifest.query.kind == QueryKind::Recipient {
        page.language.pick("处理目的", "purposes")
    } else {
        page.language.pick("接收方", "recipients")
    };
    let (title, told) = match page.language {
        Language::Zh => (
            format!("横轴为发生时间（生产方所述，北京时间），纵列为{down}"),
            "每个标记是一段时间内的一次或多次流出；各次数见“按接收方汇总”，逐条见“逐条记录”。",
        ),
        Language::En => (
            format!("Across: the time of the event, by its producer, at UTC+8. Down: {down}"),
            "Each mark is one or more outflows in a stretch of time. “By recipient” has the counts, \
             “Leaf by leaf” each of them.",
        ),
    };
    page.write(format_args!(
        "<figure><svg viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-labelledby=\"pt pd\" \
         xmlns=\"http://www.w3.org/2000/svg\"><title id=\"pt\">{title}</title><desc id=\"pd\">{told}</desc>\n"
    ))?;
    axis(page, span, bottom)?;
    for (number, (name, lane)) in (0..).zip(lanes.iter().take(MOST_LANES)) {
        draw_lane(page, TOP + LANE * number, name, lane)?;
    }
    page.raw("</svg>\n")?;
    legend(page, &title, told, lanes.len())?;
    page.raw("</figure>\n")
}

fn axis(page: &mut Page<'_>, span: Span, bottom: i64) -> fmt::Result {
    for (x, name) in span.ticks() {
        page.write(format_args!(
            "<path d=\"M{x} {}V{bottom}\" stroke=\"#d5d8de\"/><text x=\"{x}\" y=\"20\" font-size=\"12.5\" \
             fill=\"#565b66\" text-anchor=\"middle\">{name}</text>\n",
            TOP - 6,
        ))?;
    }
    page.write(format_args!(
        "<path d=\"M{LEFT} {top}H{RIGHT}M{LEFT} {bottom}H{RIGHT}\" stroke=\"#16181d\"/>\n",
        top = TOP - 6,
    ))
}

fn draw_lane(page: &mut Page<'_>, top: i64, name: &str, lane: &Lane) -> fmt::Result {
    let middle = top + LANE / 2;
    let total: u64 = lane.values().sum();
    page.write(format_args!(
        "<g><text x=\"0\" y=\"{y}\" font-size=\"13.5\" fill=\"#16181d\">{}</text>\
         <text x=\"{n}\" y=\"{y}\" font-size=\"12.5\" fill=\"#565b66\" text-anchor=\"end\">{}</text>\
         <path d=\"M{LEFT} {middle}H{RIGHT}\" stroke=\"#e6e8ec\"/>",
        Escaped(&cut(name)),
        count(total),
        y = middle + 5,
        n = LEFT - 14,
    ))?;
    for ((kind, bin), number) in lane {
        let x = LEFT + bin * BIN + BIN / 2;
        shape(page, *kind, x, middle, *number)?;
    }
    page.raw("</g>\n")
}

/// A circle for a share, a square for a transfer, a triangle for a disclosure; the more events, the
/// larger, in steps of a doubling.
fn shape(page: &mut Page<'_>, kind: Kind, x: i64, y: i64, number: u64) -> fmt::Result {
    let r = 4 + i64::from(number.max(1).ilog2().min(6));
    let title = count(number);
    match kind {
        Kind::Shared => page.write(format_args!(
            "<circle cx=\"{x}\" cy=\"{y}\" r=\"{r}\" fill=\"#2f5d8a\" stroke=\"#fff\"><title>{title}</title></circle>"
        )),
        Kind::Transferred => page.write(format_args!(
            "<path d=\"M{} {}h{d}v{d}h-{d}z\" fill=\"#fff\" stroke=\"#16181d\" stroke-width=\"2\"><title>{title}</title></path>",
            x - r,
            y - r,
            d = 2 * r,
        )),
        Kind::Disclosed => page.write(format_args!(
            "<path d=\"M{x} {}l{w} {h}h-{d}z\" fill=\"#16181d\" stroke=\"#fff\"><title>{title}</title></path>",
            y - r - 2,
            w = r + 2,
            h = 2 * r + 2,
            d = 2 * r + 4,
        )),
    }
}

fn legend(page: &mut Page<'_>, title: &str, told: &str, lanes: usize) -> fmt::Result {
    page.write(format_args!(
        "<figcaption class=\"note\">{title}{}<br>",
        page.language.pick("。", ".")
    ))?;
    for (kind, zh, en) in [
        (Kind::Shared, "圆：提供", "circle: shared"),
        (Kind::Transferred, "方框：转移", "square: transferred"),
        (Kind::Disclosed, "三角：披露", "triangle: disclosed"),
    ] {
        page.raw("<svg style=\"display:inline-block;width:1.1em;height:1.1em;vertical-align:-.2em\" viewBox=\"0 0 16 16\" aria-hidden=\"true\">")?;
        shape(page, kind, 8, 8, 2)?;
        page.raw("</svg> ")?;
        page.say(zh, en)?;
        page.raw("  ")?;
    }
    page.say(
        "图形每大一级，次数约加倍。",
        "Each size up is about twice as many. ",
    )?;
    page.raw(told)?;
    if lanes > MOST_LANES {
        let rest = count((lanes - MOST_LANES) as u64);
        match page.language {
            Language::Zh => page.write(format_args!("另有{rest}行未画出，见“按接收方汇总”。"))?,
            Language::En => page.write(format_args!(
                " {rest} more are not drawn: see “By recipient”."
            ))?,
        }
    }
    page.raw("</figcaption>")
}

/// A name that fits beside its lane.
fn cut(name: &str) -> String {
    let mut columns = 0;
    let mut shown = String::new();
    for c in name.chars() {
        columns += if c.is_ascii() { 1 } else { 2 };
        if columns > NAME_COLUMNS {
            shown.push('…');
            break;
        }
        shown.push(c);
    }
    shown
}
