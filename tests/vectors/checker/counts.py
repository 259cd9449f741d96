"""Counts of an audit's extract (13.4)."""

import datetime
import re

from checker.shape import array, ascending, check_object, spelt, text
from checker.spelling import Misspelt, decimal

# The tables in order, and how many keys the cells of each have.
TABLES = {"events": 1, "findings": 2, "outflows": 3, "requests": 2}
LEAST = 2
MAX_CELLS = 20_000
BEIJING_MS = 8 * 3_600_000
EPOCH = datetime.datetime(1970, 1, 1)


def is_month(ms):
    """Whether a moment is the first of a month at UTC+8, within the years 1 to 9999."""
    days, rest = divmod(ms + BEIJING_MS, 86_400_000)
    if rest:
        return False
    try:
        return (EPOCH + datetime.timedelta(days=days)).day == 1
    except OverflowError:
        return False


def month(value):
    if not re.fullmatch("[0-9]{4}-(0[1-9]|1[0-2])", text(value)):
        raise Misspelt("not a month")
    return value.encode()


def cell(value):
    must = {"keys": array(lambda key: text(key).encode()), "month": month}
    return check_object(value, must, {"count": spelt(decimal)})


def table(value):
    cells = ascending(cell, key=lambda one: (one["keys"], one["month"]), empty=True)
    return check_object(value, {"cells": cells, "name": text})


counts = array(table)


def check_counts(tables, least):
    """That they are the four tables, and that no count is below the least."""
    if [one["name"] for one in tables] != list(TABLES):
        raise Misspelt("counts: not the four tables, in order")
    if sum(len(one["cells"]) for one in tables) > MAX_CELLS:
        raise Misspelt("counts: too many cells")
    for one in tables:
        for found in one["cells"]:
            if len(found["keys"]) != TABLES[one["name"]]:
                raise Misspelt("counts: other keys than the table has")
            if found.get("count", least) < least:
                raise Misspelt("counts: a cell below k")
