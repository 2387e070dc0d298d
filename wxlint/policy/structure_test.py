"""From a container-structure-test file (schema 2.0.0) to the `expect` block that asks the same of an image.

What a policy cannot say is a note with its line, never dropped in silence: a test that is converted in part only would
be green for less than it was before, so a command whose setup or variables cannot be taken over is left out as a whole.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from wxlint.core.errors import InputError
from wxlint.core.tuples import NamedTuple
from wxlint.documents.source import Source
from wxlint.documents.yaml import Entry, Mapping, Node, Scalar, Sequence, YamlError, load
from wxlint.policy.go_patterns import UnlikePythonError, python_pattern

_PATH = re.compile(r"/(?!(?:.*/)?\.\.(?:/|$))[^\x00-\x1f]*")
_PORT = re.compile(r"[0-9]{1,5}(?:/(?:tcp|udp|sctp))?")
_USER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.:-]*")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_CAPABILITY = re.compile(r"(?:CAP_)?((?!ALL$|CAP_)[A-Z][A-Z_]{2,30})")
_RIGHTS = re.compile(r"([-dugt]{1,4})((?:[r-][w-][x-]){3})")
_SPECIAL = {"u": 0o4000, "g": 0o2000, "t": 0o1000}


class Note(NamedTuple):
    """What was not converted. line: of the file, from 1."""

    line: int
    text: str


class Converted(NamedTuple):
    """expect: what goes under `expect` of a policy. notes: what does not, in the file's order."""

    expect: dict[str, Any]
    notes: tuple[Note, ...]


class _CannotError(Exception):
    """Why a part cannot be converted, and where it is."""

    def __init__(self, node: Node, why: str) -> None:
        super().__init__(why)
        self.node, self.why = node, why


def convert(source: Source) -> Converted:
    """Convert a file. Raises InputError where it is not a container-structure-test file of schema 2.0.0."""
    try:
        root = load(source)
    except YamlError as error:
        raise InputError(str(error)) from None
    version = root.get("schemaVersion") if isinstance(root, Mapping) else None
    if not isinstance(root, Mapping) or not isinstance(version, Scalar):
        raise InputError(f"{source.path}: not a container-structure-test file: it has no schemaVersion")
    if version.text != "2.0.0":
        at = source.position(version.start)[0]
        raise InputError(f"{source.path}:{at}: schemaVersion {version.text!r} is not known; 2.0.0 is")
    return _Converter(source).convert(root)


class _Converter:
    def __init__(self, source: Source) -> None:
        self.source = source
        self.notes: list[Note] = []
        self.env: dict[str, str] = {}
        self.capabilities: list[str] = []
        self.hinders_commands = ""
        self.expect: dict[str, Any] = {}

    def convert(self, root: Mapping) -> Converted:
        sections: dict[str, Callable[[Node], None]] = {
            "globalEnvVars": self._global_env,
            "containerRunOptions": self._run_options,
            "fileExistenceTests": lambda node: self._each(node, self._existence),
            "fileContentTests": lambda node: self._each(node, self._content),
            "metadataTest": self._metadata,
            "commandTests": lambda node: self._each(node, self._command),
        }
        found = {entry.key.text: entry for entry in self._entries(root, {*sections, "schemaVersion"}, "a test file")}
        for name, section in sections.items():  # what holds for commands comes before them
            if name in found:
                self._try(section, found[name].value, name)
        return Converted(self.expect, tuple(sorted(self.notes)))

    # -- sections

    def _global_env(self, node: Node) -> None:
        try:
            self.env = self._variables(node)
        except _CannotError as error:
            self.hinders_commands = f"globalEnvVars cannot be converted ({error.why})"
            raise

    def _run_options(self, node: Node) -> None:
        for entry in self._entries(node, {"capabilities", "allocateTty", "user", "privileged"}, "containerRunOptions"):
            key, value = entry.key.text, entry.value
            if key == "capabilities":
                self.capabilities = [self._named(_CAPABILITY, item, "a capability by name") for item in _items(value)]
            elif isinstance(value, Scalar) and value.text not in ("", "false"):
                self.hinders_commands = f"containerRunOptions.{key} cannot be converted"
                self._note(entry.key, f"containerRunOptions.{key}: a policy has nothing of the kind")

    def _existence(self, node: Node) -> None:
        known = {"name", "path", "shouldExist", "permissions", "uid", "gid"}
        values = {entry.key.text: entry.value for entry in self._entries(node, known, "a fileExistenceTest")}
        path = self._path(node, values)
        said: dict[str, Any] = {}
        if "shouldExist" in values and not _flag(values["shouldExist"]):
            self._file(node, path, {"exists": False})
            return
        if "permissions" in values:
            said["mode"] = _mode(values["permissions"])
        owner = {key: _text(values[key]) for key in ("uid", "gid") if key in values}
        if "gid" in owner and "uid" not in owner:
            self._note(values["gid"], f"{path}: a policy names a group beside its user only")
        elif "uid" in owner:
            said["owner"] = ":".join(owner[key] for key in ("uid", "gid") if key in owner)
        self._file(node, path, said)

    def _content(self, node: Node) -> None:
        known = {"name", "path", "expectedContents", "excludedContents"}
        values = {entry.key.text: entry.value for entry in self._entries(node, known, "a fileContentTest")}
        said: dict[str, Any] = {}
        for key, ours in (("expectedContents", "content"), ("excludedContents", "no-content")):
            if key in values:
                said[ours] = self._patterns(values[key])
        self._file(node, self._path(node, values), said)

    def _command(self, node: Node) -> None:
        streams = {
            "expectedOutput": "stdout",
            "excludedOutput": "no-stdout",
            "expectedError": "stderr",
            "excludedError": "no-stderr",
        }
        known = {"name", "command", "args", "envVars", "exitCode", "setup", "teardown", *streams}
        values = {entry.key.text: entry.value for entry in self._entries(node, known, "a commandTest")}
        if self.hinders_commands:
            raise _CannotError(node, f"it is left out, since {self.hinders_commands}")
        if "setup" in values and _items(values["setup"]):
            raise _CannotError(values["setup"], "it is left out, since each command runs in a container of its own")
        if "command" not in values or not _text(values["command"]):
            raise _CannotError(node, "it has no command")
        words = [_text(values["command"]), *map(_text, _items(values["args"]) if "args" in values else ())]
        said: dict[str, Any] = {"name": _text(values["name"])} if "name" in values and _text(values["name"]) else {}
        said["command"] = words
        env = {**self.env, **(self._variables(values["envVars"]) if "envVars" in values else {})}
        said |= {"env": env} if env else {}
        if "exitCode" in values:
            said["exit-code"] = _number(values["exitCode"], 255)
        for key, ours in streams.items():
            if key in values and (patterns := self._patterns(values[key])):
                said[ours] = patterns
        said |= {"capabilities": self.capabilities} if self.capabilities else {}
        self.expect.setdefault("commands", []).append(said)

    def _metadata(self, node: Node) -> None:
        handlers: dict[str, Callable[[Node], None]] = {
            "envVars": lambda value: self._settings("env", value),
            "env": lambda value: self._settings("env", value),
            "labels": lambda value: self._settings("labels", value),
            "unboundEnvVars": self._unbound,
            "exposedPorts": lambda value: self._named_flags("ports", value, _PORT, True),
            "unexposedPorts": lambda value: self._named_flags("ports", value, _PORT, False),
            "volumes": lambda value: self._named_flags("volumes", value, _PATH, True),
            "unmountedVolumes": lambda value: self._named_flags("volumes", value, _PATH, False),
            "entrypoint": lambda value: self._words("exec", value),
            "cmd": lambda value: self._words("cmd", value),
            "workdir": lambda value: self._one("workdir", value, _PATH),
            "user": lambda value: self._one("user", value, _USER),
        }
        for entry in self._entries(node, set(handlers), "a metadataTest"):
            self._try(handlers[entry.key.text], entry.value, f"metadataTest.{entry.key.text}")

    # -- parts of metadata

    def _settings(self, key: str, node: Node) -> None:
        for item in _items(node):
            values = {e.key.text: e.value for e in self._entries(item, {"key", "value", "isRegex"}, f"one of {key}")}
            name = _text(values["key"]) if "key" in values else ""
            if not name:
                raise _CannotError(item, "it has no key")
            value = _text(values["value"]) if "value" in values else ""
            if "isRegex" in values and _flag(values["isRegex"]):
                self._put(key, name, {"pattern": self._pattern(values["value"])} if value else True, item)
            else:
                self._put(key, name, value, item)

    def _unbound(self, node: Node) -> None:
        for item in _items(node):
            name = item.get("key") if isinstance(item, Mapping) else item
            self._put("env", _text(name if name is not None else item), False, item)

    def _named_flags(self, key: str, node: Node, form: re.Pattern[str], there: bool) -> None:
        for item in _items(node):
            self._put(key, self._named(form, item, f"what a policy takes under `{key}`"), there, item)

    def _words(self, key: str, node: Node) -> None:
        self.expect[key] = [_text(item) for item in _items(node)]

    def _one(self, key: str, node: Node, form: re.Pattern[str]) -> None:
        if _text(node):
            self.expect[key] = self._named(form, node, f"what a policy takes as `{key}`")

    # -- what all have

    def _each(self, node: Node, convert: Callable[[Node], None]) -> None:
        for item in _items(node):
            name = item.get("name") if isinstance(item, Mapping) else None
            self._try(convert, item, repr(name.text) if isinstance(name, Scalar) else "a test without a name")

    def _try(self, convert: Callable[[Node], None], node: Node, what: str) -> None:
        try:
            convert(node)
        except _CannotError as error:
            self._note(error.node, f"{what}: {error.why}")

    def _note(self, node: Node, text: str) -> None:
        self.notes.append(Note(self.source.position(node.start)[0], text))

    def _entries(self, node: Node, known: set[str], what: str) -> Iterator[Entry]:
        """The entries of a mapping that are known; of each other one a note."""
        if not isinstance(node, Mapping):
            raise _CannotError(node, f"{what} is a mapping")
        for entry in node.entries:
            if isinstance(entry.key, Scalar) and entry.key.text in known:
                yield entry
            else:
                shown = repr(entry.key.text) if isinstance(entry.key, Scalar) else "a key that is no word"
                self._note(entry.key, f"{shown} of {what} cannot be converted")

    def _put(self, key: str, name: str, value: Any, node: Node) -> None:
        group = self.expect.setdefault(key, {})
        if group.setdefault(name, value) != value:
            raise _CannotError(node, f"{name} is asked for in two ways; the first counts")

    def _path(self, node: Node, values: dict[str, Node]) -> str:
        if "path" not in values:
            raise _CannotError(node, "it has no path")
        path = self._named(_PATH, values["path"], "an absolute path without ..")
        return path.rstrip("/") or "/"

    def _file(self, node: Node, path: str, said: dict[str, Any]) -> None:
        """Add what is said of a file to what other tests say of it."""
        files = self.expect.setdefault("files", {})
        before = files.get(path)
        old: dict[str, Any] = before if isinstance(before, dict) else {"exists": False} if before is False else {}
        both = old.keys() & said.keys()
        if any(old[key] != said[key] for key in both if key not in ("content", "no-content")) or (
            before is not None and ("exists" in old) != ("exists" in said)
        ):
            raise _CannotError(node, f"{path} is asked for in two ways; the first counts")
        merged = {**old, **said}
        for key in both & {"content", "no-content"}:
            merged[key] = [*old[key], *(each for each in said[key] if each not in old[key])]
        files[path] = False if "exists" in merged else {k: v for k, v in merged.items() if v != []} or True

    def _variables(self, node: Node) -> dict[str, str]:
        found = {}
        for item in _items(node):
            values = {e.key.text: e.value for e in self._entries(item, {"key", "value"}, "a variable")}
            if "key" not in values:
                raise _CannotError(item, "it has no key")
            name = self._named(_VARIABLE, values["key"], "the name of a variable")
            value = _text(values["value"]) if "value" in values else ""
            if "$" in value:
                raise _CannotError(values["value"], f"it is left out, since the image expands {value!r} in no policy")
            found[name] = value
        return found

    def _patterns(self, node: Node) -> list[str]:
        return [self._pattern(item) for item in _items(node) if _text(item)]

    def _pattern(self, node: Node) -> str:
        try:
            return python_pattern(_text(node))
        except UnlikePythonError as error:
            raise _CannotError(node, f"the pattern {_text(node)!r} cannot be converted: {error}") from None

    def _named(self, form: re.Pattern[str], node: Node, expected: str) -> str:
        text = _text(node)
        found = form.fullmatch(text)
        if found is None:
            raise _CannotError(node, f"{text!r} is not {expected}")
        return found[1] if form.groups else text


def _items(node: Node) -> tuple[Node, ...]:
    """The items of a list; none of nothing."""
    if isinstance(node, Sequence):
        return node.items
    if isinstance(node, Scalar) and node.kind == "null":
        return ()
    raise _CannotError(node, "a list is expected")


def _text(node: Node) -> str:
    if not isinstance(node, Scalar):
        raise _CannotError(node, "a single value is expected")
    return "" if node.kind == "null" else node.text


def _flag(node: Node) -> bool:
    text = _text(node).lower()
    if text not in ("true", "false"):
        raise _CannotError(node, f"true or false is expected, not {text!r}")
    return text == "true"


def _number(node: Node, largest: int) -> int:
    text = _text(node)
    if not re.fullmatch(r"[0-9]{1,5}", text) or int(text) > largest:
        raise _CannotError(node, f"{text!r} is not a number from 0 to {largest}")
    return int(text)


def _mode(node: Node) -> str:
    """Octal digits for permissions as Go prints them: "-rwxr-xr-x", "drwx------", "urwxr-xr-x"."""
    found = _RIGHTS.fullmatch(_text(node))
    if found is None:
        raise _CannotError(node, f"{_text(node)!r} is not permissions of a file or folder, such as '-rw-r--r--'")
    bits = sum(_SPECIAL.get(letter, 0) for letter in set(found[1]))
    for letter in found[2]:
        bits = (bits & 0o7000) | ((bits & 0o777) << 1) | (letter != "-")
    return f"{bits:04o}"
