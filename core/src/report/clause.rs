//! Clauses of laws, as the schema writes them (`PIPL 13(1)(6), 27`), in the words of lawyers.

use super::Language;

const LAWS: [(&str, &str, &str); 4] = [
    ("PIPL ", "《个人信息保护法》", "PIPL"),
    ("NDSR ", "《网络数据安全管理条例》", "NDSR"),
    ("电商法 ", "《电子商务法》", "E-Commerce Law"),
    (
        "报告办法 ",
        "《国家网络安全事件报告管理办法》",
        "Incident Reporting Measures",
    ),
];
const DIGITS: [&str; 10] = ["", "一", "二", "三", "四", "五", "六", "七", "八", "九"];

/// A clause for people; what isn't in the schema's form is left as it stands.
pub(super) fn clause(law: &str, language: Language) -> String {
    let found = LAWS.iter().find_map(|(short, zh, en)| {
        let articles = law.strip_prefix(short)?;
        Some((articles, language.pick(*zh, *en)))
    });
    let Some((articles, name)) = found else {
        return law.to_owned();
    };
    match language {
        Language::En => format!("{name} {articles}"),
        Language::Zh => {
            let spelled: Option<Vec<String>> = articles.split(", ").map(article).collect();
            let spelled = spelled.map(|all| all.join("、"));
            format!("{name}{}", spelled.unwrap_or_else(|| articles.to_owned()))
        }
    }
}

/// `13(1)(6)` as 第十三条第一款第六项.
fn article(text: &str) -> Option<String> {
    let mut parts = text.split('(');
    let mut spelled = vec![format!("第{}条", number(parts.next()?.parse().ok()?)?)];
    for (part, unit) in parts.zip(["款", "项"]) {
        let inner = number(part.strip_suffix(')')?.parse().ok()?)?;
        spelled.push(format!("第{inner}{unit}"));
    }
    Some(spelled.concat())
}

/// A number from 1 to 99 in Chinese.
pub(super) fn number(number: usize) -> Option<String> {
    if !(1..100).contains(&number) {
        return None;
    }
    let (tens, ones) = (number / 10, number % 10);
    let tens = match tens {
        0 => String::new(),
        1 => "十".to_owned(),
        _ => format!("{}十", DIGITS.get(tens)?),
    };
    Some(format!("{tens}{}", DIGITS.get(ones)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clauses_are_spelled_as_lawyers_write_them() {
        for (law, zh, en) in [
            ("PIPL 45", "《个人信息保护法》第四十五条", "PIPL 45"),
            (
                "PIPL 13(1)(6), 27",
                "《个人信息保护法》第十三条第一款第六项、第二十七条",
                "PIPL 13(1)(6), 27",
            ),
            ("NDSR 12", "《网络数据安全管理条例》第十二条", "NDSR 12"),
            (
                "电商法 25, 31",
                "《电子商务法》第二十五条、第三十一条",
                "E-Commerce Law 25, 31",
            ),
            (
                "报告办法 (2025-11-01) 附件",
                "《国家网络安全事件报告管理办法》(2025-11-01) 附件",
                "Incident Reporting Measures (2025-11-01) 附件",
            ),
            ("PIPL 20", "《个人信息保护法》第二十条", "PIPL 20"),
            ("民法典 1034", "民法典 1034", "民法典 1034"),
        ] {
            assert_eq!(clause(law, Language::Zh), zh);
            assert_eq!(clause(law, Language::En), en);
        }
    }
}
