"""One thing to install, as pip, uv and conda write it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import Enum
from functools import lru_cache

from wxlint.core.findings import Span, Where
from wxlint.core.patterns import late
from wxlint.core.tuples import NamedTuple
from wxlint.core.values import HOLE, Value

_SPEC = late(
    r"\s*([A-Za-z0-9\0](?:[A-Za-z0-9._\0-]*[A-Za-z0-9_\0])?)\s*(\[[^\]]*\])?\s*(?:@\s*(\S+)|(\(?\s*(?:===|==|~=|!=|<=|>=|<|>|=)[^;]*))?\s*(;.*)?"
)
_DOTTED = late(r"\.[\w.-]*\s*(?:===|==|~=|!=|<=|>=)")
"""A name that pip refuses, and no path."""
_WHEEL = late(r"([A-Za-z0-9_.]+)-([A-Za-z0-9_.!+]+?)(?:-\d[^-]*)?-[^-]+-[^-]+-[^-]+\.whl")
_CLAUSES = late(
    r"(?:(?:===\s*[^\s,;()=]+|(?:==|~=(?!\s*\w+(?:\.\*|[^\w.]|$))|!=|<=|>=|<|>)\s*[\w\0](?:[\w.*+!\0-]*[\w*\0])?)\s*(?:,\s*(?!$)|,?\s*$))+"
)
_REFUSED = late(
    r"[A-Za-z0-9][\w.-]*(?:\[[^\]]*\])?\s*(?:"
    r"=(?!=)"  # no operator
    r"|\s[A-Za-z0-9][\w.-]*(?:\s|[=<>!~;,]|$)"  # another name
    r"|(?:(?:[=~!]=|[<>]=?)\s*[\w.*+!-]+\s*,\s*)*(?:[=~!]=|[<>]=?)\s*[\w.*+!-]+\s+[\w+])"  # a blank in a version
)
"""What pip refuses in every version, also those that took any text for a version."""
_FOLDERS = late(r"[\w.-]+(?:/[\w.-]+)*/?(?:\[[\w,. -]*\])?")
"""A project in a folder below the working one, which a slash says."""
_FILLED_LATER = late(r"==\s*(?:\{\{[^{}]+\}\}|@\w+@|<[\w -]+>)")
"""A release that another program puts into a template."""
_EXTRA = late(r"[a-z0-9\0](?:[a-z0-9._\0-]*[a-z0-9\0])?")
_PIN = late(r"={2,3}\s*([0-9][^,;\s*()]*)\s*\)?$")


class Doubt(Enum):
    """Why the index that a distribution is bound to is not known."""

    EXTRA = "it depends on an extra that is not known"
    SEVERAL = "several indexes are named for it"
    MARKER = "it depends on a marker that is not known"
    UNDECLARED = "the index that is named for it is declared nowhere in its file"


class Bound(NamedTuple):
    """The one index that a distribution is bound to ([tool.uv.sources], poetry's `source`); url "" where there is
    a doubt which, and the index's name where that is undeclared."""

    url: str
    doubt: Doubt | None = None

    def shown(self) -> str:
        return self.url if self.doubt is None else self.doubt.value


class Requirement(NamedTuple):
    """name: normalised (PEP 503), "" when unknown. extras: as written, lower case. specifier: as written, spaces
    removed.

    pin: the exact version without its local part. local: the local version ("cu121"). url: of a direct reference.
    kind: "name", "url" (a wheel or an archive), "path" (a local project), "vcs", or "unknown".
    bound: the index of this one distribution. build: a conda build string. maybe: its marker may hold or not.
    ignored: an index option behind it on its line of a requirements file, which pip does not look at.
    group: the extra or dependency group of a project that lists it; of a constraint, the part, which is not installed.
    """

    name: str
    extras: tuple[str, ...] = ()
    specifier: str = ""
    pin: str | None = None
    local: str | None = None
    url: str | None = None
    kind: str = "name"
    written: str = ""
    bound: Bound | None = None
    build: str = ""
    where: Where | None = None
    maybe: bool = False
    ignored: str = ""
    group: str = ""

    @property
    def span(self) -> Span | None:
        return self.where() if self.where is not None else None


FOLDER = "folder"
"""The kind of a requirement that is a project in a folder of the repository, which its `url` names."""

_PATTERN_OF_WHEEL = late(r"(torch(?:vision|audio)?)-(\d[\w.]*\+\w[\w.]*)\*[\w.*-]*\.whl")
"""A pattern that leaves open which Python's wheel it is, and no more: `torch-2.6.0+rocm6.4.2*.whl`."""


def normalise(name: str) -> str:
    """PEP 503."""
    return re.sub(r"[-_.]+", "-", name).lower()


def parse_requirement(value: Value, where: Where | None) -> Requirement:
    """Read one argument of an install command or one line of a requirements file."""
    found = _parsed(value)
    return found if where is None else found._replace(where=where)


@lru_cache(maxsize=4096)
def _parsed(value: Value) -> Requirement:
    text = " ".join(value.text.split())
    written = value.shown().strip()
    if "://" in text:
        text = text.partition(" ;")[0]
    if text.startswith((".", "/", "~", "file:", "${PWD}")) and not text.endswith(".whl") and not _DOTTED.match(text):
        return Requirement("", kind="path", url=text, written=written)
    if re.match(r"(git|hg|svn|bzr)\+", text):
        return _from_address(text, written)
    if "://" in text.partition(" ")[0] and "@" not in text.partition("://")[0]:
        return _from_file_name(text, text, written)
    match = _SPEC.fullmatch(text)
    if match is None and " " in text:
        return Requirement("", kind="unknown", written=written)
    if text.endswith((".whl", ".tar.gz", ".zip")) and not (match and match[3]):
        return _from_file_name(text, text, written)
    if not match and "/" in text and _FOLDERS.fullmatch(text):
        return Requirement("", kind="path", url=text, written=written)
    if not match or HOLE in match[1]:
        return Requirement("", kind="unknown", written=written)
    name = normalise(match[1])
    extras = tuple(e.strip().lower() for e in match[2][1:-1].split(",") if e.strip()) if match[2] else ()
    if match[3]:
        if re.match(r"(git|hg|svn|bzr)\+", match[3]):
            return Requirement(name, extras, kind="vcs", url=match[3], written=written)
        inner = _from_file_name(match[3], match[3], written)
        return inner._replace(name=name, extras=extras)
    clauses = _clauses(match[4] or "")
    if (clauses and not _CLAUSES.fullmatch(clauses)) or not all(map(_EXTRA.fullmatch, extras)):
        return Requirement("", kind="unknown", written=written)
    specifier = re.sub(r"\s+", "", clauses).rstrip(",")
    pin, local = None, None
    exact = _PIN.fullmatch(specifier)
    if exact and HOLE not in exact[1]:
        pin, _, local_text = exact[1].partition("+")
        local = local_text or None
    elif HOLE in specifier and "+" in specifier and HOLE not in specifier.partition("+")[2]:
        local = specifier.partition("+")[2]
    return Requirement(name, extras, specifier, pin, local, written=written)


def is_refused(value: Value) -> bool:
    """Whether a line of a list is no requirement to any pip, which then installs nothing of the list."""
    return not value.holes and "/" not in value.text and _REFUSED.match(value.text.strip()) is not None


def marker_of(text: str) -> str:
    """The marker of a requirement, "" when it has none. An address may hold `;`: only one beside a blank ends it."""
    mark = ";" if "://" not in text else " ;" if " ;" in text else "; "
    return text.partition(mark)[2].strip()


def conda_requirement(value: Value, where: Where | None) -> Requirement:
    """`channel::name=version=build`, with conda's single `=`."""
    text = re.sub(r"\[.*\]$", "", value.text.strip().strip("\"'").rpartition("::")[2])
    match = re.match(r"([A-Za-z0-9_.\0-]+)\s*(.*)", text)
    if not match or HOLE in match[1]:
        return Requirement("", kind="unknown", where=where, written=value.shown())
    rest = match[2].strip()
    exact = re.fullmatch(r"={1,2}\s*([^=<>!,|*\s]+?)(?:\.\*|\*)?(?:[=\s]+(\S+))?", rest)
    version = exact[1] if exact else ""
    build = exact[2] or "" if exact else (re.fullmatch(r"=\*?=(\S+)", rest) or ["", ""])[1]
    pin = version if version and HOLE not in version else None
    return Requirement(match[1].lower(), (), rest, pin, written=value.shown(), build=build, where=where)


def _clauses(text: str) -> str:
    """What is said of a release, without parentheses; a mark that another program fills in is an unknown one."""
    text = text.strip()
    if text.startswith("(") and text.endswith(")"):
        text = text[1:-1].strip()
    return f"=={HOLE}" if _FILLED_LATER.fullmatch(text) else text


def _from_address(text: str, written: str) -> Requirement:
    """The project at an address of a version control, called as its fragment says, or as the repository is."""
    egg = re.search(r"#(?:.*&)?egg=([\w.-]+)", text)
    path = re.split(r"[@#?]", text.split("://")[-1].rstrip("/"))[0]
    name = egg[1] if egg else re.sub(r"\.git$", "", path.rpartition("/")[2])
    return Requirement(normalise(name) if HOLE not in name else "", kind="vcs", url=text, written=written)


def _from_file_name(url: str, text: str, written: str) -> Requirement:
    decoded = text.partition("#")[0].partition("?")[0].replace("%2B", "+").replace("%2b", "+")
    match = _WHEEL.fullmatch(decoded.rpartition("/")[2])
    kind = "url" if "://" in url or match else "path"
    match = match or _PATTERN_OF_WHEEL.fullmatch(decoded.rpartition("/")[2])
    if not match:
        return Requirement("", kind=kind, url=url, written=written)
    kind = "url"
    pin, _, local = match[2].partition("+")
    return Requirement(normalise(match[1]), (), f"=={match[2]}", pin, local or None, url, "url", written)


def repeated(requirements: Iterable[Requirement]) -> dict[str, str]:
    """Return the names that are there more than once, each with all that is said of its releases."""
    found: dict[str, list[str]] = {}
    for requirement in requirements:
        if requirement.name:
            found.setdefault(requirement.name, []).append(requirement.specifier)
    return {name: ",".join(filter(None, said)) for name, said in found.items() if len(said) > 1}
