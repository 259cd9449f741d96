"""Checks an extract with a second implementation, written from proto/FORMAT.md 13 alone.

It doesn't make an edition's documents again: its best outcome is "reports unchecked" (exit code 7)
where `custodia-verify` may say "proven". Exit codes: FORMAT.md 13.11; 1 where a file can't be read,
2 for wrong usage. A file `<archive>.tlog-proof` beside the archive is checked too.

Needs the packages of ops/python/requirements.txt.
"""

import argparse
import functools
import json
import pathlib
import sys

from checker.archive import read_archive, read_folder
from checker.policy import parse_policy
from checker.spelling import Misspelt
from checker.verify import Asked, verify

EXIT = {"unconfirmed_key": 6, "reports_unchecked": 7, "failed": 8, "unreadable": 9}


def arguments():
    parser = argparse.ArgumentParser(description="Checks an extract by proto/FORMAT.md 13.")
    parser.add_argument("extract", type=pathlib.Path, help="an archive or an unpacked folder")
    parser.add_argument("--policy", type=pathlib.Path, help="a C2SP tlog-policy")
    parser.add_argument("--known", type=pathlib.Path, action="append", default=[])
    parser.add_argument("--receipt", type=pathlib.Path, help="instead of <archive>.tlog-proof")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


def receipt_beside(options):
    path = options.receipt or options.extract.with_name(options.extract.name + ".tlog-proof")
    return path.read_bytes() if options.receipt or path.exists() else None


def read_asked(options):
    policy = parse_policy(options.policy.read_bytes()) if options.policy else None
    known = tuple(path.read_bytes() for path in options.known)
    return Asked(policy, known, receipt_beside(options))


def check(options):
    asked = read_asked(options)
    if options.extract.is_dir():
        return verify(functools.partial(read_folder, options.extract), False, asked)
    data = options.extract.read_bytes()
    return verify(functools.partial(read_archive, data), True, asked)


def print_report(report):
    manifest = report.manifest
    print(report.outcome.replace("_", " "))
    if manifest:
        print(f"extract {manifest.id} of {manifest.ledger}, cut at {manifest.cut_time}")
    print("proven:", ", ".join(report.proven) or "nothing")
    if report.failure:
        print(f"{report.failure.place}: {report.failure.words}")


def main():
    options = arguments()
    try:
        report = check(options)
    except (OSError, Misspelt) as error:
        print(error, file=sys.stderr)
        return 1
    if options.json:
        print(json.dumps(report.to_json(), ensure_ascii=False, sort_keys=True))
    else:
        print_report(report)
    return EXIT[report.outcome]


if __name__ == "__main__":
    sys.exit(main())
