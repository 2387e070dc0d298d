"""What an image is: followed from its base through every step, across stages and across the Dockerfiles of a family."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable

from wxlint import facts
from wxlint.core.findings import Span
from wxlint.core.patterns import late
from wxlint.core.reasons import Reason, reason_at
from wxlint.core.tuples import NamedTuple
from wxlint.core.values import HOLE
from wxlint.images.graph.name_hints import from_reference
from wxlint.images.installs.model import Install
from wxlint.images.model.records import Evaluated, Stage, StageCopy, Use
from wxlint.images.model.reference import Reference
from wxlint.images.torch import channels
from wxlint.images.torch.selection import NONE, Choice, Torch, after, built_for, choices

Producers = Callable[[Reference], "list[tuple[Evaluated, Stage]]"]
"""Who builds a reference, inside the repository."""

ENVIRONMENT = late(
    r"(^|/)(\.?v?env[\w.-]*|[\w.-]*venv|virtualenvs?|site-packages|dist-packages|\.local|conda|(?:mini|ana|micro)?(?:conda|mamba|forge)\d?"
    r"|envs|pyenv|\.pyenv|python-?(?:env|deps|packages)?|lib|deps|dependencies|install(?:ed)?|packages|wheels?|pip)(/|$)",
    re.I,
)
_ONE_FILE = late(r"\.(?:so[\d.*]*|a|jar|js|css|json|html|conf|cfg|txt|toml|ya?ml|md)$", re.I)
"""A library or a file of settings that lies in such a folder."""
WHOLE = frozenset(("/", "/usr", "/usr/local", "/usr/local/", "/opt", "/usr/lib", "/usr/local/lib"))


class Package(NamedTuple):
    """A CUDA-only package that is installed: as written, its facts row, where, by what install, its plain name."""

    written: str
    row: dict[str, str]
    span: Span | None
    conditional: bool
    name: str = ""


class Addition(NamedTuple):
    """A package for another accelerator than CUDA."""

    accelerator: str
    written: str
    name: str = ""


class Stored(NamedTuple):
    """What lies in a folder of its own (`pip install --target`), where Python does not look."""

    folder: str
    torch: Torch
    packages: tuple[Package, ...]


class State(NamedTuple):
    """What is in an image at some point of its build.

    accelerator: of the base, or None when it is not known. cuda: the base's CUDA version. lineage: the FROM uses from this image
    down to the external base. root: the external base, None when not reached (a cycle).
    """

    accelerator: str | None
    cuda: str | None
    torch: Torch
    packages: tuple[Package, ...]
    lineage: tuple[Use, ...]
    because: tuple[Reason, ...]
    others: tuple[Addition, ...] = ()
    stored: tuple[Stored, ...] = ()

    @property
    def root(self) -> Use | None:
        return self.lineage[-1] if self.lineage else None


_UNKNOWN = State(None, None, Torch("unknown"), (), (), ())


class Beliefs:
    """Computes states once per (Dockerfile, build, stage)."""

    def __init__(self, producers: Producers) -> None:
        self.producers = producers
        self._states: dict[tuple[int, int], tuple[Evaluated, State]] = {}
        self._externals: dict[int, tuple[Use, State]] = {}
        self._choices: dict[int, tuple[Install, list[Choice]]] = {}
        self._open: list[tuple[int, int]] = []
        self._cyclic: set[tuple[int, int]] = set()

    def choices(self, install: Install) -> list[Choice]:
        """`torch.choices`, once for each install."""
        found = self._choices.get(id(install))
        if found is None:
            found = self._choices[id(install)] = (install, choices(install))  # kept alive, so that the id stays its own
        return found[1]

    def base(self, evaluated: Evaluated, stage: Stage) -> State:
        """The state before a stage's first instruction after FROM."""
        if stage.parents:
            states = [self.state(evaluated, evaluated.stages[i]) for i in stage.parents]
            if stage.external or len(states) > 1:
                return _common(states, stage.base, may_be_other=stage.external)
            return states[0]._replace(lineage=(stage.base, *states[0].lineage))
        reference = stage.base.reference
        if stage.base.value.text == "scratch":
            return State("cpu", None, NONE, (), (stage.base,), (reason_at("image", "FROM scratch", stage.base.span),))
        if reference is None:
            return State(None, None, Torch("unknown"), (), (stage.base,), ())
        inside = [self.state(e, s) for e, s in self.producers(reference) if s is not stage]
        if inside:
            state = inside[0] if len(inside) == 1 else _common(inside, stage.base, may_be_other=False)
            return state._replace(lineage=(stage.base, *state.lineage)) if len(inside) == 1 else state
        found = self._externals.get(id(stage.base))
        if found is None:
            found = self._externals[id(stage.base)] = (stage.base, _external(stage.base, reference))
        return found[1]

    def state(self, evaluated: Evaluated, stage: Stage) -> State:
        """The state at the end of a stage."""
        key = (id(evaluated), stage.index)
        if key in self._states:
            return self._states[key][1]
        if (
            key in self._open
        ):  # an image that is built from itself: nothing is known of any on the way, wherever one begins
            self._cyclic.update(self._open[self._open.index(key) :])
            return _UNKNOWN
        self._open.append(key)
        state = self.base(evaluated, stage)
        torch, packages, others = state.torch, list(state.packages), list(state.others)
        stored = {item.folder: item for item in state.stored}
        for step in stage.steps:
            if isinstance(step, Install) and step.elsewhere:
                stored[step.folder] = self._stored(stored.get(step.folder), step)
            elif isinstance(step, Install):
                torch = after(torch, step, self.choices(step))
                if step.removes:
                    gone = {requirement.name for requirement in step.requirements}
                    packages = [p for p in packages if step.conditional or p.name not in gone]
                    others = [o for o in others if step.conditional or o.name not in gone]
                else:
                    packages.extend(cuda_packages(step))
                    others.extend(additions(step))
            else:
                torch, packages = self._copied(evaluated, stage, step, torch, packages)
                for item, moved in self._taken_along(evaluated, step):
                    stored[moved.folder] = moved
                    torch, packages = _merged(
                        torch, packages, item, Reason("image", "COPY --from", evaluated.path, step.instruction.line)
                    )
        if stored and "PYTHONPATH" in stage.env:
            searched = stage.env["PYTHONPATH"].text.split(":")
            for item in stored.values():
                if item.folder in (posixpath.normpath(path) for path in searched if path):
                    torch, packages = _merged(torch, packages, item, Reason("env", f"PYTHONPATH names {item.folder}"))
        state = state._replace(
            torch=torch, packages=tuple(packages), others=tuple(others), stored=tuple(stored.values())
        )
        self._open.pop()
        if key in self._cyclic:
            state = _UNKNOWN
        self._states[key] = (evaluated, state)  # kept alive, so that the id stays its own
        return state

    def _stored(self, before: Stored | None, install: Install) -> Stored:
        """A folder after an install into it."""
        item = before or Stored(install.folder, NONE, ())
        found = self.choices(install)
        torch = after(item.torch, install._replace(elsewhere=False), found)
        return Stored(install.folder, torch, (*item.packages, *cuda_packages(install)))

    def _taken_along(self, evaluated: Evaluated, step: StageCopy) -> list[tuple[Stored, Stored]]:
        """The folders that a COPY --from brings, each as it was and as it lies now."""
        if step.stage is None or step.stage >= len(evaluated.stages):
            return []
        found = []
        for item in self.state(evaluated, evaluated.stages[step.stage]).stored:
            for written in step.paths:
                path = posixpath.normpath("/" + written.lstrip("/"))
                path = path.removesuffix("/*") or "/"
                inside = path.rstrip("/") + "/"
                if path == item.folder or item.folder.startswith(inside) or HOLE in path:
                    rest = item.folder[len(inside) :] if item.folder.startswith(inside) else ""
                    found.append((item, item._replace(folder=posixpath.normpath(posixpath.join(step.dest, rest)))))
                    break
        return found

    def _copied(
        self, evaluated: Evaluated, stage: Stage, step: StageCopy, torch: Torch, packages: list[Package]
    ) -> tuple[Torch, list[Package]]:
        """COPY --from brings an environment along when it copies one."""
        if step.stage is None or step.stage == stage.index:
            return torch, packages
        origin = evaluated.stages[step.stage] if step.stage < len(evaluated.stages) else None
        if origin is None:
            return torch, packages
        source = self.state(evaluated, origin)
        if source.torch.channel == "none" and not source.packages:
            return torch, packages
        if not carries(evaluated, step):
            return torch, packages
        if torch.channel in ("none", "unknown") and source.torch.channel != "none":
            name = evaluated.stages[step.stage].name or str(step.stage)
            reason = Reason("image", f"COPY --from={name}", evaluated.path, step.instruction.line)
            torch = source.torch._replace(because=(*source.torch.because, reason))
        return torch, packages + [p for p in source.packages if p.row.get("ecosystem") != "apt"]


def _merged(torch: Torch, packages: list[Package], item: Stored, how: Reason) -> tuple[Torch, list[Package]]:
    """What is there when a folder counts too."""
    if torch.channel in ("none", "unknown") and item.torch.channel != "none":
        torch = item.torch._replace(because=(*item.torch.because, how))
    return torch, packages + [p for p in item.packages if p not in packages]


def carries(evaluated: Evaluated, step: StageCopy) -> bool:
    """Whether a COPY --from brings an installed environment along."""
    origin = evaluated.stages[step.stage] if step.stage is not None and step.stage < len(evaluated.stages) else None
    if origin is None:
        return False
    project = any(install.tool in ("uv-project", "poetry", "pipenv") for install in origin.installs)
    variables = ":".join([value.text for stage in evaluated.stages for value in stage.env.values()])
    return any(
        p.rstrip("/") in WHOLE
        or p == "/"
        or HOLE in p
        or (ENVIRONMENT.search(p) and not _ONE_FILE.search(p))
        or (project and p.count("/") <= 2)
        or (p.rstrip("/") + "/" in variables and _names_environment_in(p.rstrip("/") + "/", variables))
        for p in step.paths
    )


def _names_environment_in(folder: str, text: str) -> bool:
    """Whether one of the variables (PATH, VIRTUAL_ENV), joined by `:`, speaks of an environment inside a folder."""
    return any(part.startswith(folder) and ENVIRONMENT.search(part[len(folder) - 1 :]) for part in text.split(":"))


def _common(states: list[State], use: Use, may_be_other: bool) -> State:
    """What holds whichever of several bases is taken."""
    first = states[0]
    same = not may_be_other
    torch = first.torch if same and all(s.torch.channel == first.torch.channel for s in states) else Torch("unknown")
    lineage = (use, *first.lineage) if same and all(s.lineage == first.lineage for s in states) else (use,)
    return State(
        first.accelerator if same and all(s.accelerator == first.accelerator for s in states) else None,
        first.cuda if same and all(s.cuda == first.cuda for s in states) else None,
        torch,
        first.packages if same and all(s.packages == first.packages for s in states) else (),
        lineage,
        first.because if same else (),
    )


def _external(use: Use, reference: Reference) -> State:
    """An image of somebody else: from the tables, else from what its own name says."""
    shown = reason_at("image", f"FROM {reference.shown()}", use.span)
    found = facts.base_image(
        reference.name, reference.tag if reference.tag is not None else "latest" if reference.tag_known else None
    )
    why = (shown, *use.because)
    if found is not None and found.accelerator != "unknown":
        held = found.torch or "unknown"
        if held == "unknown":  # the table knows the repository; its tag may say the rest
            said = _channel_of_name(reference) or ""
            held = said if facts.torch_releases(said) else held
        torch = Torch(held, found.torch_version, why, use.span)
        return State(found.accelerator, found.cuda, torch, (), (use,), why)
    if found is not None:
        return State(None, found.cuda, Torch(found.torch, found.torch_version, why, use.span), (), (use,), why)
    named = from_reference(reference, "base image")
    channel = _channel_of_name(reference)
    if channel is not None and named:
        torch = Torch(channel, None, why, use.span)
        return State(named[0].accelerator, channels.cuda_of(channel), torch, (), (use,), (*why, named[0].reason))
    if (
        named and named[0].accelerator != "cpu"
    ):  # a name may promise CUDA; that it holds none only its builder can promise
        return State(named[0].accelerator, None, Torch("unknown"), (), (use,), (shown, named[0].reason))
    if named:
        return State("cpu", None, Torch("unknown"), (), (use,), (shown, named[0].reason))
    return State(None, None, Torch("unknown"), (), (use,), (shown,))


_CHANNEL_IN_TAG = late(r"(?<![a-z])(?:cu|cuda-?)(\d{1,2})\.?(\d)(?!\d)|(?<![a-z])(rocm)-?(\d+\.\d+)")


def _channel_of_name(reference: Reference) -> str | None:
    """The channel that the tag of a torch image names, or its name does: `somebody/pytorch:2.2.2-cuda11.8-py3.11` holds cu118."""
    name = reference.path.rpartition("/")[2]
    tag = reference.tag or ("" if reference.tag_known else HOLE)
    if HOLE in tag or HOLE in name or "torch" not in f"{reference.path}:{tag}".lower():
        return None
    match = _CHANNEL_IN_TAG.search(tag.lower()) or _CHANNEL_IN_TAG.search(name.lower())
    if match is None:
        return None
    return f"rocm{match[4]}" if match[3] else f"cu{match[1]}{match[2]}"


def additions(install: Install) -> list[Addition]:
    """The packages of an install that are for another accelerator."""
    ecosystem = {"apt": "apt", "conda": "conda"}.get(install.tool, "pip")
    if ecosystem == "conda" or install.conditional:
        return []
    found = []
    for requirement in install.requirements:
        accelerator = (
            facts.accelerator_package(ecosystem, requirement.name, requirement.extras) if requirement.name else None
        )
        accelerator = accelerator or built_for(requirement)
        if accelerator is not None:
            found.append(Addition(accelerator, requirement.written or requirement.name, requirement.name))
    return found


def cuda_packages(install: Install) -> list[Package]:
    """The CUDA-only packages that an install names."""
    ecosystem = {"apt": "apt", "conda": "conda"}.get(install.tool, "pip")
    found = []
    for requirement in install.requirements:
        if not requirement.name or HOLE in requirement.name:
            continue
        row = facts.cuda_package(ecosystem, requirement.name, requirement.extras)
        if row is not None:
            found.append(
                Package(
                    requirement.written or requirement.name,
                    row,
                    requirement.span,
                    install.conditional,
                    requirement.name,
                )
            )
    return found
