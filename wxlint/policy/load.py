"""A policy file becomes a Policy: YAML, then the schema, then what no schema can say."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wxlint.core.cache import NO_CACHE, Cache, Records
from wxlint.core.errors import PolicyError
from wxlint.documents import yaml as yaml_nodes
from wxlint.documents.source import Source
from wxlint.documents.yaml import Node, Scalar
from wxlint.facts.channels import cuda_of_channel
from wxlint.policy import FORBIDDEN_TAGS
from wxlint.policy.accelerator_words import accelerator_words
from wxlint.policy.contradictions import ACCELERATORS, Keys, contradictions
from wxlint.policy.model import EntrypointCheck, Expect, Policy, RuleSetting, Settings, Stage, Variant
from wxlint.policy.places import find_key
from wxlint.policy.reference_pattern import KNOWN_PARTS, NAMES, Part
from wxlint.policy.schema import check

if TYPE_CHECKING:
    from wxlint.policy.contract import Contract

Data = dict[str, Any]
_BEFORE = frozenset(("python", "torch", "cuda", "cudnn", "user", "gpu", "entrypoint", "max-size", "max-cuda-size"))
"""Keys of `expect` that are no part of a contract."""
_UNITS = {"B": 1, "kB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
_UNITS |= {"KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}


def load_policy(source: Source, path: Path | None = None, cache: Cache = NO_CACHE) -> Policy:
    """Read a policy.

    Args:
        path: where the file lies when `source.path` is not that.
        cache: what earlier runs read.

    Raises PolicyError with every problem, sorted by place. What no schema can say is checked once the file is as the
    schema says.
    """
    path = Path(source.path) if path is None else path
    documents, bad_yaml = yaml_nodes.parse(source, cache)
    problems = [(start, message) for start, _, message in bad_yaml]
    if not problems and len(documents) != 1:
        several = [(documents[1].start, "a second document in the file")] if documents else []
        problems = several or [(0, "an empty policy")]
    if not problems:
        problems = list(cache.recall(("policy", source.text), Records(), lambda: tuple(check(documents[0]))))
    if problems:
        raise _error(source, problems)
    node = documents[0]
    policy = _policy(yaml_nodes.plain(node), source, node, path)
    problems = [
        (_offset(node, keys), message) for keys, message in contradictions(policy, yaml_nodes.plain(node), path)
    ]
    if problems:
        raise _error(source, problems)
    return policy


def _error(source: Source, problems: list[tuple[int, str]]) -> PolicyError:
    lines = []
    for offset, message in sorted(set(problems)):
        line, column = source.position(offset)
        lines.append(f"{source.path}:{line}:{column}: {message}")
    return PolicyError(lines)


def _offset(node: Node, keys: Keys) -> int:
    """The place of the last key, as far as the keys go: its value when that is short, else the key."""
    for n in range(len(keys), 0, -1):
        found = find_key(node, keys[:n])
        if found is not None:
            start, _, value = found
            return value.start if isinstance(value, Scalar) else start
    return node.start


def _policy(data: Data, source: Source, node: Node, path: Path) -> Policy:
    folder = path.parent
    above = ".." if folder.absolute().name == "policies" else "."
    root = Path(os.path.normpath(folder / data.get("root", above)))
    stem = path.stem.removeprefix(".")
    name = data.get("name") or (root.absolute().name if stem == "wxlint" else stem)
    compose = tuple(data.get("compose", ()))
    dockerfile = "docker/{stage}/Dockerfile" if "{stage}" in data.get("image", "{stage}") else "Dockerfile"
    settings = _settings({"dockerfile": dockerfile, "context": ".", **_only(data)})
    image = data.get("image", "")
    only_stage = "" if "{stage}" in image else NAMES.sub("", image.rpartition("/")[2].partition(":")[0]).strip("-_.")
    return Policy(
        path=source.path,
        root=root,
        name=name,
        registry=data.get("registry", ""),
        registry_arg=data.get("registry-arg"),
        registry_env=data.get("registry-env"),
        image_pattern=data.get("image", ""),
        forbidden_tags=tuple(data.get("forbidden-tags", FORBIDDEN_TAGS)),
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
    )


def _only(data: Data) -> Data:
    return {key: data[key] for key in ("dockerfile", "context", "target", "expect") if key in data}


def _parts(data: Data) -> tuple[tuple[str, Part], ...]:
    """The parts that the policy describes, and those of its references that are known."""
    found: dict[str, Part] = {}
    for name, said in data.get("parts", {}).items():
        said = {"pattern": said} if isinstance(said, str) else said
        found[name] = Part(said.get("pattern", KNOWN_PARTS.get(name, ".+")), said.get("default"), said.get("env"))
    patterns = [data.get("image", ""), *data.get("tags", ())]
    patterns += [tag for variant in data.get("variants", {}).values() for tag in variant.get("tags", ())]
    for name in (name for pattern in patterns for name in NAMES.findall(pattern)):
        if name in KNOWN_PARTS:
            found.setdefault(name, Part(KNOWN_PARTS[name]))
    return tuple(found.items())


def _accelerator(name: str) -> str:
    """What a variant's name says it computes on; "" when that is nothing or several things."""
    if name in ACCELERATORS:
        return name
    words = accelerator_words(name)
    return next(iter(words)) if len(words) == 1 else ""


def _channel(name: str, data: Data, accelerator: str) -> str | None:
    """The channel as said, else that of a name that is one (cu124), where it says the accelerator too."""
    if "torch-channel" in data:
        return str(data["torch-channel"])
    if accelerator == "cpu":
        return "cpu"
    return name if "accelerator" not in data and cuda_of_channel(name) else None


def _variant(name: str, data: Data, compose: tuple[str, ...], only_stage: str = "") -> Variant:
    accelerator = data.get("accelerator", _accelerator(name))
    base = data.get("base")
    base = {"stage": base} if isinstance(base, str) else base
    channel = _channel(name, data, accelerator)
    return Variant(
        name=name,
        accelerator=accelerator,
        tag=data.get("tag", name),
        base_stage=base["stage"] if base else None,
        base_settings=_settings(base or {}),
        upstream=tuple(data.get("upstream", ())),
        torch=channel,
        stages=tuple(data.get("stages", (only_stage,) if only_stage else ())),
        optional=tuple(data.get("optional", ())),
        compose=tuple(data["compose"]) if "compose" in data else compose,
        settings=_settings({**data, "base": None, "torch-channel": channel}),
        tags=tuple(data.get("tags", ())),
    )


def _stage(name: str, data: Data) -> Stage:
    return Stage(name, _settings(data), {key: _settings(value) for key, value in data.get("variants", {}).items()})


def _settings(data: Data) -> Settings:
    service = data.get("service")
    return Settings(
        dockerfile=data.get("dockerfile"),
        context=data.get("context"),
        target=data.get("target"),
        base=data.get("base"),
        torch=data.get("torch-channel"),
        service="" if service is False else service,
        build_args=tuple(data.get("build-args", {}).items()),
        expect=_expect(data.get("expect", {})),
    )


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
