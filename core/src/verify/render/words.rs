//! The words of a report, each in Chinese and English.

use crate::verify::report::{Outcome, Proven, Warning};

/// Chinese, English.
pub(super) type Both = (&'static str, &'static str);

pub(super) const fn outcome(outcome: Outcome) -> Both {
    match outcome {
        Outcome::Proven => ("已证", "PROVEN"),
        Outcome::KeyUnconfirmed => ("密钥未确认", "KEY UNCONFIRMED"),
        Outcome::ReportsUnchecked => ("报告未核", "REPORTS UNCHECKED"),
        Outcome::Failed => ("验证失败", "FAILED"),
        Outcome::Unreadable => ("无法读取", "UNREADABLE"),
    }
}

/// What an outcome means for whoever holds the extract.
pub(super) const fn meaning(outcome: Outcome) -> Both {
    match outcome {
        Outcome::Proven => (
            "签名、条目、报告均无误，密钥由策略文件确认。",
            "Signatures, events and reports are right, and the policy confirms the key.",
        ),
        Outcome::KeyUnconfirmed => (
            "除密钥属于谁以外均无误。请用 --policy 给出从别处取得的策略文件，或将下面的密钥指纹与从别处取得的比较。",
            "All holds but whose key it is. Give the policy file that you have from elsewhere with \
             --policy, or compare the key's fingerprint below with one from elsewhere.",
        ),
        Outcome::ReportsUnchecked => (
            "签名和条目无误，但本程序不认识报告的版次或所用的规则：报告、表格和判定未经核对，请用相应版本的程序。",
            "Signatures and events are right, but this program doesn't know the reports' edition, or the \
             rules: reports, tables and findings are unchecked. Use the program of that version.",
        ),
        Outcome::Failed => (
            "这份摘录不能作为依据。以下所列可能是任何人写的。",
            "Don't rely on this extract. What follows may be anybody's words.",
        ),
        Outcome::Unreadable => (
            "这不是摘录，或已损坏，或被其他程序重新打包。请取得原文件。",
            "This is no extract, or it is damaged, or another program packed it again. Get the \
             original file.",
        ),
    }
}

pub(super) const fn proven(proven: Proven) -> Both {
    match proven {
        Proven::Manifest => (
            "清单由上述密钥签名",
            "the manifest is signed by the key above",
        ),
        Proven::Members => (
            "各文件与清单所列逐字节相同",
            "the files are those of the manifest, byte for byte",
        ),
        Proven::Events => (
            "所示各条都是账本中的条目，公开的内容与条目的承诺一致",
            "each event shown is a leaf of the ledger, and what is opened is what the leaf commits to",
        ),
        Proven::Cut => (
            "时点与密钥签名的检查点同属一个历史",
            "the cut is of one history with checkpoints that the key signed",
        ),
        Proven::Key => (
            "策略文件确认该密钥属于这个账本",
            "the policy confirms that the key is this ledger's",
        ),
        Proven::Known => (
            "与所给的已知检查点同属一个历史",
            "the known checkpoints are of the same history",
        ),
        Proven::Receipt => (
            "本摘录的出具已记入账本（回执）",
            "that this extract was issued is a leaf of the ledger (receipt)",
        ),
        Proven::Reports => (
            "报告和表格与条目所载一致（已重新生成并逐字节比较）",
            "reports and tables say what the events say (made again and compared byte by byte)",
        ),
    }
}

pub(super) const fn warning(warning: &Warning) -> Both {
    match warning {
        Warning::Completeness => (
            "完整性未证：未证明没有遗漏条目",
            "completeness not proven: nothing shows that no event was left out",
        ),
        Warning::OpenElsewhere(_) => (
            "账本另有未列入本时点的日志",
            "the ledger has further logs that are not in the cut",
        ),
        Warning::NoReceipt => (
            "没有回执（.tlog-proof）：未证明本摘录的出具已记入账本",
            "no receipt (.tlog-proof): it isn't shown that issuing this extract is on record",
        ),
        Warning::NoOtherEyes => (
            "没有见证人，也没有给出已知检查点：账本运营者可能向他人出示另一个历史",
            "no witness, and no known checkpoint was given: the operator may show others another history",
        ),
        Warning::UnverifiedKeys(_) => (
            "策略文件中有本程序不能验证的密钥，不计入",
            "the policy has keys that this program can't verify; they don't count",
        ),
        Warning::NoCutTime => (
            "时点没有时间：其中的记录都没有时间戳",
            "the cut has no time: none of its records has a timestamp",
        ),
        Warning::OtherKeys => (
            "策略文件有这个账本的密钥，但不是签名的这一个：账本可能已更换密钥，也可能是他人所签；请从摘录以外的渠道取得现行的策略文件",
            "the policy has keys of this ledger, and not the one that signed: the key was handed over \
             since, or somebody else signed; get the present policy file from elsewhere than the extract",
        ),
    }
}

/// What a part of the extract that nothing proves is about.
pub(super) fn operators_word(name: &str) -> Both {
    match name {
        "said" => (
            "各条的判定、假名、删除的依据",
            "verdicts, pseudonyms, and why a record is erased",
        ),
        "findings" => (
            "依未开示内容作出的判定",
            "findings that rest on what is withheld",
        ),
        "refuted" => (
            "哪些判定依未开示内容并不成立",
            "which findings what is withheld refutes",
        ),
        "open_elsewhere" => ("未列入的日志", "which logs are not in the cut"),
        "policy_versions" => (
            "所依据的政策版本",
            "which versions of the policy events name",
        ),
        "request" => ("谁以何依据提出请求", "who asked, and on which basis"),
        _ => ("时点的时间", "the cut's time"),
    }
}
