#!/usr/bin/env python3
"""Check what the tables say against a package index, and say what has changed since: `scripts/check_facts.py`.

Only what an index can confirm is looked up, for the names that the tables have and no others: which releases exist, for
which Pythons they have wheels, and what their metadata requires. Nothing is downloaded but metadata, one request after
the other. The index is the one that pip is configured for, else pip's own default.

Exit code 0: nothing contradicts the tables; 1: something does; 2: the index gave nothing.
"""

from __future__ import annotations

import argparse
import csv
import datetime
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from package_index import WHEEL, Index, installable, is_compiled, is_linux, linux_releases, pythons_of
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version
from release_needs import Need, contradicted
from release_pythons import python_ranges

FACTS = Path(__file__).resolve().parents[1] / "wxlint" / "facts"


class Found(NamedTuple):
    """One answer.

    table, key: the row, and what of it, behind the row's own words. wrong: what the index says instead, "" where it
    says the same. open: the index says nothing of it.
    """

    table: str
    key: str
    wrong: str = ""
    open: bool = False


def table(name: str) -> list[dict[str, str]]:
    with open(FACTS / f"{name}.csv", encoding="utf-8") as file:
        return list(csv.DictReader(file))


# -- what is checked


def torch_releases(index: Index) -> Iterator[Found]:
    """The Pythons, the CUDA and the cuDNN of torch's plain wheels; releases that the table lacks."""
    rows = {row["version"]: row for row in table("torch")}
    for version, row in rows.items():
        files = index.files("torch").get(Version(version), [])
        pythons = sorted({p for file in files for p in _pythons(file["filename"])})
        if not files or row["confidence"] != "verified":
            continue
        wrong = []
        if pythons and (row["python_min"], row["python_max"]) != (_short(pythons[0]), _short(pythons[-1])):
            wrong.append(f"wheels for Python {_short(pythons[0])} to {_short(pythons[-1])}")
        listed = index.requires("torch", version)
        wrong += _cuda_of({r.name: r for r in listed or ()}, row)
        yield Found("torch", version, "; ".join(wrong), listed is None and not wrong)
    newest = max(map(Version, rows))
    for release in index.releases("torch"):
        if release > newest:
            yield Found("torch", str(release), "the table does not have this release")


def _pythons(filename: str) -> list[tuple[int, int]]:
    match = WHEEL.search(filename)
    if match is None or not is_linux(filename, "x86_64") or not match["python"].startswith("cp3"):
        return []
    return [] if match["abi"].endswith("t") else [(int(match["python"][2]), int(match["python"][3:]))]


def _short(python: tuple[int, int]) -> str:
    return f"{python[0]}.{python[1]}"


def _cuda_of(required: dict[str, Requirement], row: dict[str, str]) -> list[str]:
    """What NVIDIA's wheels that torch requires say against a row."""
    wrong = []
    for name, requirement in required.items():
        pin = next((s.version for s in requirement.specifier if s.operator == "=="), "")
        if re.fullmatch(r"nvidia-cudnn-cu\d+", name) and pin and row["plain_cudnn"]:
            if not pin.startswith(row["plain_cudnn"]):
                wrong.append(f"requires {name}=={pin}")
        if re.fullmatch(r"nvidia-cuda-runtime(-cu\d+)?|cuda-toolkit", name) and pin and row["plain_cuda"]:
            if not pin.startswith(row["plain_cuda"]):
                wrong.append(f"requires {name}=={pin}")
    return wrong


def companions(index: Index) -> Iterator[Found]:
    """The releases of torchvision and torchaudio that ask for each torch."""
    for name in ("torchvision", "torchaudio"):
        wanted: dict[str, set[str]] = {}
        for release in index.releases(name):
            needs = next((r for r in index.requires(name, str(release)) or () if r.name == "torch"), None)
            pin = next((s.version for s in needs.specifier if s.operator == "=="), "") if needs is not None else ""
            if pin:
                wanted.setdefault(pin, set()).add(str(release))
        for row in table("torch"):
            listed = set(row[name].split())
            missing = wanted.get(row["version"], set()) - listed
            if row["version"] in wanted:
                text = f"{name} {', '.join(sorted(missing))} asks for it too" if missing else ""
                yield Found("torch", f"{row['version']} {name}", text)


def torch_needs(index: Index) -> Iterator[Found]:
    """What releases require of torch, those of the rows and the newest."""
    rows: dict[str, list[dict[str, str]]] = {}
    for row in table("torch_needs"):
        rows.setdefault(row["name"], []).append(row)
    for name, listed in rows.items():
        for row in listed:
            yield _needs(index, name, row["from"], row["needs"])
        last = next(reversed(index.releases(name)), None)
        if last is not None and str(last) != listed[-1]["from"]:
            found = _needs(index, name, str(last), listed[-1]["needs"])
            yield found._replace(key=f"{found.key} (the newest)")


def _needs(index: Index, name: str, version: str, needs: str) -> Found:
    required = index.requires(name, version)
    key = f"{name} {version}"
    if required is None:
        return Found("torch_needs", key, open=True)
    torch = [r for r in required if r.name == "torch" and _always(r)]
    said = {str(r.specifier) for r in torch}
    same = any(r.specifier == SpecifierSet(needs.replace(" ", ",")) for r in torch) or (not torch and not needs)
    return Found("torch_needs", key, "" if same else f"requires torch {' or '.join(sorted(said)) or 'not at all'}")


def _always(requirement: Requirement, extra: str = "") -> bool:
    """Whether a requirement holds on Linux, with an extra or with none."""
    environment = {"extra": extra, "sys_platform": "linux", "platform_system": "Linux", "platform_machine": "x86_64"}
    return requirement.marker is None or requirement.marker.evaluate(environment)


def carriers(index: Index) -> Iterator[Found]:
    """What carriers bring: at the release where a row begins, and at the newest where it has no end."""
    for row in table("carriers"):
        newest = next(reversed(index.releases(row["name"])), None)
        for version in (row["from"], *([str(newest)] if newest is not None and not row["before"] else [])):
            required = index.requires(row["name"], version)
            key = f"{row['name']} {version} {row['brings']} [{row['extra']}]"
            if required is None:
                yield Found("carriers", key, open=True)
                continue
            brought = [r for r in required if canonicalize_name(r.name) == row["brings"] and _always(r, row["extra"])]
            wanted = SpecifierSet(row["requires"].replace(" ", ","))
            said = " or ".join(sorted(str(r.specifier) or "any" for r in brought))
            same = any(_above(r.specifier) == _above(wanted) for r in brought)
            yield Found("carriers", key, "" if same else f"requires {said}" if said else "does not require it")


def _above(specifier: SpecifierSet) -> set[str]:
    """What bounds a range from above: that decides which release comes, where the newest is taken."""
    return {str(one) for one in specifier if one.operator not in (">=", ">", "!=")}


def builds(index: Index) -> Iterator[Found]:
    """The CUDA and cuDNN that onnxruntime-gpu's extras name, and the oldest Python of each first release."""
    for row in table("accelerated_builds"):
        files = index.files(row["name"])
        release = next((v for v in sorted(files) if v >= Version(row["from"])), None)
        if release is None:
            yield Found("accelerated_builds", f"{row['name']} {row['from']}", "no such release")
            continue
        wrong = []
        listed = index.requires(row["name"], str(release))
        for requirement in listed or ():
            match = re.fullmatch(r"nvidia-cudnn-cu(\d+)", requirement.name)
            pin = next((s.version for s in requirement.specifier if s.operator in ("~=", "==")), "")
            if match and match[1] != row["cuda"].split(".")[0]:
                wrong.append(f"an extra requires {requirement.name}")
            if match and pin and pin.split(".")[0] != row["cudnn"]:
                wrong.append(f"an extra requires {requirement}")
        silent = not any(r.name.startswith("nvidia-cudnn") for r in listed or ())  # as releases before such extras are
        yield Found("accelerated_builds", f"{row['name']} {row['from']}", "; ".join(wrong), silent)


def names(index: Index) -> Iterator[Found]:
    """That the packages of accelerated.csv are there, under the names that they have in it."""
    for row in table("accelerated"):
        if "*" not in row["name"] and "not on the package index" not in row["note"]:
            missing = not index.files(row["name"])
            yield Found("accelerated", row["name"], "the index has no such package" if missing else "")


def sources_only(index: Index) -> Iterator[Found]:
    """That the packages of builds_against_torch.csv still have no wheel, so that they are compiled."""
    for row in table("builds_against_torch"):
        if row["name"]:
            files = index.files(row["name"])
            newest = [file["filename"] for file in files[max(files)]] if files else []
            wrong = "the newest release has wheels" if any(name.endswith(".whl") for name in newest) else ""
            yield Found("builds_against_torch", row["name"], wrong, not newest)


def wheel_pythons(index: Index) -> Iterator[Found]:
    """The releases that can be installed, for each Python: all of a row is derived."""
    for row in table("wheel_pythons"):
        derived = installable(index, row["name"], refused(row["name"]))
        if derived is None:
            yield Found("wheel_pythons", row["name"], open=True)
            continue
        wrong = [f"{column} {text}" for column, text in derived.items() if row[column] != text]
        yield Found("wheel_pythons", row["name"], "; ".join(wrong))


def index_releases(index: Index) -> Iterator[Found]:
    """The releases that there are at all: all of a row is derived (`scripts/list_releases.py` writes them anew)."""
    for row in table("index_releases"):
        there, known = linux_releases(index, row["name"]).split(), row["releases"].split()
        new, gone = [v for v in there if v not in known], [v for v in known if v not in there]
        wrong = [f"has {' '.join(new)} too"] if new else []
        wrong += [f"no longer has {' '.join(gone)}"] if gone else []
        yield Found("index_releases", row["name"], "; ".join(wrong) if there else "", not there)


def newest_pythons(index: Index) -> Iterator[Found]:
    """The newest release, and the oldest Python that it is for."""
    for row in table("newest_pythons"):
        releases = index.releases(row["name"])
        if not releases:
            yield Found("newest_pythons", row["name"], open=True)
            continue
        minors = pythons_of(index.files(row["name"])[releases[-1]])
        wrong = [] if row["release"] == str(releases[-1]) else [f"newest {releases[-1]}"]
        if minors and row["python_min"] != f"3.{min(minors)}":
            wrong.append(f"for Python 3.{min(minors)} and later")
        yield Found("newest_pythons", row["name"], "; ".join(wrong), not minors)


def numpy_2(index: Index) -> Iterator[Found]:
    """The newest release, and that it asks for NumPy 2 from a version of Python on."""
    for row in table("numpy_2"):
        newest = next(reversed(index.releases(row["name"])), None)
        required = index.requires(row["name"], str(newest)) if newest is not None else None
        if required is None:
            yield Found("numpy_2", row["name"], open=True)
            continue
        python = {"python_version": row["python_min"], "python_full_version": f"{row['python_min']}.0", "extra": ""}
        asked = [r for r in required if r.name == "numpy" and (r.marker is None or r.marker.evaluate(python))]
        wrong = [] if row["release"] == str(newest) else [f"newest {newest}"]
        if not asked or any(one.specifier.contains("1.26.4") for one in asked):
            wrong.append("it takes NumPy 1")
        yield Found("numpy_2", row["name"], "; ".join(wrong))


def refused(name: str) -> set[str]:
    """The releases of a package that nobody can install."""
    return {row["from"] for row in table("index_names") if row["name"] == name and row["gives"] == "refuses"}


def index_names(index: Index) -> Iterator[Found]:
    """That names which are gone are still gone, and that what is left under them is the newest of it."""
    for row in table("index_names"):
        files = index.files(row["name"])
        releases = sorted(files)
        wrong = ""
        if row["gives"] == "nothing":
            wrong = "there is a project of this name" if releases else ""
        elif not releases or str(releases[-1]) != row["from"]:
            wrong = f"the newest is {releases[-1]}" if releases else "the index has no such package"
        elif any(is_compiled(file["filename"]) for file in files[releases[-1]]):
            wrong = "it has wheels"
        yield Found("index_names", f"{row['name']} {row['from']}".strip(), wrong)


def extras(index: Index) -> Iterator[Found]:
    """That an extra is there where a row begins, is gone where it ends, and still asks for what it is said to."""
    for row in table("extras"):
        key = f"{row['name']} {row['from']} [{row['extra']}]"
        asked = _of_extra(index, row["name"], row["from"], row["extra"])
        if asked is None or row["confidence"] != "verified":
            yield Found("extras", key, open=True)
            continue
        wrong = [] if asked else ["no such extra"]
        elsewhere = any("+" in str(requirement.specifier) for requirement in asked)
        if asked and elsewhere != (row["links"] != ""):
            wrong.append("asks for a local version" if elsewhere else "asks for no local version")
        later = {
            other["from"] for other in table("extras") if (other["name"], other["extra"]) == (row["name"], row["extra"])
        }
        if row["before"] and row["before"] not in later and _of_extra(index, row["name"], row["before"], row["extra"]):
            wrong.append(f"{row['before']} has it, too")
        yield Found("extras", key, "; ".join(wrong))


def _of_extra(index: Index, name: str, version: str, extra: str) -> list[Requirement] | None:
    """What a release requires with an extra and not without; None where the index does not say it."""
    required = index.requires(name, version)
    if required is None:
        return None
    return [r for r in required if r.marker is not None and not _always(r) and _always(r, extra)]


def package_needs(index: Index) -> Iterator[Found]:
    """What releases need of others, by the first and the last of each row (`scripts/list_needs.py` looks at all)."""
    for row in table("package_needs"):
        need = Need(row["from"], row["last"], row["needs"].replace(" ", ","))
        said = list(contradicted(index, row["name"], need))
        wrong = "; ".join(filter(None, said))
        yield Found("package_needs", f"{row['name']} {row['from']} {row['needs']}", wrong, None in said and not wrong)


def requires_python(index: Index) -> Iterator[Found]:
    """For which Pythons releases are: all of a row is derived (`scripts/list_pythons.py` writes them anew)."""
    for row in table("requires_python"):
        there = python_ranges(index, row["name"])
        said = (row["from"], row["last"], row["pythons"])
        fits = [one for one in there if one.first == said[0]]
        wrong = "" if said in there or not there else f"has {' '.join(fits[0][1:])}" if fits else "no row begins here"
        yield Found("requires_python", f"{row['name']} {row['from']}", wrong, not there)


CHECKS = {
    check.__name__: check
    for check in (
        torch_releases,
        companions,
        torch_needs,
        carriers,
        builds,
        names,
        sources_only,
        wheel_pythons,
        index_releases,
        newest_pythons,
        numpy_2,
        index_names,
        extras,
        package_needs,
        requires_python,
    )
}


# -- the run


def configured_index() -> str:
    """The index that pip is configured for, else pip's own default."""
    if os.environ.get("PIP_INDEX_URL"):
        return os.environ["PIP_INDEX_URL"]
    said = subprocess.run(
        [sys.executable, "-m", "pip", "config", "get", "global.index-url"], capture_output=True, text=True
    )
    if said.returncode == 0 and said.stdout.strip():
        return said.stdout.strip()
    from pip._internal.models.index import PyPI

    return str(PyPI.simple_url)


def confirm(found: list[Found], today: str) -> int:
    """Put the day of the run into the rows of which the index confirmed all that was asked; the number of rows."""
    changed = 0
    partly = {"accelerated", "builds_against_torch"}  # of which not all is looked up
    for name in sorted({one.table for one in found} - partly):
        path = FACTS / f"{name}.csv"
        lines = path.read_text(encoding="utf-8").splitlines()
        for place, row in enumerate(table(name), start=1):
            own = " ".join(row[column] for column in ("name", "version", "from") if row.get(column))
            said = [one for one in found if one.table == name and f"{one.key} ".startswith(f"{own} ")]
            if said and not any(one.wrong or one.open for one in said) and row["source"].startswith("package index"):
                new = lines[place].replace(f",{row['verified_on']},", f",{today},")
                changed += new != lines[place]
                lines[place] = new
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return changed


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--index-url", default=None, help="the index (default: pip's)")
    parser.add_argument("--only", choices=sorted(CHECKS), action="append", help="one check; may be repeated")
    parser.add_argument("--write", action="store_true", help="put today's date into the rows that are confirmed")
    given = parser.parse_args(arguments)
    index = Index(given.index_url or configured_index())
    found: list[Found] = []
    try:
        for name in given.only or CHECKS:
            found += CHECKS[name](index)
    except (OSError, ValueError) as error:
        print(f"the index cannot be read: {error}", file=sys.stderr)
        return 2
    for one in found:
        if one.wrong:
            print(f"{one.table}.csv: {one.key}: {one.wrong}")
    wrong, silent = sum(bool(one.wrong) for one in found), sum(one.open for one in found)
    print(
        f"{len(found)} facts: {len(found) - wrong - silent} confirmed, {wrong} otherwise in the index, "
        f"{silent} of which it says nothing; {index.requests} requests"
    )
    if given.write:
        print(f"{confirm(found, datetime.date.today().isoformat())} rows have today's date")
    return 1 if wrong else 0 if found else 2


if __name__ == "__main__":
    sys.exit(main())
