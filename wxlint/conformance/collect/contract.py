"""Collect what a contract is judged by: files, settings that a pattern is searched in, and what commands answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wxlint.conformance.container import patterns
from wxlint.conformance.container.engine import Engine
from wxlint.conformance.container.model import Facts, FileStat, ImageInfo

if TYPE_CHECKING:
    from wxlint.policy.contract import CommandCheck, Contract, FileRule

_SHOWN = 2000
"""Characters kept of what a command printed."""


def rights(writable: bool, capabilities: tuple[str, ...]) -> list[str]:
    """What `docker run` needs to let a sealed container do more than others."""
    words = [word for name in capabilities for word in ("--cap-add", name)]
    return [*words, "--read-only=false"] if writable else words


def file_facts(rule: FileRule, stat: FileStat | None) -> Facts | None:
    """What a file is judged by, its content searched; None when it is not there."""
    if stat is None:
        return None
    facts: Facts = {"kind": stat.kind, "mode": stat.mode, "uid": stat.uid, "gid": stat.gid}
    wanted = (*rule.content, *rule.no_content)
    if wanted and stat.data is None:
        facts["unread"] = stat.unread or f"it is a {stat.kind}"
    elif wanted and stat.data is not None:
        text = stat.data.decode("utf-8", "replace")
        facts["found"] = {pattern: patterns.search(pattern, text) for pattern in wanted}
    return facts


def files(engine: Engine, image: str, contract: Contract) -> dict[str, Facts | None]:
    """The files of an image that a contract names. Raises EngineError."""
    rules = contract.files or {}
    found = engine.files(image, rules)
    return {path: file_facts(rule, found[path]) for path, rule in rules.items()}


def matches(contract: Contract, info: ImageInfo) -> dict[str, bool | None]:
    """Whether the patterns for variables and labels are in them."""
    values = dict(pair.partition("=")[::2] for pair in info.env)
    found: dict[str, bool | None] = {}
    for what, rules, texts in (("variable", contract.env, values), ("label", contract.labels, info.labels)):
        for name, rule in (rules or {}).items():
            if rule.pattern is not None and name in texts:
                found[f"{what} {name}"] = patterns.search(rule.pattern, texts[name])
    return found


def commands(engine: Engine, image: str, checks: tuple[CommandCheck, ...]) -> list[Facts]:
    """What each command answers, in a container of its own. Raises EngineError."""
    return [_run(engine, image, check) for check in checks]


def _run(engine: Engine, image: str, check: CommandCheck) -> Facts:
    options = ["-e", "NVIDIA_VISIBLE_DEVICES=void", "--entrypoint", check.command[0]]
    options += [word for name, value in check.env for word in ("-e", f"{name}={value}")]
    options += rights(check.writable, check.capabilities)
    done = engine.run(image, check.command[1:], options=options, timeout=check.timeout)
    found = {}
    for stream, text in (("stdout", done.out), ("stderr", done.err)):
        for pattern in (*getattr(check, stream), *getattr(check, f"no_{stream}")):
            found[f"{stream} {pattern}"] = patterns.search(pattern, text)
    return {
        "name": check.name,
        "code": done.code,
        "timed_out": done.timed_out,
        "stdout": done.out[-_SHOWN:],
        "stderr": done.err[-_SHOWN:],
        "found": found,
    }
