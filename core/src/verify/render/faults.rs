//! What a fault means, in Chinese. The details behind it are in English alone.

use crate::verify::fault::Fault;

/// One sentence for each kind of fault.
pub(super) const fn in_chinese(fault: &Fault) -> &'static str {
    match fault {
        Fault::Archive(_) => "归档的字节不是规定的形式",
        Fault::NotAFile(_) => "文件夹中有既不是文件也不是文件夹的东西（例如链接）",
        Fault::NotUtf8(_) => "文件名不是 UTF-8",
        Fault::Checksum => "字节被改动：CRC-32 不符",
        Fault::Missing => "缺少该文件",
        Fault::Unlisted => "清单没有列出该文件",
        Fault::Order(_) => "文件的顺序与清单不符",
        Fault::Length { .. } => "长度与清单不符",
        Fault::Sha256 => "字节被改动：SHA-256 与清单不符",
        Fault::Manifest(_) => "清单无法读取",
        Fault::Rule(_) => "清单不符合规则",
        Fault::Note(_) => "清单的签名无效",
        Fault::Signatures(_) => "签名的数目不是一个",
        Fault::NoteText => "签名的文字不是格式、账本和清单的 SHA-256",
        Fault::ManifestDigest => "清单被改动：签名的是另外的字节",
        Fault::Contradiction(_) => "清单所称的判定或政策与条目不符",
        Fault::Checkpoint(_) => "检查点无效",
        Fault::Unterminated => "最后一行没有结束：文件可能被截断",
        Fault::TooManyLines(_) => "行数过多",
        Fault::Line(_) => "该行无效",
        Fault::NotHashes => "长度不是32字节的倍数",
        Fault::TooFewHashes(_) => "证明缺少哈希",
        Fault::TooManyHashes(_) => "证明有多余的哈希",
        Fault::Root(_) => "所示条目与证明得不出账本的根",
        Fault::Consistency { .. } => "检查点与时点未证明同属一个历史",
        Fault::Witness(_) => "见证人的签名无效",
        Fault::Quorum => "签名的见证人达不到策略文件的要求",
        Fault::Known(_) => "已知检查点不是这个账本的密钥所签",
        Fault::KnownElsewhere(_) => "已知检查点所属的日志不在时点中",
        Fault::KnownSize(_) => "本摘录没有证明已知检查点的大小与时点的关系",
        Fault::Fork(_) => "根与已知检查点不同：账本分叉，或其中之一是伪造的",
        Fault::Receipt(_) => "回执无效",
        Fault::Document { .. } => "文件所载与条目不符：重新生成得到另外的字节",
    }
}
