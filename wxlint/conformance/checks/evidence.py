"""What was seen of one image, before anybody judges it: plain data that processes can share as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from wxlint.conformance.container.builder import Result
from wxlint.conformance.container.engine import STAND_IN_LABEL, ImageInfo
from wxlint.inspection.file_kinds import LIBRARY, classify, cuda_only

Facts = dict[str, Any]


class Ran(NamedTuple):
    """A container or service that was run: its exit code, what it printed (shortened), whether it had to be stopped."""

    code: int
    output: str
    timed_out: bool
    seconds: float


class Evidence(NamedTuple):
    """build: how the image came to be there. info: None when it is not. below: the layers of the image it must stand on, None when
    the engine does not have that; upstream: the external reference its Dockerfile starts from, None when unknown.
    twins: references with a forbidden tag that the engine has. probe, static: what the probe and the look at the layers said, None with a
    *_problem when there is nothing. skipped: a verdict and why something was not tried, by the check's name. gpu: whether one was asked for.
    """

    build: Result
    info: ImageInfo | None = None
    below: tuple[str, ...] | None = None
    upstream: str | None = None
    twins: tuple[str, ...] = ()
    probe: Facts | None = None
    probe_problem: str = ""
    static: Facts | None = None
    static_problem: str = ""
    entrypoint: Ran | None = None
    service: Ran | None = None
    skipped: Mapping[str, tuple[str, str]] = MappingProxyType({})
    gpu: bool = False
    gpu_problem: str = ""

    @property
    def stand_in(self) -> bool:
        """Made on something that only stands in for the upstream."""
        return self.info is not None and self.info.labels.get(STAND_IN_LABEL) == "true"

    @property
    def torch(self) -> Facts | None:
        """version, cuda, hip, path: of the probe, else of the static look."""
        told = self.probe.get("torch") if self.probe else None
        if isinstance(told, dict) and told.get("version"):
            return told
        static = self.static.get("torch") if self.static else None
        return static if isinstance(static, dict) else None

    @property
    def libraries(self) -> list[str]:
        """CUDA libraries that the probe saw or the static look found."""
        found = [str(path) for path in self.static["libraries"]] if self.static else []
        files = (self.probe or {}).get("files") or {}
        for path, _, _ in files.get("candidates") or ():
            clean = str(path).lstrip("/")
            if classify(clean, clean.rpartition("/")[2]) == LIBRARY:
                found.append(str(path))
        return list(dict.fromkeys(found))

    @property
    def distributions(self) -> list[Facts] | None:
        """name, version, requires; None when nobody could list them."""
        told = (self.probe or {}).get("distributions")
        return told if isinstance(told, list) else None

    @property
    def cuda_distributions(self) -> list[str]:
        """ "nvidia-cublas-cu12 12.1.3.1" for each one of use with CUDA only."""
        found = [f"{name} {version}" for name, version in self.static["distributions"]] if self.static else []
        found += [f"{one['name']} {one['version']}" for one in self.distributions or () if cuda_only(str(one["name"]))]
        return list({name.lower().replace("_", "-"): name for name in found}.values())

    def to_json(self) -> Facts:
        told = {**self._asdict(), "skipped": dict(self.skipped)}
        for key, value in told.items():
            if isinstance(value, tuple) and hasattr(value, "_asdict"):
                told[key] = value._asdict()
        return told

    @classmethod
    def from_json(cls, told: Facts) -> Evidence:
        told = dict(told)
        told["build"] = Result(**told["build"])
        if told["info"] is not None:
            info: Facts = {
                key: tuple(value) if isinstance(value, list) else value for key, value in told["info"].items()
            }
            told["info"] = ImageInfo(**info)
        for key in ("entrypoint", "service"):
            if told[key] is not None:
                told[key] = Ran(**told[key])
        told["below"] = None if told["below"] is None else tuple(told["below"])
        told["twins"] = tuple(told["twins"])
        return cls(**told)
