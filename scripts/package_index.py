"""A package index: what it has of a project, what a release requires, and which releases a Python can install."""

from __future__ import annotations

import io
import json
import re
import time
import urllib.error
import urllib.parse
import urllib.request
import zipfile
from collections.abc import Iterable
from email.parser import HeaderParser
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

SIMPLE = "application/vnd.pypi.simple.v1+json"
_AGENT = "wxlint-check-facts"
PAUSE = 0.05
"""Seconds between two requests."""
WHEEL = re.compile(r"-(?P<python>(?:cp|py)[\d.a-z]+)-(?P<abi>[\w.]+)-(?P<platform>[\w.]+)\.whl$")


class Index:
    """A package index by its JSON form; every answer is kept for the run."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        self._projects: dict[str, dict[str, Any] | None] = {}
        self._metadata: dict[tuple[str, str, str], list[Requirement] | None] = {}
        self.requests = 0

    def files(self, name: str, yanked: bool = False) -> dict[Version, list[dict[str, Any]]]:
        """The files of a project by release. yanked: with those that were withdrawn, which a pin still takes."""
        project = self._project(name)
        found: dict[Version, list[dict[str, Any]]] = {}
        for file in project["files"] if project is not None else ():
            version = _version_of(file["filename"], name)
            if version is not None and (yanked or not file.get("yanked")):
                found.setdefault(version, []).append(file)
        return found

    def releases(self, name: str) -> list[Version]:
        """The final releases of a project, oldest first."""
        return sorted(version for version in self.files(name) if not version.is_prerelease)

    def requires(self, name: str, version: str, machine: str = "x86_64") -> list[Requirement] | None:
        """What a release requires, by the metadata of its wheel for Linux; None where there is none to be had."""
        key = canonicalize_name(name), version, machine
        if key not in self._metadata:
            self._metadata[key] = self._requires(*key)
        return self._metadata[key]

    def _requires(self, name: str, version: str, machine: str) -> list[Requirement] | None:
        files = self.files(name).get(Version(version), [])
        wheels = [f for f in files if f["filename"].endswith(".whl") and is_linux(f["filename"], machine)]
        if not wheels:
            return None
        return self.requires_of(name, max(wheels, key=lambda f: str(f["filename"])))

    def requires_of(self, name: str, file: dict[str, Any]) -> list[Requirement] | None:
        """What one wheel of a project requires, by its metadata; None where there is none to be had."""
        url = urllib.parse.urljoin(f"{self.url}/{name}/", file["url"])
        text = self._get(f"{url}.metadata", "*/*")
        if text is None:  # an index that does not serve it apart
            text = self._from_wheel(url, int(file.get("size") or 0))
        return _requirements(text) if text is not None else None

    def _from_wheel(self, url: str, size: int) -> str | None:
        """The METADATA inside a wheel, of which only the parts that it takes are read."""
        if not size:
            return None
        with zipfile.ZipFile(_Remote(self, url, size)) as wheel:
            name = next((name for name in wheel.namelist() if name.endswith(".dist-info/METADATA")), None)
            return wheel.read(name).decode("utf-8", "replace") if name is not None else None

    def part(self, url: str, start: int, end: int) -> bytes:
        """Bytes [start, end) of a file."""
        self.requests += 1
        time.sleep(PAUSE)
        headers = {"Range": f"bytes={start}-{end - 1}", "User-Agent": _AGENT}
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=60) as answer:
            if answer.status != 206:
                raise OSError("the index gives no parts of files")
            return bytes(answer.read())

    def _project(self, name: str) -> dict[str, Any] | None:
        name = canonicalize_name(name)
        if name not in self._projects:
            text = self._get(f"{self.url}/{name}/", SIMPLE)
            self._projects[name] = json.loads(text) if text is not None else None
        return self._projects[name]

    def _get(self, url: str, accept: str) -> str | None:
        self.requests += 1
        time.sleep(PAUSE)
        request = urllib.request.Request(url, headers={"Accept": accept, "User-Agent": _AGENT})
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return str(answer.read().decode("utf-8", "replace"))
        except urllib.error.HTTPError as error:
            if error.code == 404:
                return None
            raise


class _Remote(io.RawIOBase):
    """A file of an index, read in blocks where it is looked at."""

    BLOCK = 1 << 17

    def __init__(self, index: Index, url: str, size: int) -> None:
        self._index, self._url, self._size, self._at = index, url, size, 0
        self._blocks: dict[int, bytes] = {}

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._at = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        return self._at

    def read(self, size: int = -1) -> bytes:
        end = self._size if size < 0 else min(self._size, self._at + size)
        found = bytearray()
        while self._at < end:
            block = self._at // self.BLOCK
            if block not in self._blocks:
                start = block * self.BLOCK
                self._blocks[block] = self._index.part(self._url, start, min(start + self.BLOCK, self._size))
            inside = self._at % self.BLOCK
            part = self._blocks[block][inside : inside + end - self._at]
            found += part
            self._at += len(part)
        return bytes(found)


def _requirements(text: str) -> list[Requirement]:
    found = []
    for line in HeaderParser().parsestr(text).get_all("Requires-Dist") or ():
        try:
            found.append(Requirement(line))
        except InvalidRequirement:
            continue
    return found


def _version_of(filename: str, name: str) -> Version | None:
    stem = filename.removesuffix(".tar.gz").removesuffix(".zip")
    text = filename.split("-")[1] if filename.endswith(".whl") else stem[len(name) + 1 :]
    try:
        return Version(text)
    except InvalidVersion:
        return None


def is_linux(filename: str, machine: str) -> bool:
    match = WHEEL.search(filename)
    if match is None:
        return False
    return match["platform"] == "any" or ("linux" in match["platform"] and machine in match["platform"])


def installable(index: Index, name: str, without: Iterable[str] = ()) -> dict[str, str] | None:
    """The columns of a package's row in wheel_pythons.csv; None where the index has nothing of it.

    Wheels for any system and sources count only where the newest release has nothing else: what was there before a
    package was compiled says nothing of its wheels.

    Args:
        without: releases to leave out.
    """
    found = index.files(name, yanked=True)
    by_release = {v: f for v, f in found.items() if not v.is_prerelease and str(v) not in without}
    compiled = {v: [f for f in files if is_compiled(f["filename"])] for v, files in by_release.items()}
    last = max((v for v in by_release if pythons_of(by_release[v])), default=None)
    if last is None:
        return None
    general = [v for v, files in by_release.items() if not compiled[v] and pythons_of(files)]
    oldest = max((v for v in general if v < last), default=None) if compiled[last] else None
    releases = [v for v in sorted(by_release) if pythons_of(by_release[v]) and (oldest is None or v > oldest)]
    newest = max(v for v in releases if not all(file.get("yanked") for file in by_release[v]))
    parts = []
    for minor in PYTHONS:
        fitting = [v for v in releases if minor in pythons_of(by_release[v])]
        if fitting:
            parts.append(f"3.{minor}:{fitting[0]}-{'' if fitting[-1] >= newest else fitting[-1]}")
    return {"oldest": str(releases[0]), "newest": str(newest), "pythons": " ".join(parts)}


def linux_releases(index: Index, name: str) -> str:
    """The releases for Linux with glibc and x86_64, oldest first, those that were withdrawn and those before a final
    release among them: a pin takes them all. "" where the index has nothing of a project."""
    found = index.files(name, yanked=True)
    return " ".join(str(v) for v in sorted(found) if any(_is_for_linux(file["filename"]) for file in found[v]))


def _is_for_linux(filename: str) -> bool:
    match = WHEEL.search(filename)
    if match is None:
        return filename.endswith((".tar.gz", ".tar.bz2", ".zip"))
    return is_linux(filename, "x86_64") and not match["platform"].startswith("musllinux")


PYTHONS = range(7, 16)
"""The minor versions of Python 3 that rows speak of."""


def is_compiled(filename: str) -> bool:
    return filename.endswith(".whl") and not filename.endswith("-any.whl")


def pythons_of(files: list[dict[str, Any]]) -> set[int]:
    """The minor versions of Python 3 that can install a release on Linux with glibc, on x86_64."""
    return {minor for minor in PYTHONS if any(_takes(file, minor) for file in files)}


def _takes(file: dict[str, Any], minor: int) -> bool:
    required, name = file.get("requires-python"), file["filename"]
    try:
        if required and not any(SpecifierSet(required).contains(f"3.{minor}.{patch}") for patch in (0, 20)):
            return False
    except InvalidSpecifier:
        pass
    match = WHEEL.search(name)
    if match is None:
        return str(name).endswith((".tar.gz", ".zip"))
    if not is_linux(name, "x86_64") or "musllinux" in match["platform"]:
        return False
    for tag in match["python"].split("."):
        if tag in ("py3", f"py3{minor}", f"cp3{minor}") and not match["abi"].endswith("t"):
            return True
        if match["abi"] == "abi3" and re.fullmatch(r"cp3\d+", tag) and int(tag[3:]) <= minor:
            return True
    return False
