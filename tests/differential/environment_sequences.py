"""Random Dockerfiles of several Python environments: the system's, a virtual one, that of a project of uv.

Commands are those of install_sequences.py, each started in one of the environments, in a way that Dockerfiles have.
"""

from __future__ import annotations

from typing import NamedTuple

from tests.differential.install_sequences import PYTHON, Maker

VENV = "/opt/venv"
PROJECT = '[project]\nname = "app"\nversion = "0.1"\nrequires-python = ">={}"\ndependencies = [{}]\n'
_PIP = (
    "pip", "pip", f"{VENV}/bin/pip", f"{VENV}/bin/python -m pip", f". {VENV}/bin/activate && pip",
    f"PATH={VENV}/bin:$PATH pip", f"source {VENV}/bin/activate && python -m pip", "python -m pip", "/usr/local/bin/pip",
    f"pip --python {VENV}/bin/python", f". {VENV}/bin/activate && deactivate && pip",
    f"export PATH={VENV}/bin:$PATH && pip",
)  # fmt: skip
_UV = (
    "uv pip {} --system", f"uv pip {{}} --python {VENV}/bin/python", f"uv pip {{}} -p {VENV}",
    f". {VENV}/bin/activate && uv pip {{}}", f"VIRTUAL_ENV={VENV} uv pip {{}}", 
    "uv pip {} --python /usr/local/bin/python",
)  # fmt: skip
_LEFT_OUT = frozenset(("python", "python3", "-m", "pip", "pip3", "uv", "-I", "--ignore-installed"))
"""The program, which each form has its own way to start, and what leaves two releases of one package there."""
_OF_PROJECT = ("uv pip {}", "uv pip {} --python /app/.venv/bin/python", ". /app/.venv/bin/activate && uv pip {}")
_STARTS = (
    "python", f"{VENV}/bin/python", "/usr/local/bin/python", f"bash -c '. {VENV}/bin/activate && exec python \"$@\"' -",
    f"exec {VENV}/bin/python", f"PATH={VENV}/bin:$PATH exec python3", f"cd / && . {VENV}/bin/activate && python",
)  # fmt: skip
_STARTS_OF_PROJECT = ("uv run --no-sync python", "/app/.venv/bin/python", ". .venv/bin/activate && python")


class Image(NamedTuple):
    """lines: of a Dockerfile, behind its FROM. start: how the image starts Python; "" where it does not say."""

    lines: list[str]
    files: dict[str, str]
    start: str
    made: str = ""

    def dockerfile(self) -> str:
        """The Dockerfile."""
        head = [f"FROM python:{PYTHON}-slim", 'SHELL ["/bin/bash", "-c"]', "WORKDIR /app"]
        head += [f"COPY {name} ." for name in self.files]
        end = [f"CMD {self.start} app.py"] if self.start else []
        return "\n".join([*head, *self.lines, *end]) + "\n"


class ImageMaker(Maker):
    """Makes Dockerfiles; `tool` is that of the next command."""

    def image(self) -> Image:
        """One Dockerfile."""
        lines = [f"RUN pip install flask && python -m venv {VENV}"]
        has_project = self.chance(0.35)
        if has_project:
            self.tool = "uv"
            wanted = ", ".join(f'"{self.one()}"' for _ in range(self.rng.choice((1, 1, 2))))
            self.files["pyproject.toml"] = PROJECT.format(PYTHON, wanted)
        for number in range(self.rng.choice((2, 2, 3))):
            lines.append(f"RUN {self.command(synced=has_project and number > 0)}")
            if has_project and not number:
                lines.append("RUN uv sync")
            if self.chance(0.15):
                lines.append(f"ENV PATH={VENV}/bin:$PATH")
        starts = (*_STARTS, *(_STARTS_OF_PROJECT * 3 if has_project else ()))
        return Image(lines, self.files, self.rng.choice(starts) if self.chance(0.8) else "")

    def command(self, *, synced: bool) -> str:
        """An install into one of the environments. synced: the project has one."""
        self.tool = self.rng.choice(("pip", "uv"))
        step = self.step()
        words = [word for word in step.words if word not in _LEFT_OUT]
        rest = " ".join(f"'{word}'" for word in words[1:])
        if self.tool == "pip":
            return f"{self.rng.choice(_PIP)} {words[0]} {rest}"
        forms = (*_UV, *(_OF_PROJECT * 2 if synced else ()))
        return f"{self.rng.choice(forms).format(words[0])} {rest}"
