"""The flags of each instruction (`--from=x`), and what BuildKit refuses of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wxlint.core.patterns import late
from wxlint.core.suggest import did_you_mean
from wxlint.core.tuples import NamedTuple
from wxlint.documents.dockerfile.word_grammar import WordError, parse_word

if TYPE_CHECKING:
    from wxlint.documents.dockerfile.reader import Flag, Instruction

_SWITCH, _TEXT, _MANY = "switch", "text", "many"
_ANY = frozenset(("ARG", "STOPSIGNAL"))
"""Instructions whose flags are passed over, whatever they are."""
FLAGS: dict[str, dict[str, str]] = {
    "ADD": {
        "chown": _TEXT,
        "chmod": _TEXT,
        "link": _SWITCH,
        "keep-git-dir": _SWITCH,
        "checksum": _TEXT,
        "unpack": _SWITCH,
        "exclude": _MANY,
    },
    "COPY": {
        "chown": _TEXT,
        "from": _TEXT,
        "chmod": _TEXT,
        "link": _SWITCH,
        "parents": _SWITCH,
        "exclude": _MANY,
    },
    "FROM": {"platform": _TEXT},
    "HEALTHCHECK": {
        "interval": _TEXT,
        "timeout": _TEXT,
        "start-period": _TEXT,
        "start-interval": _TEXT,
        "retries": _TEXT,
    },
    "RUN": {"mount": _MANY, "network": _TEXT, "security": _TEXT, "device": _MANY},
}
"""What each flag takes: nothing or true/false, one text, or texts by repeating it."""
_EXPANDED = frozenset(("chown", "chmod", "checksum", "exclude", "platform"))
_ALLOWED = {"network": ("default", "none", "host"), "security": ("sandbox", "insecure")}

_MOUNT_KEYS = frozenset(
    "type from source src target dst destination readonly ro readwrite rw required size id sharing mode uid gid"
    " env".split()
)
_MOUNT_SWITCHES = frozenset(("readonly", "ro", "readwrite", "rw", "required"))
_RELABEL = frozenset(("z", "Z", "U", "relabel"))
"""Podman's own, which a file that podman builds may hold."""
_MOUNT_VALUES = {
    "type": ("bind", "cache", "tmpfs", "secret", "ssh"),
    "sharing": ("shared", "private", "locked"),
}
_PLATFORM_PART = late(r"[A-Za-z0-9_.-]+(?:\([A-Za-z0-9_.+-]*\))?")
_DURATION = late(r"[+-]?(?:0|(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+)")
_UNITS = late(r"(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)")
_SECONDS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_SHORTEST = 1e-3


class Refusal(NamedTuple):
    """What BuildKit refuses of an instruction.

    start, end: offsets into its text. is_unknown_flag: another frontend may know the flag.
    """

    start: int
    end: int
    message: str
    is_unknown_flag: bool = False


def flag_refusal(instruction: Instruction) -> Refusal | None:
    """The first flag that the instruction does not take, or not so."""
    keyword = instruction.keyword
    if keyword in _ANY or (keyword == "HEALTHCHECK" and instruction.args[:4].upper() == "NONE"):
        return None
    known = FLAGS.get(keyword, {})
    seen: set[str] = set()
    for flag in instruction.flags:
        message = _flag_problem(flag, known, seen)
        if message:
            return Refusal(flag.start, flag.end, f"{keyword}: {message}", is_unknown_flag=flag.name not in known)
        seen.add(flag.name)
    return None


def _flag_problem(flag: Flag, known: dict[str, str], seen: set[str]) -> str:
    kind = known.get(flag.name)
    if kind is None:
        return f"unknown flag --{flag.name}{did_you_mean(flag.name, known, '--{}'.format)}"
    if flag.name in seen and kind != _MANY:
        return f"--{flag.name} is given twice"
    if kind == _SWITCH:
        given = "true" if flag.value is None else flag.value.lower()
        return "" if given in ("true", "false") else f"--{flag.name} is true or false, not {flag.value!r}"
    if flag.value is None:
        return f"--{flag.name} has no value"
    return _value_problem(flag.name, flag.value)


def _value_problem(name: str, value: str) -> str:
    if name == "mount":
        return _mount_problem(value)
    if name in _ALLOWED:
        return "" if value in _ALLOWED[name] else f"--{name} is {' or '.join(_ALLOWED[name])}, not {value!r}"
    if name == "from":
        return _from_problem(value)
    if name == "retries":
        return "" if not value or _is_count(value) else f"--retries is a number, not {value!r}"
    if name in _EXPANDED:
        problem = word_problem(value)
        if problem or name != "platform" or "$" in value:
            return problem and f"--{name}: {problem}"
        return "" if not value or _is_platform(value) else f"--platform is an os/architecture/variant, not {value!r}"
    return _duration_problem(name, value) if name in FLAGS["HEALTHCHECK"] else ""


def _from_problem(value: str) -> str:
    return "--from takes no variables; start a stage FROM the image, and name the stage" if "$" in value else ""


def _is_count(value: str) -> bool:
    digits = value.removeprefix("+")
    return digits.isascii() and digits.isdigit() and int(digits[-12:]) < 2**31


def _is_platform(value: str) -> bool:
    parts = value.split("/")
    return len(parts) <= 3 and all(part and _PLATFORM_PART.fullmatch(part) for part in parts)


def _duration_problem(name: str, value: str) -> str:
    if not value:
        return ""
    if not _DURATION.fullmatch(value):
        return f"--{name} is a time such as 30s or 1m30s, not {value!r}"
    length = sum([float(number) * _SECONDS[unit] for number, unit in _UNITS.findall(value)])
    if length and (value.startswith("-") or length < _SHORTEST):
        return f"--{name} is at least 1ms, not {value!r}"
    return ""


def mount_fields(value: str) -> list[str]:
    """The fields of `--mount=`: separated by commas, in double quotes where they hold one."""
    if '"' not in value:
        return value.split(",")
    import csv

    return next(csv.reader([value]), [])


def _mount_problem(value: str) -> str:
    if not value:
        return "--mount is empty"
    fields = mount_fields(value)
    kind = "bind"
    keys = set()
    for field in fields:
        key, equals, text = field.partition("=")
        lower = key.lower()
        keys.add(lower)
        if key in _RELABEL:
            continue
        if lower not in _MOUNT_KEYS:
            return f"--mount has no field {key!r}"
        if not equals:
            if lower not in _MOUNT_SWITCHES:
                return f"--mount: {key} has no value"
        elif lower == "from":
            if "$" in text:
                return "--mount: from takes no variables; start a stage FROM the image, and name the stage"
        elif "$" not in text and lower in _MOUNT_VALUES:
            if text.lower() not in _MOUNT_VALUES[lower]:
                return f"--mount: {lower} is one of {', '.join(_MOUNT_VALUES[lower])}, not {text!r}"
            kind = text.lower() if lower == "type" else kind
        elif lower == "type":
            kind = ""
    if kind == "secret" and "from" in keys:
        return "--mount: a secret has no from"
    return ""


def word_problem(text: str, escape: str = "\\") -> str:
    """Why BuildKit refuses a word whatever its variables hold; empty when it does not."""
    try:
        parse_word(text, escape)
    except WordError as error:
        return str(error)
    return ""
