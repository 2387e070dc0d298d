"""Where the Python that an image's PATH finds looks for packages: by the image's files alone, nothing is run."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from wxlint.inspection.file_kinds import PYTHON, Packages, VersionText, cached
from wxlint.inspection.file_system import File, FileSystem

_FOLDERS = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
"""Of PATH where the image has none."""
_BASES = {"usr": ("usr/local", "usr")}
"""Where a Python of a distribution looks, besides its own prefix."""
_SITES = ("lib/python{}/site-packages", "lib64/python{}/site-packages", "lib/python{}/dist-packages")


class PythonOnPath:
    """The Python that PATH finds first.

    version: as exact as a text in the image says, else as its name says; None where there is none.
    """

    def __init__(self, system: FileSystem, files: Sequence[tuple[str, File]], env: Mapping[str, str]) -> None:
        self._system, self._files, self._env = system, files, env
        self._texts = {path: file.fact for path, file in files if isinstance(file.fact, VersionText)}
        self._path, self._real = "", ""
        self._short = ""
        self.version: str | None = None
        for path in self._tried():
            real = system.resolve(path)
            if real is not None and (version := self._version(path, real)):
                self._path, self._real, self.version = path, real, version
                self._short = ".".join(version.split(".")[:2])
                break

    def search_path(self, user: str) -> tuple[str, ...]:
        """The folders of packages in the order of its sys.path, real, without a slash in front.

        Args:
            user: that the image runs as.
        """
        if not self.version:
            return ()
        found = [folder for folder in self._env.get("PYTHONPATH", "").split(":") if folder.startswith("/")]
        prefix = posixpath.dirname(posixpath.dirname(self._path))
        venv = self._texts.get(f"{prefix}/pyvenv.cfg")
        if venv is None or venv.system_site:
            found += self._user_sites(user)
        if venv is not None:
            found += self._sites(prefix)
        if venv is None or venv.system_site:
            base = posixpath.dirname(posixpath.dirname(self._real))
            for each in _BASES.get(base, (base,)):
                found += self._sites(each)
        real = [self._system.resolve(folder) for folder in found]
        return tuple(dict.fromkeys(folder for folder in real if folder))

    def _sites(self, prefix: str) -> Iterator[str]:
        for form in _SITES:
            yield f"{prefix}/{form.format(self._short)}"
        yield f"{prefix}/lib/python3/dist-packages"

    def _user_sites(self, user: str) -> list[str]:
        """The user's own folder; of a user that is only a number, the one that there is."""
        if self._env.get("PYTHONNOUSERSITE"):
            return []
        below = f".local/lib/python{self._short}/site-packages"
        name = user.partition(":")[0]
        if home := self._env.get("HOME", "root" if name in ("", "0", "root") else ""):
            return [f"{home}/{below}"]
        if not name.isdigit():
            return [f"home/{name}/{below}"]
        there = {path[: path.index(below) + len(below)] for path, _ in self._files if f"/{below}/" in path}
        return list(there) if len(there) == 1 else []

    def _tried(self) -> Iterable[str]:
        interpreters = sorted(path for path, file in self._files if file.kind == PYTHON and not cached(path))
        folders = [folder.strip("/") for folder in (self._env.get("PATH") or _FOLDERS).split(":")[:100]]
        yield from (f"{folder}/{name}" for folder in folders for name in ("python", "python3"))
        yield from (path for folder in folders for path in interpreters if posixpath.dirname(path) == folder)
        yield from interpreters

    def _version(self, path: str, real: str) -> str:
        """Of the interpreter at a path; "" where nothing says it."""
        venv = self._texts.get(posixpath.dirname(posixpath.dirname(path)) + "/pyvenv.cfg")
        own = venv.version if venv is not None else ""
        minor = re.search(r"python(3\.\d+)$", real)
        short = minor[1] if minor else ".".join(own.split(".")[:2])
        exact = [own, self._env.get("PYTHON_VERSION", "")]
        home = posixpath.dirname(posixpath.dirname(real))
        exact += [text.version for at, text in self._texts.items() if at.startswith(f"{home}/include/python{short}")]
        if home == "usr":
            for _, file in self._files:
                if isinstance(file.fact, Packages):
                    exact += [version for name, version in file.fact.python if name.endswith(f"python{short}-minimal")]
        for version in exact:
            found = re.match(r"(?:\d+:)?(\d+\.\d+\.\d+(?:(?:a|b|rc)\d+)?)", version)
            if found and (not short or found[1].startswith(short + ".")):
                return found[1]
        return short


def site_of(path: str) -> str:
    """The folder of packages that a METADATA, an egg-info or a package's version.py lies in."""
    folder = posixpath.dirname(path)
    return folder if path.endswith(".egg-info") else posixpath.dirname(folder)
