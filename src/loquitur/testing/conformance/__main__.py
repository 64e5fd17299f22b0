"""`python -m loquitur.testing.conformance [--json] [ENGINE...]`: the table of engine x check.

Exit code 1 where a check failed; what cannot run here is skipped with its reason.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys

import click

from loquitur.testing.conformance.table import Finding, examine, render


def main() -> int:
    """Run every engine that can run here, and print how it did."""
    parser = argparse.ArgumentParser(prog="python -m loquitur.testing.conformance")
    parser.add_argument("engines", nargs="*", metavar="ENGINE", help="NAME, KIND.NAME or KIND")
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    given = parser.parse_args()
    found: list[Finding] = []
    for rows in examine(given.engines):
        found += rows
        failed = sum(one.state == "fail" for one in rows)
        how = f"{failed} failed" if failed else rows[-1].state
        click.echo(f"{rows[0].kind} {rows[0].engine}: {how}", err=True)
    if given.json:
        click.echo(json.dumps([dataclasses.asdict(one) for one in found]))
    else:
        click.echo("\n".join(render(found)))
    return 1 if any(one.state == "fail" for one in found) else 0


if __name__ == "__main__":
    sys.exit(main())
