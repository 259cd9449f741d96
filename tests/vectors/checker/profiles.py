"""What each redaction profile is (13.7)."""

import dataclasses

OF_A_PERSON = frozenset({0x00, 0x01, 0x02, 0x03, 0x40, 0x41, 0x42, 0x80})
WITHOUT_PEOPLE = frozenset({0x00, 0x03, 0x40, 0x41, 0x42})


@dataclasses.dataclass(frozen=True)
class Profile:
    """Of which kind of query it is, what it opens, and whether people are pseudonyms in it."""

    kind: str
    opens: frozenset
    pseudonyms: bool = True
    others: bool = False
    nobody: bool = False


# Kinds of event that name nobody.
OF_NOBODY = frozenset(
    {100, 101, 120, 121, 122, 123, 130, 131, 132, 201, 202, 204, 205, 260, 261, 262, 263, 264, 266}
    | {267, 268, 269, 280, 281, 282, 283}
)

PROFILES = {
    "R-SUBJECT": Profile("subject", OF_A_PERSON, pseudonyms=False, others=True),
    "R-RECIPIENT": Profile("recipient", WITHOUT_PEOPLE),
    "R-INCIDENT": Profile("incident", WITHOUT_PEOPLE),
    "R-CLASS": Profile("class", WITHOUT_PEOPLE),
    "R-AUDIT": Profile("audit", WITHOUT_PEOPLE, pseudonyms=False, nobody=True),
    "S-SELF": Profile("subject", OF_A_PERSON, pseudonyms=False),
}
