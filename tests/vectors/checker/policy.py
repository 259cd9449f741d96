"""C2SP tlog-policy: whose keys are believed, and how many witnesses are asked for."""

from checker.note import COSIGNATURE, PLAIN, parse_vkey
from checker.spelling import Misspelt, parse_origin

MAX_POLICY_BYTES = 1 << 20


def owns(ledger, name):
    """Whether a ledger's key signs under a name (13.11)."""
    if name == ledger + "/extract":
        return True
    try:
        return parse_origin(name)[0] == ledger
    except Misspelt:
        return False


class Policy:
    """Logs, witnesses by name, groups by name with threshold and members, and the quorum."""

    def __init__(self):
        self.logs = []
        self.witnesses = {}
        self.groups = {}
        self.grouped = set()
        self.quorum = None

    def line(self, words):
        match words:
            case [b"log", vkey] | [b"log", vkey, _]:
                self.logs.append(self.new_key(vkey, PLAIN, self.logs))
            case [b"witness", name, vkey] | [b"witness", name, vkey, _]:
                key = self.new_key(vkey, COSIGNATURE, self.witnesses.values())
                self.check_free(name)
                self.witnesses[name] = key
            case [b"group", name, wanted, *members]:
                self.group(name, wanted, members)
            case [b"quorum", name] if self.quorum is None:
                if name != b"none":
                    self.check_known(name)
                self.quorum = name
            case _:
                raise Misspelt("not a line of a policy, or a second quorum")

    def new_key(self, vkey, kind, others):
        try:
            key = parse_vkey(vkey.decode("utf-8"))
        except UnicodeDecodeError:
            raise Misspelt("a vkey that is not UTF-8") from None
        if key.usable and key.kind != kind:
            raise Misspelt("a log's key for a witness, or the other way round")
        if any(other.public == key.public for other in others):
            raise Misspelt("a public key twice")
        return key

    def group(self, name, wanted, members):
        for member in members:
            self.check_known(member)
            if member in self.grouped:
                raise Misspelt("a group's member twice")
            self.grouped.add(member)
        self.check_free(name)
        spellings = {b"any": 1, b"all": len(members)}
        spellings |= {str(count).encode(): count for count in range(1, len(members) + 1)}
        if not members or wanted not in spellings:
            raise Misspelt("not a threshold")
        self.groups[name] = spellings[wanted], members

    def check_free(self, name):
        if name == b"none" or name in self.witnesses or name in self.groups:
            raise Misspelt("a name that is taken")

    def check_known(self, name):
        if name not in self.witnesses and name not in self.groups:
            raise Misspelt("a name that no line before defines")

    def keys_of(self, ledger):
        """The public keys that are vouched for under a ledger's names."""
        return [key.public for key in self.logs if key.kind == PLAIN and owns(ledger, key.name)]

    def log_keys_of(self, ledger):
        """The keys themselves that are vouched for under a ledger's names."""
        return [key for key in self.logs if key.kind == PLAIN and owns(ledger, key.name)]

    def reached_by(self, note):
        """Whether the quorum cosigned; refuses a bad cosignature of a witness."""
        cosigners = note.verified_by([key for key in self.witnesses.values() if key.usable])
        counted = {name: key in cosigners for name, key in self.witnesses.items()}
        for name, (threshold, members) in self.groups.items():
            counted[name] = sum(counted[member] for member in members) >= threshold
        return self.quorum == b"none" or counted[self.quorum]


def parse_policy(data):
    if len(data) > MAX_POLICY_BYTES or not data.endswith(b"\n"):
        raise Misspelt("a policy of more than 1 MiB, or whose last line is cut")
    policy = Policy()
    for number, line in enumerate(data[:-1].split(b"\n"), 1):
        if any(byte < 0x20 and byte != 9 or byte == 0x7F for byte in line):
            raise Misspelt(f"line {number}: a control character")
        words = [word for word in line.replace(b"\t", b" ").split(b" ") if word]
        if words and not words[0].startswith(b"#"):
            try:
                policy.line(words)
            except Misspelt as misspelt:
                raise Misspelt(f"line {number}: {misspelt}") from None
    if policy.quorum is None:
        raise Misspelt("no quorum line")
    return policy
