"""Objects of JSON against the tables of FORMAT.md: which names, and what each holds."""

from checker.spelling import Misspelt


def check_object(value, must, may=()):
    """Refuses an object that lacks a name of `must`, or has one of neither table.

    The tables map a name to a function that refuses a value, or gives what the value means; the
    result maps the names that stand to the meanings.
    """
    if not isinstance(value, dict):
        raise Misspelt("not an object")
    may = dict(may)
    missing = [name for name in must if name not in value]
    unknown = [name for name in value if name not in must and name not in may]
    if missing or unknown:
        raise Misspelt(f"missing names {missing}, unknown names {unknown}")
    return {name: named(name, must.get(name) or may[name], part) for name, part in value.items()}


def named(name, check, value):
    try:
        return check(value)
    except Misspelt as misspelt:
        raise Misspelt(f"{name}: {misspelt}") from None


def text(value):
    if not isinstance(value, str):
        raise Misspelt("not a string")
    return value


def spelt(parse, *arguments):
    """A string that `parse` understands; the meaning is what it makes of it."""
    return lambda value: parse(text(value), *arguments)


def checked(parse):
    """A string that `parse` understands; the meaning is the string."""

    def check(value):
        parse(text(value))
        return value

    return check


def one_of(*texts):
    def check(value):
        if value not in texts or not isinstance(value, str):
            raise Misspelt(f"not one of {texts}")
        return value

    return check


def integer(value):
    if not isinstance(value, int):
        raise Misspelt("not an integer")
    return value


def array(check):
    def check_all(value):
        if not isinstance(value, list):
            raise Misspelt("not an array")
        return [check(part) for part in value]

    return check_all


def ascending(check, key=lambda meaning: meaning.encode("utf-8"), empty=False):
    """An array whose parts ascend strictly by `key`, of one part at least unless `empty`."""

    def check_all(value):
        parts = array(check)(value)
        keys = [key(part) for part in parts]
        if not (parts or empty):
            raise Misspelt("an empty array")
        if any(high <= low for low, high in zip(keys, keys[1:])):
            raise Misspelt("not ascending")
        return parts

    return check_all
