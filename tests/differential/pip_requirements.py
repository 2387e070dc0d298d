"""Requirements files as pip's own parser reads them, against what wxlint reads.

    python -m tests.differential.pip_requirements --cases 10000 --seed 1 [--pip FOLDER] [--show 5]

A case is a folder of requirements and constraints files that name each other. Compared are the requirements and
constraints in order,
whether their markers hold, the indexes, the folders of wheels and `--no-index`. `wrong` is what the two see
differently; `unknown` what
wxlint leaves open; `refused` what pip refuses, which wxlint has to leave unread. FOLDER: an unpacked wheel of another
pip.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import random
import sys
import tempfile
import time
from collections import Counter
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from packaging.markers import UndefinedComparison
from packaging.requirements import InvalidRequirement
from packaging.requirements import Requirement as Packaged

from wxlint.core.values import HOLE, Value
from wxlint.documents.source import Source, decode
from wxlint.images.evaluation.files.build_files import Files
from wxlint.images.evaluation.lists.package_lists import PackageLists
from wxlint.images.installs.markers import Environment
from wxlint.images.installs.model import Lines
from wxlint.images.installs.requirement import normalise

DEFAULT = "https://default.example/simple"
VARIABLES = {"TOKEN": "s3cret", "CHANNEL": "cu121", "EMPTY": ""}
PYTHON = "3.11"
MARKERS = {
    "python_version": PYTHON,
    "python_full_version": f"{PYTHON}.7",
    "platform_machine": "x86_64",
    "sys_platform": "linux",
    "platform_system": "Linux",
    "os_name": "posix",
    "implementation_name": "cpython",
    "extra": "",
    "platform_python_implementation": "CPython",
}


class Outcome(NamedTuple):
    """kind: agree, unknown, refused or wrong."""

    kind: str
    pip: Any
    wxlint: Any


# -- random files


class _Maker:
    def __init__(self, rng: random.Random) -> None:
        self.rng = rng

    def chance(self, share: float) -> bool:
        return self.rng.random() < share

    def files(self) -> dict[str, str]:
        names = ["requirements.txt", "inc.txt", "sub/more.txt", "limits.txt"][: self.rng.choice((1, 2, 3, 4))]
        return {name: self.file(name, names[place + 1 :]) for place, name in enumerate(names)}

    def file(self, name: str, others: list[str]) -> str:
        end = self.rng.choice(("\n", "\n", "\n", "\r\n"))
        lines = [self.line(name, others) for _ in range(self.rng.randrange(1, 7))]
        text = end.join(lines) + (end if self.chance(0.8) else "")
        return "\ufeff" + text if self.chance(0.03) else text

    def line(self, name: str, others: list[str]) -> str:
        choice = self.rng.random()
        if choice < 0.06:
            return self.rng.choice(("", "   ", "\t", "# a comment", "  # another \\", "#-r x", "\x0c", "\\", " \\"))
        text = self.requirement() if choice < 0.6 else self.options(name, others)
        if self.chance(0.1):
            text = self.joined(text)
        if self.chance(0.12):
            text += self.rng.choice((" # c", "  #c", "\t# c \\", " #", " # -i https://c.example"))
        return (
            self.rng.choice(("", "", "", " ", "\t")) + text + self.rng.choice(("", "", "", " ", "\t", "\u2028", "\x0b"))
        )

    def joined(self, text: str) -> str:
        """The text broken by a backslash at one of its blanks, or within a word."""
        at = self.rng.randrange(len(text) + 1)
        blank = text.find(" ", at)
        at = blank if blank >= 0 and self.chance(0.7) else at
        return text[:at] + self.rng.choice(("\\\n", " \\\n", "\\\n  ", "\\\\\n", "\\\n\\\n", "\\\n# c\n")) + text[at:]

    def requirement(self) -> str:
        rng = self.rng
        name = rng.choice(("torch", "Torch", "torchvision", "flask", "ruamel.yaml", "a_b", "x" * 3, "numpy"))
        if self.chance(0.1):
            return rng.choice(
                (
                    "./lib",
                    "./lib[gpu]",
                    "git+https://h.example/a/b.git@v1#egg=b",
                    "https://h.example/torch-2.1.0+cu121-cp311-cp311-linux_x86_64.whl",
                    "torch @ https://h.example/torch-2.1.0%2Bcpu-cp311-cp311-linux_x86_64.whl",
                    "wheels/torch-2.1.0-cp311-cp311-linux_x86_64.whl",
                    "???",
                    "torch=2",
                    "torch 2.1",
                    "pkg @ git+https://h.example/p.git",
                    "torch==",
                    ".",
                )
            )
        extras = rng.choice(("", "", "", "[gpu]", "[a,B-c]", " [gpu]", "[]"))
        specifier = rng.choice(
            (
                "",
                "",
                "==2.1.0",
                " == 2.1.0",
                "===2.1.0",
                "==2.1.0+cu121",
                ">=2,<3",
                ">= 2 , < 3",
                "~=2.1",
                "!=2.0",
                "==2.*",
                "(>=2.0)",
                "<=2.1.0",
                "==2.1.0+${CHANNEL}",
                "==${GONE}",
                ">2",
            )
        )
        marker = f"{rng.choice((';', ' ; ', '; '))}{self.marker()}" if self.chance(0.3) else ""
        behind = ""
        if self.chance(0.15):
            behind = rng.choice(
                (
                    " --hash=sha256:" + "a" * 64,
                    " --index-url https://b.example/simple",
                    " --config-settings=k=v",
                    " --extra-index-url=https://b.example",
                    " --pre",
                    " --hash sha256:b --hash=sha256:c",
                    " -i https://b.example",
                    " --bad",
                    " -f wheels",
                )
            )
        return f"{name}{extras}{specifier}{marker}{behind}"

    def marker(self, depth: int = 0) -> str:
        rng = self.rng
        if depth < 2 and self.chance(0.3):
            inner = f" {rng.choice(('and', 'or'))} ".join(self.marker(depth + 1) for _ in range(2))
            return f"({inner})" if self.chance(0.4) else inner
        name = rng.choice(tuple(MARKERS))
        value = {
            "python_version": rng.choice(("3.8", "3.11", "3.12", "3", "3.11.0", "2.7")),
            "python_full_version": rng.choice(("3.11.2", "3.12", "3.8.1")),
            "extra": rng.choice(("gpu", "dev")),
            "platform_machine": rng.choice(("x86_64", "aarch64", "arm64")),
            "sys_platform": rng.choice(("linux", "darwin", "win32")),
        }.get(name, rng.choice(("posix", "nt", "Linux", "Darwin", "cpython", "CPython", "pypy")))
        signs = ("==", "!=", ">=", "<", "<=", ">", "~=") if "version" in name else ("==", "!=")
        sign = rng.choice(signs) if self.chance(0.9) else rng.choice(("in", "not in"))
        if sign == "~=" and value.count(".") < 1:
            sign = ">="
        quote = rng.choice("'\"")
        sides = [name, f"{quote}{value}{quote}"]
        if self.chance(0.1) and sign in ("==", "!="):
            sides.reverse()
        return rng.choice(
            (
                f"{sides[0]} {sign} {sides[1]}",
                f"{sides[0]}{' ' if sign.isalpha() or ' ' in sign else ''}{sign} {sides[1]}",
            )
        )

    def options(self, name: str, others: list[str]) -> str:
        count = self.rng.choice((1, 1, 1, 2, 3))
        return self.rng.choice((" ", " ", "  ")).join(self.option(name, others) for _ in range(count))

    def option(self, name: str, others: list[str]) -> str:
        rng = self.rng
        if self.chance(0.25) and others:
            other = rng.choice(others)
            path = os.path.relpath(other, os.path.dirname(name) or ".")
            return rng.choice(
                (
                    f"-r {path}",
                    f"-r{path}",
                    f"--requirement {path}",
                    f"--requirement={path}",
                    f"-c {path}",
                    f"-c{path}",
                    f"--constraint={path}",
                    f"--req {path}",
                    f"-r '{path}'",
                    f'-r "{path}"',
                )
            )
        url = rng.choice(
            (
                "https://a.example/simple",
                "https://b.example/whl/cpu",
                "https://${TOKEN}@c.example/s",
                "https://${GONE}.example",
                "'https://q.example/x'",
                "https://h.example/a%20b",
            )
        )
        return rng.choice(
            (
                f"-i {url}",
                f"-i{url}",
                f"--index-url {url}",
                f"--index-url={url}",
                f"--pypi-url {url}",
                f"--extra-index-url {url}",
                f"--extra-index-url={url}",
                f"--extra-index {url}",
                f"-f {url}",
                f"--find-links={url}",
                "-f wheels",
                "-fwheels",
                "--no-index",
                "--pre",
                "--prefer-binary",
                "--require-hashes",
                "--trusted-host h.example",
                "--no-binary :all:",
                "--only-binary=torch",
                f"--index {url}",
                "--no-i",
                "--use-feature=fast-deps",
                "-e ./lib",
                "-e ./lib[gpu]",
                "--editable=git+https://h.example/p.git#egg=p",
                "--bad",
                "--index-url",
                "--pre=1",
                "-",
                "stray",
                "--",
                f"-i={url}",
                "-x",
                "'open",
                f"--find {url}",
            )
        )


# -- what each side sees


@lru_cache
def _session() -> Any:
    from pip._internal.network.session import PipSession

    return PipSession()


def _pip(folder: Path) -> Any:
    from pip._internal.exceptions import PipError
    from pip._internal.index.collector import LinkCollector
    from pip._internal.index.package_finder import PackageFinder
    from pip._internal.models.search_scope import SearchScope
    from pip._internal.models.selection_prefs import SelectionPreferences
    from pip._internal.req.req_file import parse_requirements

    session = _session()
    scope = SearchScope.create(find_links=[], index_urls=[DEFAULT], no_index=False)
    finder = PackageFinder.create(
        link_collector=LinkCollector(session=session, search_scope=scope),
        selection_prefs=SelectionPreferences(allow_yanked=False),
    )
    try:
        with contextlib.redirect_stderr(io.StringIO()), contextlib.redirect_stdout(io.StringIO()):
            found = list(parse_requirements(str(folder / "requirements.txt"), session=session, finder=finder))
    except (PipError, UnicodeDecodeError) as error:
        return "missing" if "Could not open" in str(error) else None
    wanted = [_as_pip(parsed.requirement, parsed.is_editable) for parsed in found if not parsed.constraint]
    limits = [_as_pip(parsed.requirement, parsed.is_editable) for parsed in found if parsed.constraint]
    links = [os.path.basename(link) if os.path.isabs(link) else link for link in finder.find_links]
    scope = finder.search_scope
    return {
        "wanted": [one for one in wanted if one],
        "limits": [one for one in limits if one],
        "indexes": [] if scope.no_index else list(finder.index_urls),
        "links": links,
        "no_index": scope.no_index,
    }


def _as_pip(text: str, editable: bool) -> tuple[str, ...] | None:
    """A requirement as it is compared; None where its marker does not hold."""
    if editable:
        return ("vcs",) if text.startswith("git+") else ("other",) if "://" in text else ("project",)
    if text.endswith(".whl") and "@" not in text:
        return ("other",)
    try:
        parsed = Packaged(text.rstrip("; "))  # pip takes an empty marker for none
    except InvalidRequirement:
        return ("other",)
    try:
        if parsed.marker is not None and not parsed.marker.evaluate(MARKERS):
            return None
    except UndefinedComparison:  # the install ends there
        return ("other",)
    if parsed.url:
        return ("url", normalise(parsed.name))
    extras = ",".join(sorted(extra.lower() for extra in parsed.extras))
    return ("name", normalise(parsed.name), extras, ",".join(sorted(str(parsed.specifier).replace(" ", "").split(","))))


def _wxlint(files: dict[str, bytes]) -> tuple[Any, bool, bool]:
    """What wxlint sees, whether some of it is open, and whether something is unread that pip would refuse."""
    sources = {name: Source(name, decode(data)) for name, data in files.items()}
    reader = PackageLists(
        Files(sources.get, (".",)),
        0,
        Environment(PYTHON, "x86_64"),
        {name: Value(text) for name, text in VARIABLES.items()},
    )
    lines: Lines = reader.requirements(sources["requirements.txt"], "requirements.txt", as_constraints=False)
    values = [lines.sources.index, *lines.sources.extra, *lines.sources.links]
    unknown = any(one is not None and one.value.holes for one in values)
    unknown = unknown or any(
        r.maybe or HOLE in r.specifier + (r.url or "") for r in (*lines.requirements, *lines.constraints)
    )
    projects = sum(u.name.endswith("pyproject.toml") for u in lines.unread)
    refused = projects < len(lines.unread)
    indexes = [lines.sources.index.value.text] if lines.sources.index else [] if lines.sources.no_index else [DEFAULT]
    return (
        {
            "wanted": [_as_wxlint(r) for r in lines.requirements],
            "limits": [_as_wxlint(r) for r in lines.constraints],
            "indexes": [*indexes, *(source.value.text for source in lines.sources.extra)],
            "links": [source.value.text for source in lines.sources.links],
            "no_index": lines.sources.no_index,
            "projects": projects,
        },
        unknown,
        refused,
    )


def _as_wxlint(requirement: Any) -> tuple[str, ...]:
    if requirement.kind == "vcs" and not requirement.written.startswith("pkg"):
        return ("vcs",)
    if (
        requirement.name
        and requirement.kind in ("url", "vcs", "path")
        and "@" in requirement.written.partition("://")[0]
    ):
        return ("url", requirement.name)
    if requirement.kind != "name":
        return ("other",)
    specifier = ",".join(sorted(requirement.specifier.split(",")))
    return ("name", requirement.name, ",".join(sorted(requirement.extras)), specifier)


def compare(seed: str, folder: Path) -> Outcome:
    """One case: a folder of files made from a seed."""
    rng = random.Random(seed)
    files = {name: text.encode() for name, text in _Maker(rng).files().items()}
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
    os.environ.update({name: text for name, text in VARIABLES.items() if text})
    real = _pip(folder)
    believed, unknown, refused = _wxlint(files)
    if real == "missing":  # constraints that are not there say nothing, and the build ends
        return Outcome("refused", None, believed)
    if real is None:
        return Outcome("refused" if refused else "wrong", None, believed)
    if refused:
        return Outcome("unknown", real, believed)
    projects = believed.pop("projects")
    for key in ("wanted", "limits"):
        listed = [one for one in real[key] if one != ("project",)]
        projects -= len(real[key]) - len(listed)
        real[key] = [("other",) if one == ("vcs",) else one for one in listed]
        believed[key] = [("other",) if one == ("vcs",) else one for one in believed[key]]
    if unknown or any(b"${GONE}" in data for data in files.values()):
        return Outcome("unknown", real, believed)
    return Outcome("agree" if real == believed and not projects else "wrong", real, believed)


def run(cases: int, seed: str, show: int = 0, start: int = 0) -> Counter[str]:
    """Compare many cases, from number `start` on; print those that are wrong."""
    counts: Counter[str] = Counter()
    for case in range(start, start + cases):
        with tempfile.TemporaryDirectory() as folder:
            outcome = compare(f"{seed}:{case}", Path(folder))
            counts[outcome.kind] += 1
            if outcome.kind == "wrong" and counts["wrong"] <= show:
                print(f"--- {seed}:{case}")
                for path in sorted(Path(folder).rglob("*.txt")):
                    print(f"{path.relative_to(folder)}: {path.read_bytes()!r}")
                print(f"pip:    {outcome.pip}\nwxlint: {outcome.wxlint}")
    return counts


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--seed", default="1")
    parser.add_argument("--start", type=int, default=0, help="the number of the first case, for a run in pieces")
    parser.add_argument("--pip", help="a folder with another pip, to compare with")
    parser.add_argument("--show", type=int, default=5, help="how many wrong cases to print")
    arguments = parser.parse_args()
    if arguments.pip:
        sys.path.insert(0, arguments.pip)
    import pip

    began = time.perf_counter()
    counts = run(arguments.cases, arguments.seed, arguments.show, arguments.start)
    took = time.perf_counter() - began
    print(f"pip {pip.__version__}, {arguments.cases} cases, seed {arguments.seed}: {dict(counts)}, {took:.0f} s")
    return 1 if counts["wrong"] else 0


if __name__ == "__main__":
    sys.exit(main())
