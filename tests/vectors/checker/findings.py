"""Findings that a manifest says, and the policy versions below policy/ (13.4, 13.9)."""

import re

from checker.shape import array, ascending, check_object, integer, one_of, spelt, text
from checker.spelling import I64, Misspelt, decimal

MAX_FINDINGS = 10_000
# In the order in which findings ascend.
RESULTS = ("VIOLATION", "OVERDUE", "WARN", "UNKNOWN")
MARKS = ("CRITICAL", "ALERT", "LEGAL_REVIEW")
ABOUT = ("subject", "recipient", "incident")


def policy_id(value):
    if not re.fullmatch(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}", text(value)):
        raise Misspelt("a policy version that can't be part of a name")
    return value


def policy_members(ids):
    return [f"policy/{one}.{end}" for one in ids for end in ("toml", "txt")]


def moment(value):
    return decimal(text(value), I64)


def leaf(value):
    found = check_object(value, {"index": spelt(decimal), "log": text})
    return found["log"].encode(), found["index"]


def about(value):
    found = check_object(value, {}, {name: text for name in ABOUT})
    if len(found) != 1:
        raise Misspelt("about one, and one alone")
    [(name, whom)] = found.items()
    return ABOUT.index(name), whom.encode()


def due(value):
    found = check_object(value, {"strict": moment}, {"lawful": moment})
    return found["strict"], order(found.get("lawful"))


def sentence(value):
    found = check_object(value, {"en": text, "zh-CN": text})
    return found["zh-CN"].encode(), found["en"].encode()


def place_in(texts):
    return lambda value: texts.index(one_of(*texts)(value))


def utf8(value):
    return text(value).encode()


MUST = {
    "about": about,
    "cause": utf8,
    "clauses": array(utf8),
    "judged_at": moment,
    "leaves": ascending(leaf, key=lambda one: one, empty=True),
    "result": place_in(RESULTS),
    "rule": integer,
    "sentence": sentence,
    "since": moment,
}
MAY = {
    "due": due,
    "judged": leaf,
    "mark": place_in(MARKS),
    "producer": utf8,
    "recipient": utf8,
    "until": moment,
}


def order(value):
    """What is left out stands before what isn't."""
    return (value is not None, value if value is not None else 0)


def finding(value):
    """What findings are ordered by."""
    found = check_object(value, MUST, MAY)
    must = ("rule", "result", "cause", "about", "leaves", "judged_at", "since", "clauses", "sentence")
    parts = {name: found[name] for name in must}
    parts |= {name: order(found.get(name)) for name in MAY}
    names = ("rule", "result", "cause", "mark", "about", "judged", "leaves", "recipient", "producer")
    names += ("judged_at", "since", "until", "due", "clauses", "sentence")
    return tuple(parts[name] for name in names)


def findings(value):
    found = ascending(finding, key=lambda one: one)(value)
    if len(found) > MAX_FINDINGS:
        raise Misspelt("too many findings")
    return found


def check_whom(said, query):
    """That findings are about whom was asked about."""
    if not said:
        return
    if query["kind"] not in ABOUT:
        raise Misspelt("findings: of what no rule judges")
    kind, whom = ABOUT.index(query["kind"]), query["id"].encode()
    for one in said:
        about_kind, about_whom = one[4]
        known = about_kind == kind and (query["kind"] == "subject" or about_whom == whom)
        if not known:
            raise Misspelt("findings: about somebody else")
