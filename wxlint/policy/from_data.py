"""The data of a policy that is as the schema says becomes records."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wxlint.documents.source import Source
from wxlint.documents.yaml import Node
from wxlint.facts.channels import cuda_of_channel
from wxlint.policy import FORBIDDEN_TAGS
from wxlint.policy.accelerator_words import accelerator_words
from wxlint.policy.model import (
    ACCELERATORS,
    KNOWN_PARTS,
    NAMES,
    Base,
    EntrypointCheck,
    Expect,
    PathSetting,
    Policy,
    PolicyStage,
    ReferencePart,
    RuleSetting,
    Settings,
    Variant,
)

if TYPE_CHECKING:
    from wxlint.policy.contract import Contract

Data = dict[str, Any]
_BEFORE = frozenset(("python", "torch", "cuda", "cudnn", "user", "gpu", "entrypoint", "max-size", "max-cuda-size"))
"""Keys of `expect` that are no part of a contract."""
_UNITS = {"B": 1, "kB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
_UNITS |= {"KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}


def policy_from(data: Data, source: Source, node: Node, path: Path) -> Policy:
    folder = path.parent
    above = ".." if folder.absolute().name == "policies" else "."
    root = Path(os.path.normpath(folder / data.get("root", above)))
    stem = path.stem.removeprefix(".")
    name = data.get("name") or (root.absolute().name if stem in ("wxlint", "pyproject") else stem)
    compose = tuple(data.get("compose", ()))
    dockerfile = "docker/{stage}/Dockerfile" if "{stage}" in data.get("image", "{stage}") else "Dockerfile"
    settings = _settings({"dockerfile": dockerfile, "context": ".", **_only(data)})
    image = data.get("image", "")
    own, foreign = _forbidden(data.get("forbidden-tags", list(FORBIDDEN_TAGS)))
    only_stage = "" if "{stage}" in image else NAMES.sub("", image.rpartition("/")[2].partition(":")[0]).strip("-_.")
    return Policy(
        path=source.path,
        root=root,
        name=name,
        registry=data.get("registry", ""),
        registry_arg=data.get("registry-arg"),
        registry_env=data.get("registry-env"),
        image_pattern=data.get("image", ""),
        forbidden_tags=FORBIDDEN_TAGS if own is None else own,
        variants={name: _variant(name, value, compose, only_stage) for name, value in data.get("variants", {}).items()},
        stages={name: _stage(name, value) for name, value in data.get("stages", {}).items()},
        compose=compose,
        scripts=tuple(data.get("scripts", ())),
        rules={name: _rule(value) for name, value in data.get("rules", {}).items()},
        settings=settings,
        source=source,
        document=node,
        parts=_parts(data),
        tags=tuple(data.get("tags", ())),
        foreign_tags=FORBIDDEN_TAGS if foreign is None else foreign,
        exclude=tuple(data.get("exclude", ())),
        per_path=tuple(_path_setting(glob, said) for glob, said in data.get("per-path", {}).items()),
        other_images=tuple(data.get("other-images", ())),
    )


def _forbidden(said: Any) -> tuple[tuple[str, ...] | None, tuple[str, ...] | None]:
    """Forbidden tags of own and of foreign images; None where nothing is said."""
    if isinstance(said, dict):
        own, foreign = (None if said.get(key) is None else tuple(said[key]) for key in ("own", "foreign"))
        return own, foreign
    return (None, None) if said is None else (tuple(said), tuple(said))


def _path_setting(glob: str, said: Data) -> PathSetting:
    return PathSetting(glob, dict(said.get("rules", {})), *_forbidden(said.get("forbidden-tags")))


def _only(data: Data) -> Data:
    return {key: data[key] for key in ("dockerfile", "context", "target", "expect", "platforms") if key in data}


def _parts(data: Data) -> tuple[tuple[str, ReferencePart], ...]:
    """The parts that the policy describes, and those of its references that are known."""
    found: dict[str, ReferencePart] = {}
    for name, said in data.get("parts", {}).items():
        said = {"pattern": said} if isinstance(said, str) else said
        pattern = said.get("pattern", KNOWN_PARTS.get(name, ".+"))
        found[name] = ReferencePart(pattern, said.get("default"), said.get("env"), said.get("build-arg"))
    patterns = [data.get("image", ""), *data.get("tags", ())]
    patterns += [tag for variant in data.get("variants", {}).values() for tag in variant.get("tags", ())]
    for name in (name for pattern in patterns for name in NAMES.findall(pattern)):
        if name in KNOWN_PARTS:
            found.setdefault(name, ReferencePart(KNOWN_PARTS[name]))
    return tuple(found.items())


def _accelerator(name: str) -> str:
    """What a variant's name says it computes on; "" when that is nothing or several things."""
    if name in ACCELERATORS:
        return name
    words = accelerator_words(name)
    return next(iter(words)) if len(words) == 1 else ""


def _channels(name: str, data: Data, accelerator: str) -> list[str] | None:
    """The channels as said, else that of a name that is one (cu124), where it says the accelerator too."""
    if "torch-channel" in data:
        said = data["torch-channel"]
        return [said] if isinstance(said, str) else said
    if accelerator == "cpu":
        return ["cpu"]
    is_one = cuda_of_channel(name) or name.startswith("rocm") and name.count(".") >= 1
    return [name] if "accelerator" not in data and is_one else None


def _variant(name: str, data: Data, compose: tuple[str, ...], only_stage: str = "") -> Variant:
    accelerator = data.get("accelerator", _accelerator(name))
    said = data.get("base")
    base = {"stage": said} if isinstance(said, str) else said or {}
    is_own = "stage" in base and "variant" not in base
    channels = _channels(name, data, accelerator)
    return Variant(
        name=name,
        accelerator=accelerator,
        tag=data.get("tag", name),
        base_stage=base["stage"] if is_own else None,
        base_settings=_settings(base if is_own else {}),
        upstream=tuple(data.get("upstream", ())),
        stages=tuple(data.get("stages", (only_stage,) if only_stage else ())),
        optional=tuple(data.get("optional", ())),
        compose=tuple(data["compose"]) if "compose" in data else compose,
        settings=_settings({**data, "base": None, "torch-channel": channels}),
        tags=tuple(data.get("tags", ())),
        base=None if is_own else _base(base or None),
    )


def _base(said: Any) -> Base | None:
    if said is None or isinstance(said, str):
        return None if said is None else Base(said)
    return Base(said.get("stage"), said.get("variant"), said.get("image"))


def _stage(name: str, data: Data) -> PolicyStage:
    return PolicyStage(
        name, _settings(data), {key: _settings(value) for key, value in data.get("variants", {}).items()}
    )


def _settings(data: Data) -> Settings:
    service = data.get("service")
    channels, platforms = data.get("torch-channel"), data.get("platforms")
    return Settings(
        dockerfile=data.get("dockerfile"),
        context=data.get("context"),
        target=data.get("target"),
        base=_base(data.get("base")),
        channels=None if channels is None else (channels,) if isinstance(channels, str) else tuple(channels),
        service="" if service is False else service,
        build_args=tuple(data.get("build-args", {}).items()),
        expect=_expect(data.get("expect", {})),
        platforms=None if platforms is None else _platforms(platforms),
    )


def _platforms(said: Any) -> tuple[tuple[str, Settings], ...]:
    if isinstance(said, dict):
        return tuple((name, _settings(differs)) for name, differs in said.items())
    return tuple((name, Settings()) for name in said)


def _expect(data: Data) -> Expect:
    run = data.get("entrypoint")
    default = EntrypointCheck()
    return Expect(
        python=data.get("python"),
        torch=data.get("torch"),
        cuda=data.get("cuda"),
        cudnn=data.get("cudnn"),
        gpu_arch=None if data.get("gpu-arch") is None else tuple(data["gpu-arch"]),
        user=data.get("user"),
        gpu=data.get("gpu"),
        entrypoint=None
        if run is None
        else EntrypointCheck(
            tuple(run.get("args", default.args)),
            run.get("pattern"),
            int(run.get("exit-code", default.exit_code)),
            float(run.get("timeout", default.timeout)),
            run.get("writable", False),
            tuple(run.get("capabilities", ())),
        ),
        size=bytes_of(data.get("max-size")),
        cuda_bytes=bytes_of(data.get("max-cuda-size")),
        contract=_contract(data),
    )


def _contract(data: Data) -> Contract | None:
    if not data.keys() - _BEFORE:  # the usual case needs no module for it
        return None
    from wxlint.policy.contract import read_contract

    return read_contract(data)


def bytes_of(size: str | float | None) -> int | None:
    """Bytes of `1.8 GB` (10^9) or `500 MiB` (2^20); a number is bytes already."""
    if not isinstance(size, str):
        return None if size is None else int(size)
    number = size.rstrip("BkMGTKi ")
    unit = size[len(number) :].strip()
    whole, _, part = number.partition(".")
    return int(int(whole + part) * _UNITS[unit] // 10 ** len(part))


def _rule(data: Any) -> RuleSetting:
    if isinstance(data, str):
        return RuleSetting(data)
    return RuleSetting(data.get("severity"), tuple(data.get("paths", {}).items()), data.get("locked", False))
