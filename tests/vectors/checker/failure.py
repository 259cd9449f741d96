"""What is wrong with an extract, and where."""


class Failure(Exception):
    """A rule of FORMAT.md 13 is broken: the place, a short name of the rule, and words."""

    def __init__(self, place, reason, words):
        super().__init__(place, reason, words)
        self.place, self.reason, self.words = place, reason, words


class Unreadable(Failure):
    """The members can't be told apart (13.11)."""


def demand(holds, place, reason, words):
    if not holds:
        raise Failure(place, reason, words)
