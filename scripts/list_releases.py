#!/usr/bin/env python3
"""List the releases that a package index has: `scripts/list_releases.py [NAME ...]` writes index_releases.csv anew.

Asked for are the names that the table has, and those that are given besides. A name of which the index has nothing
keeps its row. The index is the one that pip is configured for, else pip's own default.
"""

from __future__ import annotations

import argparse
import datetime
import sys

from check_facts import FACTS, configured_index, table
from package_index import Index, linux_releases
from packaging.utils import canonicalize_name

COLUMNS = ("name", "releases", "source", "verified_on", "confidence")
SOURCE = "package index: files of each release for Linux on x86-64"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="a package to add")
    parser.add_argument("--index-url", default=None, help="the index (default: pip's)")
    given = parser.parse_args(arguments)
    index, today = Index(given.index_url or configured_index()), datetime.date.today().isoformat()
    rows = {row["name"]: ",".join(row[column] for column in COLUMNS) for row in table("index_releases")}
    for name in dict.fromkeys((*rows, *map(canonicalize_name, given.names))):
        releases = linux_releases(index, name)
        if releases:
            rows[name] = ",".join((name, releases, SOURCE, today, "verified"))
        else:
            print(f"the index has nothing of {name}", file=sys.stderr)
    lines = [",".join(COLUMNS), *(rows[name] for name in sorted(rows))]
    (FACTS / "index_releases.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
