"""Packages that bring torch, and packages that are of use with CUDA only."""

from __future__ import annotations

import functools
import re

from wxlint.core.patterns import late
from wxlint.facts.accelerated import AFTER_ALL, holds_newest, upper_bound
from wxlint.facts.tables import Globs, index, normalise, numbers, release_key, row_of, rows_of, table, trimmed
from wxlint.facts.torch_releases import FAMILY

_GITHUB = late(r"github\.com[/:]([\w.-]+)/([\w.-]+?)(?:\.git)?(?:[@#/?]|$)", re.I)
_UNBOUND = late(r"([\w.-]+)(?:\[([\w,.-]*)\])?(?:>=?[\w.]+)?")
"""A requirement that leaves its newest release: `docling-slim[standard]`, `optimum>=1.8`."""
_LONGEST_WAY = 6
_MAIN = late(r"(?:main|master|HEAD)(?:[#?]|$)")


@functools.lru_cache(maxsize=4096)
def brings_torch(name: str, version: str | None = None, extras: tuple[str, ...] = ()) -> dict[str, str] | None:
    """The row of a distribution that requires torch on Linux, without any extra or with one of these; or None.

    version: an exact one, where it is pinned. `through` names the requirement that leads to torch. `since`: the
    earliest release looked at from which all require it. `before`: the first release looked at that no longer does.
    """
    name = normalise(name)
    for asked in (name, *(f"{name}[{normalise(extra)}]" for extra in extras)):
        row = row_of("implicit_torch", asked)
        if row is not None and _requires(row, version):
            return row
    return None


def brings_torch_alone(name: str) -> bool:
    """Whether a distribution that requires torch is known to bring neither torchvision nor torchaudio along."""
    return row_of("torch_alone", normalise(name)) is not None


def may_begin_torch(beginning: str) -> bool:
    """Whether a name that begins like this may be torch, a companion of it, or a distribution that requires it."""
    beginning = normalise(beginning)
    return "torch".startswith(beginning) or any(
        name.startswith(beginning)
        for name in ("torchvision", "torchaudio", *(row["name"] for row in table("implicit_torch")))
    )


@functools.lru_cache(maxsize=1024)
def may_bring_torch(name: str) -> bool:
    """Whether a distribution that no table has may require torch for all that its name says: it is named after torch,
    or after one that requires it (ultralytics-opencv-headless)."""
    name = normalise(name)
    first, _, rest = name.partition("-")
    if name in FAMILY or ("torch" not in name and not (rest and row_of("implicit_torch", first))):
        return False
    known = ("implicit_torch", "without_torch", "builds_against_torch", "accelerated")
    return not any(row_of(each, name) for each in known) and _other("pip", name, ()) is None


@functools.lru_cache(maxsize=1024)
def torch_needed(name: str, version: str | None, extras: tuple[str, ...] = ()) -> str | None:
    """The specifier that a release of a distribution sets for torch ("~=2.8.0", "" for any), or None where it is not
    known.

    version: None for the newest. Where the tables know one release only, that says nothing of another.
    """
    name = normalise(name)
    listed = rows_of("torch_needs", name)
    fitting = [row for row in listed if version is None or release_key(row["from"]) <= release_key(version)]
    if listed and version is not None:
        return max(fitting, key=lambda row: release_key(row["from"]))["needs"] if fitting else None
    if version is None:
        way = _way_to_torch(name, extras)
        needed = _asked_of_torch(way[-1]) if way and way[-1]["through"] == "torch" else None
        return needed if len(way) == 1 else needed or None  # another on the way may ask for more than "any"
    row = _bringing(name, extras)
    known = row is not None and row["through"] == "torch" and version == row["seen_in"]
    return _asked_of_torch(row) if row is not None and known else None


def _asked_of_torch(row: dict[str, str]) -> str:
    return row["requires"].partition(";")[0].strip()[len("torch") :].strip()


def _bringing(name: str, extras: tuple[str, ...]) -> dict[str, str] | None:
    asked = (name, *(f"{name}[{normalise(extra)}]" for extra in extras))
    return next((row for one in asked if (row := row_of("implicit_torch", one)) is not None), None)


def _way_to_torch(name: str, extras: tuple[str, ...] = ()) -> list[dict[str, str]]:
    """The rows that lead from the newest release of a distribution to torch, by way of its own parts (docling,
    docling-slim); they end before torch where the next is another project, which may be there in an older release, or
    need not be the newest."""
    found: list[dict[str, str]] = []
    while len(found) < _LONGEST_WAY and (row := _bringing(normalise(name), extras)) is not None and row["seen_in"]:
        found.append(row)
        through = _UNBOUND.fullmatch(row["requires"]) if row["through"] != "torch" else None
        if through is None or through[1].partition("-")[0] != row["name"].partition("-")[0]:
            break
        name, extras = through[1], tuple(through[2].split(",")) if through[2] else ()
    return found


@functools.lru_cache(maxsize=1024)
def torch_needed_within(name: str, specifier: str) -> str | None:
    """What the newest release of a distribution below an upper bound asks of torch; None where there is no such bound,
    or that is not known."""
    limit, included = upper_bound(specifier)
    ends = [clause for clause in specifier.split(",") if clause.lstrip()[:1] in "<=~"]
    if limit == AFTER_ALL or ("post" in specifier and (len(ends) > 1 or "<" not in ends[0])):
        return None
    post = release_key(ends[0])[1]
    last = (limit, post if included else post - 1)
    keys = {release_key(row["from"]): row for row in rows_of("torch_needs", normalise(name))}
    fitting = [key for key in keys if (trimmed(key[0]), key[1]) <= last]
    return keys[max(fitting)]["needs"] if fitting else None


def cuda_torch_needed(name: str, version: str | None) -> str:
    """The specifier that a release of a distribution leaves for CUDA builds of torch by the triton that both ask for;
    "" where it leaves any. version: None for the newest."""
    rows = rows_of("cuda_torch_needs", normalise(name))
    fitting = [row for row in rows if version is None or release_key(row["from"]) <= release_key(version)]
    return max(fitting, key=lambda row: release_key(row["from"]))["needs"] if fitting else ""


def built_for_torch(name: str, version: str) -> str:
    """The torch that a release is built for, of a distribution whose metadata does not say it: one line ("2.9"), or one
    and all that follow it (">=2.11"); "" for none that is known."""
    key = release_key(version)
    rows = rows_of("built_for_torch", normalise(name))
    return next((r["torch"] for r in rows if release_key(r["from"]) <= key < release_key(r["before"])), "")


def newest_built_for(name: str, python: str = "") -> str:
    """The torch that the newest release of a distribution is built for, as `built_for_torch` says it: for a Python
    ("3.11"), or of those for any that is read of where it is not known; "" for a distribution that is not listed."""
    known = release_key(python) if python else ()
    listed = rows_of("built_for_torch", normalise(name))
    rows = [row for row in listed if not row["python_min"] or known >= release_key(row["python_min"])]
    return max(rows, key=lambda row: release_key(row["from"]))["torch"] if rows else ""


def last_built_for(name: str) -> str:
    """The torch of the last release of a distribution that has ended; "" for one that goes on, or is not listed."""
    rows = rows_of("built_for_torch", normalise(name))
    last = max(rows, key=lambda row: release_key(row["from"]))["torch"] if rows else ""
    return "" if ">=" in last else last


@functools.lru_cache(maxsize=256)
def torch_needed_since(name: str, version: str) -> tuple[str, ...]:
    """What the releases of a distribution from a version on ask of torch, oldest first; empty where that is not
    known."""
    name = normalise(name)
    listed = sorted((release_key(row["from"]), row["needs"]) for row in rows_of("torch_needs", name))
    before = [place for place, (first, _) in enumerate(listed) if first <= release_key(version)]
    return tuple(needs for _, needs in listed[before[-1] :]) if before else ()


@functools.lru_cache(maxsize=256)
def is_for_one_torch(name: str) -> bool:
    """Whether most releases of a distribution are for one release of torch each, whatever the newest asks for."""
    needs = [row["needs"] for row in rows_of("torch_needs", normalise(name))]
    return 2 * sum("==" in need for need in needs) > len(needs)


def newest_needs_python(name: str) -> str:
    """The oldest Python ("3.10") that the newest release of a distribution is for, whose requirement of torch the
    tables have, and that of each by way of which it asks for torch; "" where one is not known."""
    found: list[str] = []
    for brings in _way_to_torch(name):
        row = row_of("newest_pythons", brings["name"].partition("[")[0])
        if row is None or row["release"] != brings["seen_in"]:
            return ""
        found.append(row["python_min"])
    return max(found, key=numbers, default="")


def bootstrap(name: str) -> dict[str, str]:
    """Return the row of a script that always brings the newest release: what that release needs. Raises KeyError for
    an unknown one."""
    return index("bootstraps", "name")[name]


@functools.lru_cache(maxsize=256)
def git_project(url: str) -> dict[str, str] | None:
    """The row of a project in git, or None where nothing is known of it, or not of the commit that is named.

    `needs`: the lower bound that it sets for torch ("" for none). `beside`: the companions of torch that it asks for.

    Args:
        url: of the requirement, as pip takes it (`git+https://github.com/huggingface/accelerate@main`).
    """
    match = _GITHUB.search(url)
    if match is None:
        return None
    owner, name = match[1].lower(), match[2].lower()
    row = row_of("git_projects", f"{owner}/{name}") or row_of("git_projects", f"*/{name}")
    of_a_commit = match[0].endswith("@") and _MAIN.match(url, match.end()) is None
    return None if row is not None and of_a_commit and row["commits"] == "main" else row


@functools.lru_cache(maxsize=1024)
def builds_against_torch(name: str, url: str | None = None) -> bool:
    """Whether an index has no wheel of a distribution and its setup.py imports torch, which it does not ask for.

    Args:
        url: of a requirement that names a project in git, which counts then.
    """
    if url is None:
        return bool(name) and row_of("builds_against_torch", normalise(name)) is not None
    match = _GITHUB.search(url)
    project = f"{match[1]}/{match[2]}".lower() if match is not None else None
    return any(row["project"] == project for row in table("builds_against_torch"))


@functools.lru_cache(maxsize=4096)
def builds_with_pkg_resources(name: str, specifier: str, url: str | None = None) -> bool:
    """Whether the newest release of a distribution that a specifier allows is built by a setup.py that imports
    pkg_resources, which it does not ask for, and has no wheel.

    Args:
        url: of a requirement that names a project in git, whose tag counts then.
    """
    if url is not None:
        match = _GITHUB.search(url)
        tag = re.search(r"@v?(\d[\d.]*)(?:#|$)", url)
        if match is None or tag is None:
            return False
        project, specifier = f"{match[1]}/{match[2]}".lower(), f"=={tag[1]}"
        rows = [row for row in table("builds_with_pkg_resources") if row["project"] == project]
    else:
        rows = list(rows_of("builds_with_pkg_resources", normalise(name)))
    return any(holds_newest(row, *upper_bound(specifier)) for row in rows)


def listed_by_project(url: str, path: str) -> tuple[str, ...] | None:
    """What decides about torch in a list of requirements of a project in git; None where that is not known.

    Args:
        path: of the list, below the project's root.
    """
    row = git_project(url)
    for one in row["lists"].split(" | ") if row is not None else ():
        name, colon, listed = one.partition(": ")
        if colon and name == path:
            return tuple(listed.split())
    return None


def _requires(row: dict[str, str], version: str | None) -> bool:
    """Whether a row of implicit_torch.csv holds for a version."""
    if row["before"] and (version is None or numbers(version) > numbers(row["seen_in"])):
        return False
    return not (row["since"] and version is not None and numbers(version) < numbers(row["since"]))


@functools.lru_cache(maxsize=4096)
def cuda_package(ecosystem: str, name: str, extras: tuple[str, ...] = ()) -> dict[str, str] | None:
    """The row of a package that is of use with CUDA only, or None.

    ecosystem: "pip", "conda" or "apt" (dnf has the same names). name: without version; extras: of a pip requirement.
    """
    name = normalise(name) if ecosystem == "pip" else name.lower()
    for asked in (name, *(f"{name}[{normalise(extra)}]" for extra in extras)):
        row = _package(ecosystem, asked)
        if row:
            return row
    return None


def _package(ecosystem: str, name: str) -> dict[str, str] | None:
    exact, patterns = _package_index("cuda_packages", ecosystem)
    found = [exact[name]] if name in exact else []
    found += [item for item in patterns.of(name) if ("[" in name) == ("[" in item[1]["name"])]
    if not found:
        return None
    row = min(found, key=lambda item: item[0])[1]
    return row if row["cuda"] == "yes" else None


@functools.cache
def _package_index(
    name: str, ecosystem: str
) -> tuple[dict[str, tuple[int, dict[str, str]]], Globs[tuple[int, dict[str, str]]]]:
    rows = [item for item in enumerate(table(name)) if item[1]["ecosystem"] == ecosystem]
    exact = {item[1]["name"]: item for item in rows if "*" not in item[1]["name"]}
    return exact, Globs((item[1]["name"], item) for item in rows if "*" in item[1]["name"])


def accelerator_package(ecosystem: str, name: str, extras: tuple[str, ...] = ()) -> str | None:
    """The accelerator other than CUDA ("rocm", "other") that a package is for, or None. Arguments as of
    `cuda_package`."""
    row = _other(ecosystem, name, extras)
    return row["accelerator"] if row else None


@functools.lru_cache(maxsize=4096)
def brings_own_torch(name: str, extras: tuple[str, ...] = ()) -> bool:
    """Whether a distribution for another accelerator than CUDA goes with a torch that is not the default index's
    newest."""
    row = _other("pip", name, extras)
    return row is not None and row["torch"] == "own"


@functools.lru_cache(maxsize=4096)
def _other(ecosystem: str, name: str, extras: tuple[str, ...]) -> dict[str, str] | None:
    name = normalise(name) if ecosystem == "pip" else name.lower()
    asked = {name, *(f"{name}[{normalise(extra)}]" for extra in extras)}
    exact, patterns = _package_index("other_packages", ecosystem)
    found = [item for one in asked for item in (*patterns.of(one), *([exact[one]] if one in exact else ()))]
    return min(found, key=lambda item: item[0])[1] if found else None
