//! Moments as scenarios write them: `2026-03-01 10:00`, with seconds and milliseconds where they count,
//! at UTC+8.

use prost_types::Timestamp;

/// In ms since 1970.
pub fn ms_of(text: &str) -> Result<i64, String> {
    let wrong =
        || format!("{text:?} is no moment such as 2026-03-01 10:00 or 2026-03-01 10:00:00.000");
    let (date, time) = text.trim().split_once(' ').ok_or_else(wrong)?;
    let time = if time.matches(':').count() == 1 {
        format!("{time}:00")
    } else {
        time.to_owned()
    };
    let parsed: Timestamp = format!("{date}T{time}+08:00")
        .parse()
        .map_err(|_| wrong())?;
    Ok(parsed.seconds * 1000 + i64::from(parsed.nanos) / 1_000_000)
}

/// As protobuf's JSON mapping writes it.
pub fn rfc3339(ms: i64) -> String {
    timestamp(ms).to_string()
}

/// As a protobuf timestamp.
pub fn timestamp(ms: i64) -> Timestamp {
    let nanos = i32::try_from(ms.rem_euclid(1000) * 1_000_000).unwrap_or(0);
    Timestamp {
        seconds: ms.div_euclid(1000),
        nanos,
    }
}

/// As scenarios write it.
pub fn shown(ms: i64) -> String {
    let at_utc_8 = timestamp(ms + 8 * 3_600_000).to_string();
    let text = at_utc_8.replace('T', " ").replace('Z', "");
    text.strip_suffix(":00").unwrap_or(&text).to_owned()
}

#[test]
fn moments_are_at_utc_plus_8() {
    for (text, ms) in [
        ("1970-01-01 08:00", 0),
        ("1970-01-01 08:00:01", 1000),
        ("2025-11-01 00:00", 1_761_926_400_000),
        ("1970-01-01 07:59:59.999", -1),
    ] {
        assert_eq!(ms_of(text), Ok(ms), "{text}");
        assert_eq!(shown(ms), text);
    }
    for wrong in [
        "2026-03-01",
        "2026-02-30 10:00",
        "10:00",
        "2026-03-01T10:00",
        "",
    ] {
        assert!(
            ms_of(wrong).unwrap_err().contains("is no moment"),
            "{wrong}"
        );
    }
}
