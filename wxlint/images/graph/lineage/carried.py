"""Whether a COPY --from brings an installed environment along."""

from __future__ import annotations

import re

from wxlint.core.patterns import late
from wxlint.core.values import HOLE
from wxlint.images.installs.places import moved
from wxlint.images.model.records import Evaluated, Stage, StageCopy
from wxlint.images.stack.torch.selection import choices

ENVIRONMENT = late(
    r"(^|/)(\.?v?env[\w.-]*|[\w.-]*venv|virtualenvs?|site-packages|dist-packages|\.local|conda|(?:mini|ana|micro|mamba)?(?:conda|mamba|forge)\d?"
    r"|envs|pyenv|\.pyenv|python-?(?:env|deps|packages)?|lib|deps|dependencies|install(?:ed)?|packages|wheels?|pip)(/|$)",
    re.I,
)
_ONE_FILE = late(r"\.(?:so[\d.*]*|a|jar|js|css|json|html|conf|cfg|txt|toml|ya?ml|md)$", re.I)
"""A library or a file of settings that lies in such a folder."""
_SITE = late(r"/(?:site|dist)-packages/*$")
_STAGED = late(r"\b(?:cp|mv|rsync)\s[^;&|]{0,300}/(?:site|dist)-packages/[^;&|\s]{0,300}\s+(/[\w./-]+)")
"""A command that puts installed packages aside, and where."""
_WHOLE = frozenset(("", "/usr", "/usr/local", "/opt", "/usr/lib", "/usr/local/lib"))


def carries(evaluated: Evaluated, step: StageCopy) -> bool:
    """Whether a COPY --from brings an installed environment along, or wheels for one."""
    origin = evaluated.stages[step.stage] if step.stage is not None and step.stage < len(evaluated.stages) else None
    if origin is None:
        return False
    project = any(
        install.tool in ("uv-project", "poetry", "pipenv") and _may_come(install.place, step)
        for install in origin.installs
    )
    variables = evaluated.environment
    made = [one.folder for one in origin.installs if one.builds and one.folder and choices(one)]  # of torch
    return any(
        p.rstrip("/") in _WHOLE
        or HOLE in p
        or (ENVIRONMENT.search(p) and not _ONE_FILE.search(p))
        or (project and p.count("/") <= 2)
        or any(_holds(p, folder) for folder in made)
        or (_SITE.search(step.dest) and _is_staged(evaluated, origin, p))
        or (p.rstrip("/") + "/" in variables and _names_environment_in(p.rstrip("/") + "/", variables))
        for p in step.paths
    )


def _is_staged(evaluated: Evaluated, origin: Stage, path: str) -> bool:
    """Whether a stage has put packages that it installed into the folder that is copied."""
    texts = (one.text for one in evaluated.instructions_of(origin) if one.keyword == "RUN")
    return any(_holds(path, folder) for text in texts for folder in _STAGED.findall(text))


def _may_come(place: str, step: StageCopy) -> bool:
    """Whether the environment of a project may be among what is copied, by its place; "" where that is not known."""
    return not place or HOLE in place or moved(place, step.paths, step.dest) is not None


def _holds(path: str, wheels: str) -> bool:
    """Whether a path that is copied is the folder of the wheels that a stage made, or lies around it or in it."""
    copied, folder = f"/{path.strip('/')}/", f"/{wheels.strip('/')}/"
    return folder.startswith(copied) or copied.startswith(folder)


def _names_environment_in(folder: str, text: str) -> bool:
    """Whether one of the variables (PATH, VIRTUAL_ENV), joined by `:`, speaks of an environment inside a folder."""
    return any(part.startswith(folder) and ENVIRONMENT.search(part[len(folder) - 1 :]) for part in text.split(":"))
