"""What was collected of one image, before it is judged: plain data that processes can share as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType
from typing import Any, NamedTuple

from wxlint.conformance.container.model import (
    STAND_IN_LABEL,
    BuildResult,
    BuildStatus,
    Facts,
    ImageInfo,
    LeftOut,
    Ran,
)
from wxlint.inspection.file_kinds import LIBRARY, classify, cuda_only


class ProbeFailure(str, Enum):
    """Why there is no answer of the probe."""

    NO_PYTHON = "there is no Python in the image"
    OLD_PYTHON = "its Python is older than 3.8"
    NO_USER = "the image has no such user"
    ENDED = "it ended without an answer"
    TIMED_OUT = "it was not done in time"
    DAMAGED = "its answer is damaged"


class ProbeProblem(NamedTuple):
    """detail: what else is known, such as the words of the engine; "" for nothing."""

    failure: ProbeFailure
    detail: str = ""

    @property
    def text(self) -> str:
        """For people."""
        return f"{self.failure.value}: {self.detail}" if self.detail else self.failure.value


class ServiceFailure(str, Enum):
    """Why a compose service was not run."""

    NEEDS_GPU = "needs-gpu"
    NO_COMPOSE = "no-compose"


class ServiceProblem(NamedTuple):
    """detail: of what is missing."""

    failure: ServiceFailure
    detail: str = ""


class Evidence(NamedTuple):
    """What is known of one image.

    build: how it came to be there. info: None when it is not there. fault: the engine's words when that failed.
    below: the layers of the image that it must stand on, None when the engine does not have that.
    upstream: the external reference that its Dockerfile starts from, None when unknown. prediction: what `wxlint check`
    believes of it (plan.model.Prediction), None when that is not known. lineage: each reference that it is built from
    by that, with its layers, None where the engine does not have it. files, commands: what the contract asks of, by
    path and in order; matches: whether its patterns are in variables and labels.
    only_layers: the image was not run, nor looked for in an engine. engine: the name of the one that has it.
    twins: references with a forbidden tag that the engine has.
    probe, static: what the probe and the layers say; None with a problem when they say nothing, and None without one
    when they were not asked. passwd: /etc/passwd of an image without Python. gpu: whether one was to be used.
    """

    build: BuildResult
    info: ImageInfo | None = None
    fault: str = ""
    below: tuple[str, ...] | None = None
    upstream: str | None = None
    twins: tuple[str, ...] = ()
    probe: Facts | None = None
    probe_problem: ProbeProblem | None = None
    static: Facts | None = None
    static_problem: str = ""
    passwd: str | None = None
    entrypoint: Ran | None = None
    service: Ran | None = None
    service_problem: ServiceProblem | None = None
    gpu: bool = False
    gpu_problem: str = ""
    prediction: Facts | None = None
    lineage: tuple[tuple[str, tuple[str, ...] | None], ...] = ()
    files: dict[str, Facts | None] | None = None
    commands: list[Facts] | None = None
    matches: Mapping[str, bool | None] = MappingProxyType({})
    only_layers: bool = False
    engine: str = ""

    @property
    def stand_in(self) -> bool:
        """Whether it is made on something that only stands in for the upstream."""
        return self.info is not None and self.info.labels.get(STAND_IN_LABEL) == "true"

    @property
    def without_python(self) -> bool:
        """Whether it is proven to have no Python: the engine cannot start one, and the layers have none."""
        problem = self.probe_problem
        no_start = problem is not None and problem.failure is ProbeFailure.NO_PYTHON
        return no_start and self.static is not None and not self.static["interpreters"]

    @property
    def torch(self) -> Facts | None:
        """version, cuda, hip, path: by the probe, else by the layers."""
        found = self.probe.get("torch") if self.probe else None
        if isinstance(found, dict) and found.get("version"):
            return found
        static = self.static.get("torch") if self.static else None
        return static if isinstance(static, dict) else None

    @property
    def torch_error(self) -> str:
        """Why the probe cannot tell which torch would be imported; "" when it can."""
        found = self.probe.get("torch") if self.probe else None
        if isinstance(found, dict) and not found.get("version"):
            return str(found.get("error") or f"{found.get('path')} names no version")
        return ""

    @property
    def runtime(self) -> Facts:
        """What torch says of itself once imported; {"error": ...} when that failed, {} without torch."""
        found = (self.probe or {}).get("torch_runtime")
        return found if isinstance(found, dict) else {}

    @property
    def libraries(self) -> list[str]:
        """Paths of CUDA libraries, by the layers and the probe."""
        found = [str(path) for path in self.static["libraries"]] if self.static else []
        files = (self.probe or {}).get("files") or {}
        for path, _, _ in files.get("candidates") or ():
            clean = str(path).lstrip("/")
            if classify(clean, clean.rpartition("/")[2]) == LIBRARY:
                found.append(str(path))
        return list(dict.fromkeys(found))

    @property
    def loaded(self) -> list[Facts]:
        """The libraries that the probe tried to load: path, error, version."""
        found = (self.probe or {}).get("libraries")
        return found if isinstance(found, list) else []

    @property
    def distributions(self) -> list[Facts] | None:
        """name, version, requires; None when they could not be listed."""
        found = (self.probe or {}).get("distributions")
        return found if isinstance(found, list) else None

    @property
    def installed(self) -> list[Facts] | None:
        """The same by the probe, else by the layers: name, version, and names of what is required."""
        found = self.distributions
        if found is not None or self.static is None or "installed" not in self.static:
            return found
        return [{"name": n, "version": v, "requires": r} for n, v, r in self.static["installed"]]

    @property
    def cuda_distributions(self) -> list[str]:
        """ "nvidia-cublas-cu12 12.1.3.1" for each one of use with CUDA only."""
        found = [f"{name} {version}" for name, version in self.static["distributions"]] if self.static else []
        found += [f"{one['name']} {one['version']}" for one in self.distributions or () if cuda_only(str(one["name"]))]
        return list({name.lower().replace("_", "-"): name for name in found}.values())

    def to_json(self) -> Facts:
        """As JSON."""
        facts = {**self._asdict(), "matches": dict(self.matches)}
        for key, value in facts.items():
            if isinstance(value, tuple) and hasattr(value, "_asdict"):
                facts[key] = value._asdict()
        return facts

    @classmethod
    def from_json(cls, facts: Facts) -> Evidence:
        """From what `to_json` gave."""
        facts = dict(facts)
        facts["build"] = _build(facts["build"])
        if facts["info"] is not None:
            info: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in facts["info"].items()}
            facts["info"] = ImageInfo(**info)
        for key in ("entrypoint", "service"):
            facts[key] = None if facts[key] is None else Ran(**facts[key])
        if facts["probe_problem"] is not None:
            problem = facts["probe_problem"]
            facts["probe_problem"] = ProbeProblem(ProbeFailure(problem["failure"]), problem["detail"])
        if facts["service_problem"] is not None:
            problem = facts["service_problem"]
            facts["service_problem"] = ServiceProblem(ServiceFailure(problem["failure"]), problem["detail"])
        facts["below"] = None if facts["below"] is None else tuple(facts["below"])
        facts["twins"] = tuple(facts["twins"])
        facts["lineage"] = tuple((name, None if on is None else tuple(on)) for name, on in facts["lineage"])
        return cls(**facts)


def _build(facts: Facts) -> BuildResult:
    left = facts["left_out"]
    return BuildResult(
        **{**facts, "status": BuildStatus(facts["status"]), "left_out": None if left is None else LeftOut(left)}
    )
