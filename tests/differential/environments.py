"""Which torch an image of several Python environments computes with, against what wxlint believes of its Dockerfile.

    python -m tests.differential.environments --cases 200 --seed 1 [--show 5]

A case is a Dockerfile (environment_sequences.py). Its commands run for real in bash, on throwaway folders in the place
of the image's (a system's Python, /opt/venv, a project's .venv) and local indexes of dummy wheels. In the end the
image's start is run, or what PATH leads to, with a program that says which torch it finds. Where neither is said it may
be any environment: the belief then has to hold in each that has a torch, or in that of the project. A case whose
commands fail is left out.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.differential.dummy_index import DEFAULT_URL
from tests.differential.environment_sequences import VENV, Image, ImageMaker
from tests.differential.installed import believed, files_of
from tests.differential.real_installs import Real, said
from wxlint.images.stack.torch.model import Torch
from wxlint.images.stack.torch.releases import same_release

_SAYS = """\
import importlib.metadata
try:
    print(importlib.metadata.version("torch"))
except importlib.metadata.PackageNotFoundError:
    print("none")
"""
_MAKES = re.compile(r"python -m venv \S+")


class RealImage:
    """A system's Python and a virtual environment, both with pip, and what a Dockerfile's commands make of them."""

    def __init__(self, folder: Path) -> None:
        import pip

        self.folder, self.real = folder, Real(folder, "uv")
        self.prefixes = {"/usr/local": folder / "system", VENV: folder / "venv"}
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder / "system"], check=True)
        for prefix in self.prefixes.values():
            self._site(prefix).joinpath("pip").symlink_to(Path(pip.__file__).parent)
            for name in ("pip", "pip3"):
                program = prefix / "bin" / name
                program.write_text(
                    f"#!{prefix}/bin/python\nimport runpy\nrunpy.run_module('pip', run_name='__main__')\n"
                )
                program.chmod(0o755)
        (folder / "system/bin/uv").symlink_to(self.real.uv)
        self.kept = {prefix: set(os.listdir(self._site(prefix))) for prefix in self.prefixes.values()}

    @staticmethod
    def _site(prefix: Path) -> Path:
        return next(prefix.glob("lib/python*/site-packages"))

    def run(self, image: Image, place: Path) -> list[str] | None:
        """The torch that the image computes with, or may; None when a command fails."""
        for prefix, kept in self.kept.items():
            for name in set(os.listdir(self._site(prefix))) - kept:
                shutil.rmtree(self._site(prefix) / name, ignore_errors=True)
        for name, text in image.files.items():
            (place / name).write_text(self.real.local(text, place))
        (place / "app.py").write_text(_SAYS)
        path = f"{self.folder}/system/bin:/usr/bin:/bin"
        for line in image.lines:
            keyword, text = line.split(" ", 1)
            if keyword == "ENV":
                path = self._placed(text, place).removeprefix("PATH=").replace("$PATH", path)
            elif self._done(_MAKES.sub("true", text), image, place, path) is None:
                return None
        by_path = "python" if str(self.folder / "venv") in path else ""
        start = image.start or by_path
        starts = [start] if start else [f"{prefix}/bin/python" for prefix in self.prefixes]
        project = None if start else self._done(f"{place}/.venv/bin/python app.py", image, place, path)
        if project is not None and project != "none\n":
            return [project.strip()]
        found = [self._done(f"{start} {place}/app.py", image, place, path) for start in starts]
        return None if None in found else [text.strip() for text in found if text is not None]

    def _placed(self, text: str, place: Path) -> str:
        """A text with the folders of the image replaced; uv takes none of both for the system's Python."""
        text = text.replace("--system", "--python /usr/local/bin/python").replace("/app/", f"{place}/")
        for inside, prefix in self.prefixes.items():
            text = text.replace(inside, str(prefix))
        return self.real.local(text, place)

    def _done(self, text: str, image: Image, place: Path, path: str) -> str | None:
        """What a command prints; None when it fails."""
        config = place / "pip.conf"
        config.write_text(f"[global]\nindex-url = {self.real.local(DEFAULT_URL, place)}\n")
        environment = self.real.of_uv({}, said(text.replace("'", ""), image.files))
        environment.pop("UV_PROJECT_ENVIRONMENT")
        environment |= {"PATH": path, "PIP_CONFIG_FILE": str(config)}
        words = ["bash", "-c", self._placed(text, place)]
        done = subprocess.run(words, cwd=place, env=environment, capture_output=True, text=True, check=False)
        return done.stdout if done.returncode == 0 else None


def is_wrong(torch: Torch, there: list[str]) -> bool:
    """Whether a belief contradicts what is there."""
    if torch.channel == "unknown":
        return False
    held = [text for text in there if text != "none"] or ["none"]
    for text in held:
        version, _, local = text.partition("+")
        channel = "none" if text == "none" else local or "default"
        if torch.channel != channel or (torch.version is not None and not same_release(torch.version, version)):
            return True
    return False


def run(cases: int, seed: str, show: int = 0) -> Counter[str]:
    """Compare many cases; print those that are wrong."""
    counts: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        real = RealImage(Path(folder))
        for number in range(cases):
            image = ImageMaker(f"{seed}:{number}", "pip").image()
            with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
                there = real.run(image, Path(one))
                if there is None:
                    counts["failed"] += 1
                    continue
                torch = believed(files_of(image), Path(other)).torch
            kind = "wrong" if is_wrong(torch, there) else "unknown" if torch.channel == "unknown" else "agree"
            counts[kind] += 1
            if kind == "wrong" and counts["wrong"] <= show:
                print(f"--- {seed}:{number} {there}; wxlint: {torch.channel} {torch.version}")
                print(image.dockerfile(), image.files)
    return counts


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=200)
    parser.add_argument("--seed", default="1")
    parser.add_argument("--show", type=int, default=5, help="how many wrong cases to print")
    arguments = parser.parse_args()
    start = time.perf_counter()
    counts = run(arguments.cases, arguments.seed, arguments.show)
    took = time.perf_counter() - start
    print(f"{arguments.cases} cases, seed {arguments.seed}: {dict(counts)}, {took:.0f} s")
    return 1 if counts["wrong"] else 0


if __name__ == "__main__":
    sys.exit(main())
