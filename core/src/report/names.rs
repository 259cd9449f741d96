//! Names for people of what the schema names for programs alone: kinds of event, vocabularies,
//! reasons of quarantine.

use super::Language;

/// A name in Chinese and in English.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Name {
    pub(super) zh: &'static str,
    pub(super) en: &'static str,
}

impl Name {
    pub(super) const fn new(zh: &'static str, en: &'static str) -> Self {
        Self { zh, en }
    }

    pub(crate) const fn pick(self, language: Language) -> &'static str {
        language.pick(self.zh, self.en)
    }
}

type Numbered = (u32, &'static str, &'static str);
type Coded = (&'static str, &'static str, &'static str);

/// Kinds of event, ascending by the body's field number.
const EVENTS: &[Numbered] = &[
    (100, "发布隐私政策版本", "policy version published"),
    (101, "送达政策通知", "policy notice delivered"),
    (120, "登记接收方", "recipient registered"),
    (121, "更新接收方登记", "recipient updated"),
    (122, "终止接收方", "recipient terminated"),
    (123, "评估接收方", "recipient assessed"),
    (130, "公布SDK清单", "SDK list published"),
    (131, "检出SDK", "SDK observed"),
    (132, "审核SDK", "SDK reviewed"),
    (140, "展示告知", "notice presented"),
    (141, "同意", "consent granted"),
    (142, "拒绝同意", "consent refused"),
    (143, "撤回同意", "consent withdrawn"),
    (144, "同意到期", "consent expired"),
    (145, "同意失效", "consent invalidated"),
    (146, "同意被替代", "consent superseded"),
    (160, "变更设备权限", "device permission changed"),
    (161, "核对适用资格", "eligibility checked"),
    (162, "收集个人信息", "data collected"),
    (
        163,
        "从第三方获取个人信息",
        "data received from a third party",
    ),
    (164, "用户担保他人同意", "another person's consent attested"),
    (180, "自动化决策", "automated decision made"),
    (181, "发送消息", "message sent"),
    (182, "拒收商业性消息", "marketing opt-out"),
    (183, "内部人员访问", "internal access"),
    (184, "拒绝提供功能", "feature denied"),
    (200, "提供（共享）", "data shared"),
    (201, "开始委托处理", "entrustment started"),
    (202, "结束委托处理", "entrustment ended"),
    (203, "接收方签收", "receipt acknowledged by the recipient"),
    (204, "接收方确认删除", "deletion confirmed by the recipient"),
    (205, "公告合并等事项", "merger announced"),
    (206, "转移（转让）", "data transferred"),
    (207, "收到机关调取要求", "authority request received"),
    (208, "审查披露要求", "disclosure reviewed"),
    (209, "披露", "data disclosed"),
    (210, "拒绝披露", "disclosure refused"),
    (211, "出口计数", "egress count reported"),
    (220, "收到个人权利请求", "rights request received"),
    (221, "核验身份", "identity verified"),
    (222, "办结权利请求", "rights request fulfilled"),
    (223, "拒绝权利请求", "rights request refused"),
    (224, "撤回权利请求", "rights request withdrawn"),
    (225, "收到投诉或咨询", "complaint received"),
    (226, "答复投诉或咨询", "complaint answered"),
    (240, "订单或借款开始", "order opened"),
    (241, "订单或借款完成", "order completed"),
    (242, "授权延长保存", "longer retention authorised"),
    (243, "设定法定保全", "legal hold placed"),
    (244, "解除法定保全", "legal hold released"),
    (245, "限制处理", "processing restricted"),
    (246, "删除数据", "data erased"),
    (247, "匿名化数据", "data anonymised"),
    (260, "发现安全事件", "incident detected"),
    (261, "安全事件定级", "incident graded"),
    (262, "处置安全事件", "containment taken"),
    (263, "查明受影响个人", "affected people identified"),
    (264, "报告主管部门", "regulator notified"),
    (265, "通知个人", "person notified of an incident"),
    (266, "发布公告", "public notice posted"),
    (267, "向公安机关报案", "police told"),
    (268, "安全事件结案", "incident closed"),
    (269, "提交事件总结报告", "closing report filed"),
    (280, "个人信息保护影响评估", "impact assessment recorded"),
    (281, "合规审计", "compliance audit recorded"),
    (282, "人脸信息备案", "storing of face data filed"),
    (283, "证明保护措施", "safeguard attested"),
    (300, "启用日志", "log opened"),
    (301, "关闭日志", "log closed"),
    (302, "公布检查点", "checkpoint published"),
    (303, "下令删除", "erasure ordered"),
    (304, "销毁个人密钥", "subject key destroyed"),
    (305, "移交账本签名密钥", "ledger signing key handed over"),
    (310, "申请摘录", "extract requested"),
    (311, "批准摘录", "extract approved"),
    (312, "出具摘录", "extract issued"),
    (313, "验证摘录", "extract verified"),
    (320, "查阅账本", "ledger queried"),
    (340, "登记生产方", "producer registered"),
    (341, "更新生产方登记", "producer updated"),
    (342, "停用生产方", "producer retired"),
    (343, "生产方计数", "producer's own count"),
    (344, "关联个人编号", "references linked"),
    (345, "登记经办人", "person registered"),
    (346, "停用经办人", "person retired"),
];

/// Vocabularies, by the enum's name.
const VOCABULARIES: &[Coded] = &[
    ("AccessReason", "访问理由", "reason of access"),
    ("Actor", "角色", "actor"),
    ("AssessmentResult", "评估结果", "result of assessment"),
    ("AudienceRule", "适用人群", "audience"),
    ("AuthorityDocument", "机关文书", "authority's document"),
    ("BasisKind", "依据", "ground"),
    ("BreachDuty", "事件义务", "duty after a breach"),
    ("ChangeClass", "政策变更类别", "class of policy change"),
    ("ChangedDimension", "变更事项", "what changed"),
    ("Channel", "渠道", "channel"),
    (
        "CollectionExemption",
        "收集无需同意的情形",
        "collection exempt from consent",
    ),
    ("CollectionWay", "收集方式", "way of collection"),
    ("ComplaintKind", "投诉类别", "kind of complaint"),
    ("ConsentForm", "同意形式", "form of consent"),
    ("ConsentStatus", "同意状态", "status of consent"),
    ("ConsentStrength", "同意强度", "strength of consent"),
    ("ContainmentStep", "处置步骤", "containment step"),
    ("CrossBorderRule", "跨境规则", "cross-border rule"),
    ("DataCategory", "个人信息类别", "category of data"),
    ("DataCategorySet", "类别集合", "set of categories"),
    ("DecisionOutcome", "决策结果", "outcome of decision"),
    ("DevicePermission", "设备权限", "device permission"),
    ("DisclosureCase", "披露情形", "case of disclosure"),
    ("DisclosureDecision", "披露决定", "decision on disclosure"),
    ("DisclosureDuty", "披露义务", "duty on disclosure"),
    (
        "EligibilityMethod",
        "资格核对方式",
        "way of checking eligibility",
    ),
    ("ErasureMethod", "删除方式", "method of erasure"),
    ("EvidenceKind", "证据种类", "kind of evidence"),
    (
        "IdentityMethod",
        "身份核验方式",
        "way of verifying identity",
    ),
    ("IncidentCause", "事件原因", "cause of incident"),
    ("IncidentGrade", "事件等级", "grade of incident"),
    ("IncidentKind", "事件种类", "kind of incident"),
    ("IsolationLevel", "读取隔离级别", "isolation level"),
    ("LedgerIndexKind", "账本索引种类", "kind of ledger index"),
    (
        "LegalBasisOfReading",
        "查阅的法律依据",
        "legal basis of reading",
    ),
    ("LegalRole", "法律地位", "role in law"),
    ("LinkReason", "关联理由", "reason of the link"),
    ("LogEnd", "日志关闭原因", "why a log ended"),
    ("LogStart", "日志起点", "where a log starts"),
    ("Necessity", "必要性", "necessity"),
    ("NoticeContent", "通知内容", "content of notice"),
    ("OrderKind", "订单种类", "kind of order"),
    (
        "OutflowExemption",
        "提供无需同意的情形",
        "outflow exempt from consent",
    ),
    ("PersonRole", "经办人角色", "person's role"),
    ("PolicyClause", "政策条款", "policy clause"),
    (
        "ProducerRetirement",
        "生产方停用原因",
        "why a producer retired",
    ),
    ("Purpose", "处理目的", "purpose"),
    ("RedactionProfile", "开示范围", "redaction profile"),
    ("ReportedBody", "受理部门", "body reported to"),
    ("RequesterKind", "申请人类别", "kind of requester"),
    ("RetentionRule", "保存规则", "retention rule"),
    ("RightsChannel", "行权渠道", "channel for rights"),
    ("RightsClock", "办理期限", "clock for rights"),
    ("RightsCondition", "行权条件", "condition for rights"),
    ("RightsEffect", "行权效果", "effect of rights"),
    ("RightsRefusal", "拒绝理由", "ground of refusal"),
    (
        "RightsRequestKind",
        "权利请求种类",
        "kind of rights request",
    ),
    ("Sdk", "SDK", "SDK"),
    ("SdkDuty", "SDK义务", "SDK duty"),
    ("SecurityMeasure", "安全措施", "security measure"),
    ("ShareCase", "共享情形", "case of sharing"),
    ("ShareCondition", "共享条件", "condition of sharing"),
    ("ShareMethod", "提供方式", "method of provision"),
    ("Surface", "界面", "surface"),
    ("TerminationReason", "终止原因", "reason of termination"),
    ("TransferCase", "转让情形", "case of transfer"),
    ("TransferDuty", "转让义务", "duty on transfer"),
    ("VerificationOutcome", "验证结果", "outcome of verification"),
];

/// Reasons of quarantine, by [`crate::verdict::Reason::code`].
const REASONS: &[Coded] = &[
    ("too_large", "超过大小上限", "too large"),
    ("not_an_envelope", "不是事件信封", "not an envelope"),
    ("unknown_body", "正文类型未知", "unknown kind of body"),
    (
        "malformed",
        "无法按模式解码",
        "doesn't decode by the schema",
    ),
    (
        "not_a_subject_reference",
        "个人编号格式不符",
        "not a reference of a person",
    ),
    (
        "subject_out_of_place",
        "此类事件不应有个人编号",
        "names a person where none belongs",
    ),
    ("missing_field", "缺少必填项", "a required field is missing"),
    (
        "unknown_enum_value",
        "词汇表中没有的值",
        "a value outside the vocabulary",
    ),
    (
        "malformed_field",
        "字段格式不符",
        "a field is not in its form",
    ),
    ("wrong_topic", "主题不符", "in the wrong topic"),
    (
        "key_is_not_subject",
        "记录的键不是该个人",
        "the record's key is not its subject",
    ),
    (
        "wrong_key",
        "记录的键不符",
        "the record's key is the wrong one",
    ),
    ("misplaced", "分区不符", "in the wrong partition"),
    (
        "from_the_future",
        "发生时间晚于记录时间",
        "happened later than it was recorded",
    ),
    (
        "id_reused",
        "事件编号重复而内容不同",
        "an event id used again for other content",
    ),
];

/// The name of a kind of event; none for a number that this edition doesn't know.
pub(super) fn event(number: u32) -> Option<Name> {
    let at = EVENTS.binary_search_by_key(&number, |(number, ..)| *number);
    let (_, zh, en) = EVENTS.get(at.ok()?)?;
    Some(Name::new(zh, en))
}

/// The name of a vocabulary, with its own name as it stands for ever.
pub(super) fn vocabulary(name: &str) -> Option<(&'static str, Name)> {
    coded(VOCABULARIES, name)
}

/// The name of a reason of quarantine.
pub(super) fn reason(code: &str) -> Option<Name> {
    coded(REASONS, code).map(|(_, name)| name)
}

fn coded(table: &[Coded], code: &str) -> Option<(&'static str, Name)> {
    let (code, zh, en) = table.iter().find(|(known, ..)| *known == code)?;
    Some((code, Name::new(zh, en)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{bodies, pool};

    #[test]
    fn every_kind_of_event_has_a_name_and_no_other() {
        let named: Vec<u32> = EVENTS.iter().map(|(number, ..)| *number).collect();
        let kinds: Vec<u32> = bodies().keys().copied().collect();
        assert_eq!(named, kinds);
        assert_eq!(event(200).map(|name| name.en), Some("data shared"));
        assert_eq!(event(199), None);
    }

    #[test]
    fn every_vocabulary_that_an_event_can_hold_has_a_name() {
        let options = ["Topic", "SubjectRule", "Format"];
        let own = pool()
            .all_enums()
            .filter(|e| e.package_name() == "custodia.v1");
        for vocabulary_of in own {
            let name = vocabulary_of.name();
            assert_eq!(
                vocabulary(name).is_some(),
                !options.contains(&name),
                "{name}"
            );
        }
    }

    #[test]
    fn reasons_are_those_of_verdicts() {
        let all = include_str!("../verdict/reason.rs");
        for (code, ..) in REASONS {
            assert!(all.contains(&format!("=> \"{code}\"")), "{code}");
        }
        let arms = all.lines().filter(|line| {
            let line = line.trim();
            line.starts_with("Self::") && line.contains("=> \"")
        });
        assert_eq!(arms.count(), REASONS.len());
    }
}
