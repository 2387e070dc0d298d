"""What a policy says of an image's configuration, files, commands and packages: its contract with those who use it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from wxlint.core.tuples import NamedTuple

KEYS = ("files", "env", "labels", "workdir", "ports", "volumes", "cmd", "exec", "commands", "packages")
"""Of `expect`, in the order of the report."""
OF_USERS = ("ports", "cmd", "exec", "commands", "packages")
"""What stages promise their users, and a base does not unless its own `expect` says so."""


class FileRule(NamedTuple):
    """A file. present: whether it must be there. mode: octal, "0644". owner: "UID" or "UID:GID". content, no_content:
    patterns that must be found in it, or must not."""

    present: bool = True
    mode: str | None = None
    owner: str | None = None
    content: tuple[str, ...] = ()
    no_content: tuple[str, ...] = ()


class TextRule(NamedTuple):
    """A variable or label. present: whether it must be there. value: exactly that. pattern: to be found in it."""

    present: bool = True
    value: str | None = None
    pattern: str | None = None


class CommandCheck(NamedTuple):
    """A command that is run in the image in place of its entrypoint. timeout: seconds. writable: it may write to the
    image's file system. capabilities: that it is given, without CAP_."""

    name: str
    command: tuple[str, ...]
    env: tuple[tuple[str, str], ...] = ()
    exit_code: int = 0
    stdout: tuple[str, ...] = ()
    no_stdout: tuple[str, ...] = ()
    stderr: tuple[str, ...] = ()
    no_stderr: tuple[str, ...] = ()
    timeout: float = 60.0
    writable: bool = False
    capabilities: tuple[str, ...] = ()


class Contract(NamedTuple):
    """What `expect` says of these; None where it says nothing. Maps are merged name by name, the rest as a whole.

    files: by path. env, labels, packages (a specifier, None where it must not be there): by name. ports ("8080/tcp"),
    volumes: whether each must be there.
    """

    files: Mapping[str, FileRule] | None = None
    env: Mapping[str, TextRule] | None = None
    labels: Mapping[str, TextRule] | None = None
    workdir: str | None = None
    ports: Mapping[str, bool] | None = None
    volumes: Mapping[str, bool] | None = None
    cmd: tuple[str, ...] | None = None
    exec: tuple[str, ...] | None = None
    commands: tuple[CommandCheck, ...] | None = None
    packages: Mapping[str, str | None] | None = None

    def over(self, far: Contract) -> Contract:
        """What this says, and what `far` says where this says nothing."""
        merged: dict[str, Any] = {}
        for key, said in far._asdict().items():
            own = getattr(self, key)
            merged[key] = {**said, **own} if isinstance(said, Mapping) and own is not None else said
            if own is not None and not isinstance(said, Mapping):
                merged[key] = own
        return self._replace(**merged)

    def patterns(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """(keys inside of `expect`, regular expression)"""
        for path, file in (self.files or {}).items():
            for key, listed in (("content", file.content), ("no-content", file.no_content)):
                yield from ((("files", path, key, n), pattern) for n, pattern in enumerate(listed))
        for kind, rules in (("env", self.env), ("labels", self.labels)):
            for name, rule in (rules or {}).items():
                if rule.pattern is not None:
                    yield (kind, name, "pattern"), rule.pattern
        for at, command in enumerate(self.commands or ()):
            for key in ("stdout", "no-stdout", "stderr", "no-stderr"):
                listed = getattr(command, key.replace("-", "_"))
                yield from ((("commands", at, key, n), pattern) for n, pattern in enumerate(listed))

    def without(self, keys: Iterable[str]) -> Contract:
        """The same with nothing said of some keys."""
        return self._replace(**dict.fromkeys(keys))


def read_contract(data: Mapping[str, Any]) -> Contract | None:
    """The contract of an `expect` block that is as the schema says; None where it says nothing of one."""
    if not any(key in data for key in KEYS):
        return None
    return Contract(
        files=_each(data.get("files"), _file),
        env=_each(data.get("env"), _text),
        labels=_each(data.get("labels"), _text),
        workdir=data.get("workdir"),
        ports=_each(data.get("ports"), bool, _port),
        volumes=_each(data.get("volumes"), bool),
        cmd=_words(data, "cmd"),
        exec=_words(data, "exec"),
        commands=tuple(map(_command, data["commands"])) if "commands" in data else None,
        packages=_each(data.get("packages"), lambda said: None if said is False else "" if said is True else str(said)),
    )


def _each(data: Mapping[str, Any] | None, read: Any, name: Any = str) -> dict[str, Any] | None:
    return None if data is None else {name(key): read(value) for key, value in data.items()}


def _port(text: str) -> str:
    return text if "/" in text else f"{text}/tcp"


def _words(data: Mapping[str, Any], key: str) -> tuple[str, ...] | None:
    return tuple(data[key]) if key in data else None


def _file(said: Any) -> FileRule:
    if isinstance(said, bool):
        return FileRule(said)
    patterns = (tuple(said.get("content", ())), tuple(said.get("no-content", ())))
    return FileRule(said.get("exists", True), said.get("mode"), said.get("owner"), *patterns)


def _text(said: Any) -> TextRule:
    if isinstance(said, bool):
        return TextRule(said)
    return TextRule(True, said) if isinstance(said, str) else TextRule(pattern=said["pattern"])


def _command(said: Mapping[str, Any]) -> CommandCheck:
    words = tuple(said["command"])
    default = CommandCheck("", ())
    lists = {key.replace("-", "_"): tuple(said.get(key, ())) for key in ("stdout", "no-stdout", "stderr", "no-stderr")}
    return CommandCheck(
        said.get("name", " ".join(words)),
        words,
        tuple(said.get("env", {}).items()),
        int(said.get("exit-code", default.exit_code)),
        timeout=float(said.get("timeout", default.timeout)),
        writable=said.get("writable", False),
        capabilities=tuple(said.get("capabilities", ())),
        **lists,
    )
