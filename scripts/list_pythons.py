#!/usr/bin/env python3
"""List for which Pythons releases are: `scripts/list_pythons.py [NAME ...]` writes requires_python.csv anew.

Asked for are the names that the table has, and those that are given besides. A name of which the index has nothing
keeps its rows. The index is the one that pip is configured for, else pip's own default.
"""

from __future__ import annotations

import argparse
import datetime
import sys

from check_facts import FACTS, configured_index, table
from package_index import Index
from packaging.utils import canonicalize_name
from release_pythons import python_ranges

COLUMNS = ("name", "from", "last", "pythons", "source", "verified_on", "confidence")
SOURCE = "package index: Requires-Python"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="a package to add")
    parser.add_argument("--index-url", default=None, help="the index (default: pip's)")
    given = parser.parse_args(arguments)
    index, today = Index(given.index_url or configured_index()), datetime.date.today().isoformat()
    rows: dict[str, list[tuple[str, ...]]] = {}
    for row in table("requires_python"):
        rows.setdefault(row["name"], []).append(tuple(row[column] for column in COLUMNS))
    for name in dict.fromkeys((*rows, *(str(canonicalize_name(name)) for name in given.names))):
        found = python_ranges(index, name)
        if found:
            rows[name] = [(name, *one, SOURCE, today, "verified") for one in found]
        else:
            print(f"the index has nothing of {name}", file=sys.stderr)
    lines = [",".join(row) for name in sorted(rows) for row in rows[name]]
    (FACTS / "requires_python.csv").write_text("\n".join([",".join(COLUMNS), *lines]) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
