"""Install commands run for real, in a throwaway environment, on local indexes of dummy wheels."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.differential.dummy_index import CHANNEL_URL, DEFAULT_URL, build
from tests.differential.install_sequences import PYTHON, Case

_CLEAN = ("PIP_", "UV_", "VIRTUAL_ENV", "CONDA", "PYTHON", "SSL_CERT_")
"""What the environment of the tools must not have. No index here asks for certificates, which uv reads in each command,
for half of its time."""
_TARGET = "/opt/lib"
_INDEX_GIVEN = re.compile(r"(?m)(?:^|\s)(?:-i|--index-url|--default-index)\b|^index-url\b|^default = true")
_LISTED = re.compile(r"[\w.-]+\.txt\b")


def uv_program() -> str | None:
    """The uv that is to be tried: the one beside the interpreter, else that of the path."""
    beside = os.path.dirname(sys.executable)
    return shutil.which("uv", path=os.pathsep.join((beside, os.environ.get("PATH", ""))))


class Real:
    """A throwaway environment and local indexes."""

    def __init__(self, folder: Path, tool: str) -> None:
        self.folder, self.tool = folder, tool
        self.uv = uv_program() or "uv"
        build(folder / "index", PYTHON)
        (folder / "index/mirror").symlink_to("simple")
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder / "venv"], check=True)
        self.python = str(folder / "venv/bin/python")
        self.site = next((folder / "venv/lib").glob("python*/site-packages"))
        self.kept = set(os.listdir(self.site))
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith(_CLEAN)}
        self.environment |= {
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "PIP_NO_COMPILE": "1",
            "UV_CACHE_DIR": str(folder / "cache"),
            "UV_NO_PROGRESS": "1",
            "UV_PYTHON_DOWNLOADS": "never",
            "UV_PROJECT_ENVIRONMENT": str(folder / "venv"),
            "XDG_CONFIG_HOME": str(folder / "none"),
            "XDG_CONFIG_DIRS": str(folder / "none"),
        }
        self.worker = self._start_pip() if tool == "pip" else None

    def _start_pip(self) -> subprocess.Popen[str]:
        """A process of the environment that runs pip; the pip of this interpreter, which is not one of its packages."""
        import pip

        lent = self.folder / "lent"
        lent.mkdir()
        (lent / "pip").symlink_to(Path(pip.__file__).parent)
        return subprocess.Popen(
            [self.python, str(Path(__file__).with_name("pip_worker.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**self.environment, "PYTHONPATH": str(lent)},
        )

    def close(self) -> None:
        if self.worker is not None and self.worker.stdin is not None:
            self.worker.stdin.close()
            self.worker.wait()

    def local(self, text: str, place: Path) -> str:
        """A text with the addresses of the real indexes replaced by those of the local ones."""
        base = (self.folder / "index").as_uri()
        text = text.replace(CHANNEL_URL, f"{base}/whl").replace(DEFAULT_URL, f"{base}/simple")
        return text.replace(_TARGET, str(place / "target"))

    def _of_step(self, text: str, place: Path) -> str:
        """The same of what one command of uv says. The index that it names is not the default one, though both have the
        same wheels: what a command locks from an index that the next does not name is locked anew."""
        return self.local(text.replace(DEFAULT_URL, (self.folder / "index/mirror").as_uri()), place)

    def prepare(self, case: Case, place: Path) -> str | None:
        """Write the files of a case; return the text of the file that its lock command makes, None when that fails."""
        for name, text in case.files.items():
            (place / name).write_text(self.local(text, place))
        if not case.lock:
            return ""
        environment = self.of_uv({}, case.files["pyproject.toml"])
        if not self._done([self.uv, *case.lock[1:]], place, environment):
            return None
        made = (place / case.made).read_text()
        made = re.sub(r'"[^"\n]*index/simple(?=["/])', f'"{DEFAULT_URL}', made)
        return re.sub(r'"[^"\n]*index/whl(?=["/])', f'"{CHANNEL_URL}', made)

    def run(self, case: Case, place: Path) -> dict[str, str] | None:
        """The versions that are there in the end; None when a command fails."""
        return self._pip(case, place) if self.tool == "pip" else self._uv(case, place)

    def _pip(self, case: Case, place: Path) -> dict[str, str] | None:
        assert self.worker is not None and self.worker.stdin is not None and self.worker.stdout is not None
        asked = {
            "folder": str(place),
            "commands": [[self.local(word, place) for word in _behind(step.words, "pip")] for step in case.steps],
            "variables": [self._of_pip({**case.environment, **step.variables}, place) for step in case.steps],
        }
        self.worker.stdin.write(json.dumps(asked) + "\n")
        self.worker.stdin.flush()
        answers: list[dict[str, str]] = json.loads(self.worker.stdout.readline())
        return None if "failed" in answers[-1] else answers[-1]

    def _of_pip(self, given: dict[str, str], place: Path) -> dict[str, str]:
        """The variables of one call of pip; a configuration file says what the default index is."""
        given = {name: self.local(value, place) for name, value in given.items()}
        config = place / "pip.conf"
        text = config.read_text() if config.exists() and given.pop("PIP_CONFIG_FILE", "") else "[global]\n"
        if not re.search(r"(?m)^index-url", text):
            text += f"index-url = {self.local(DEFAULT_URL, place)}\n"
        (place / "used.conf").write_text(text)
        return {**given, "PIP_CONFIG_FILE": str(place / "used.conf")}

    def _uv(self, case: Case, place: Path) -> dict[str, str] | None:
        for name in set(os.listdir(self.site)) - self.kept:
            shutil.rmtree(self.site / name, ignore_errors=True)
        for step in case.steps:
            variables = {**case.environment, **step.variables}
            given = {name: self._of_step(value, place) for name, value in variables.items()}
            environment = self.of_uv(given, said(" ".join(step.words), case.files))
            words = [self.uv, *(self._of_step(word, place) for word in step.words[1:])]
            if step.words[1] == "pip":
                words[3:3] = ["--python", self.python]
            if not self._done(words, place, environment):
                return None
            if step.words[1] == "add" and "UV_DEFAULT_INDEX" not in given:
                self._take_out_default(place / "pyproject.toml")
        stems = [
            name.removesuffix(".dist-info")
            for name in os.listdir(self.site)
            if name.endswith(".dist-info") and name not in self.kept
        ]
        return {name.replace("_", "-"): version for name, _, version in (stem.partition("-") for stem in stems)}

    def _take_out_default(self, project: Path) -> None:
        """Take out the default index that `uv add` has written into a project because of the variable of `of_uv`."""
        address = re.escape(str(self.folder / "index/simple"))
        written = rf'\[\[tool\.uv\.index\]\]\nurl = "(?:file://)?{address}"\ndefault = true\n?'
        project.write_text(re.sub(written, "", project.read_text()))

    def of_uv(self, given: dict[str, str], said: str) -> dict[str, str]:
        """The variables of one call of uv; one of them says what the default index is, where nothing else does, since
        it would stand before that."""
        environment = {**self.environment, **given}
        if "UV_DEFAULT_INDEX" not in given and "UV_INDEX_URL" not in given and not _INDEX_GIVEN.search(said):
            environment["UV_DEFAULT_INDEX"] = (self.folder / "index/simple").as_uri()
        return environment

    @staticmethod
    def _done(words: list[str], place: Path, environment: dict[str, str]) -> bool:
        return subprocess.run(words, cwd=place, env=environment, capture_output=True, check=False).returncode == 0


def _behind(words: list[str], program: str) -> list[str]:
    """The arguments of a program that may be started as a module."""
    return words[next(at for at, word in enumerate(words) if word.startswith(program)) + 1 :]


def said(text: str, files: Mapping[str, str]) -> str:
    """All that a command is given: its text, the files that it names and those that these name, and settings."""
    waiting, seen = _LISTED.findall(text), set()
    settings = "".join(text for name, text in files.items() if not name.endswith(".txt"))
    while waiting:
        name = waiting.pop()
        if name not in seen and name in files:
            seen.add(name)
            text += "\n" + files[name]
            waiting += _LISTED.findall(files[name])
    return text + "\n" + settings


@contextlib.contextmanager
def environment(tool: str) -> Iterator[Real]:
    with tempfile.TemporaryDirectory() as folder:
        real = Real(Path(folder), tool)
        try:
            yield real
        finally:
            real.close()
