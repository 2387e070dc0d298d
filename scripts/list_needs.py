#!/usr/bin/env python3
"""List what releases of packages need: `scripts/list_needs.py [NAME ...]` writes package_needs.csv anew.

Asked for are the names that are given, else those that the table has; other rows stay. A name of which the index has
nothing keeps its rows. The index is the one that pip is configured for, else pip's own default.
"""

from __future__ import annotations

import argparse
import datetime
import sys

from check_facts import FACTS, configured_index, table
from package_index import Index
from packaging.utils import canonicalize_name
from release_needs import derived

COLUMNS = ("name", "from", "last", "needs", "source", "verified_on", "confidence")
SOURCE = "package index: metadata"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="a package to look at")
    parser.add_argument("--index-url", default=None, help="the index (default: pip's)")
    given = parser.parse_args(arguments)
    index, today = Index(given.index_url or configured_index()), datetime.date.today().isoformat()
    rows: dict[str, list[tuple[str, ...]]] = {}
    for row in table("package_needs"):
        rows.setdefault(row["name"], []).append(tuple(row[column] for column in COLUMNS))
    for name in dict.fromkeys(map(str, map(canonicalize_name, given.names or rows))):
        needs = derived(index, name)
        if needs:
            rows[name] = [
                (name, need.first, need.last, need.needs.replace(",", " "), SOURCE, today, "verified") for need in needs
            ]
        else:
            print(f"the index says nothing of {name}", file=sys.stderr)
    lines = [",".join(row) for name in sorted(rows) for row in rows[name]]
    (FACTS / "package_needs.csv").write_text("\n".join([",".join(COLUMNS), *lines]) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
