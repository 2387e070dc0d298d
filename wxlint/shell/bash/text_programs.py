"""What the few programs print that only compute a text (echo, printf, dirname, basename, cut, tr, sed, seq), and what
grep finds."""

from __future__ import annotations

import posixpath
import re

from wxlint.core.machines import PROCESSORS
from wxlint.core.patterns import late
from wxlint.core.reasons import Reason
from wxlint.core.values import HOLE, Value
from wxlint.shell.model import Word
from wxlint.shell.values import MAX_TEXT, ROOT, absolute, is_open, joined, merged, relative, spaced

_SED = late(r"s([/|,#:@!])((?:(?!\1)[^\\]|\\.)*)\1((?:(?!\1)[^\\]|\\.)*)\1(g?)\Z", re.S)
_FORMAT = late(r"%(?:(%)|([-0 +#]*)(\d*)(?:\.(\d+))?([a-zA-Z]))|\\(.)", re.S)
_ESCAPES = {"n": "\n", "t": "\t", "\\": "\\", '"': '"'}
_SEQUENCE = late(r"-?\d{1,6}\Z")
_GREP_OPTION = late(r"-[qsiFEx]+|--(?:quiet|silent|no-messages|ignore-case|fixed-strings|extended-regexp|line-regexp)")
_GREP_PATTERN = late(r"(\^?)((?:[^\\^$.*+?(){}|\[\]\n]|\.|\\\.)*)(\$?)")
_LONG = {"--ignore-case": "i", "--fixed-strings": "F", "--line-regexp": "x"}
SOURCES = frozenset(("echo", "printf", "dirname", "basename", "pwd", "realpath", "readlink", "seq"))
"""Programs whose output their arguments say."""
FILTERS = frozenset(("tr", "cut", "sed", "cat"))
"""Programs whose output what they are given says."""
OF_THE_MACHINE = frozenset(("uname", "arch", "dpkg"))
"""Programs that may say for which machine they are."""


def printed(words: list[Word], cwd: Value | None, bash: bool) -> Value | None:
    """What a program prints, line ends included; None when that is not known."""
    name, rest = words[0].value.text, _closed_up(words[1:])
    if name == "echo":
        return _echo(rest, bash)
    if name == "printf":
        return formatted(rest)
    if name == "pwd":
        return _line(absolute(cwd)) if cwd is not None and cwd.text != HOLE else None
    if name == "seq":
        return _seq(rest)
    paths = [value for value in rest if value.text not in ("-f", "-e", "-m", "--", "-s", "-n")]
    if name in ("realpath", "readlink"):
        if len(paths) != 1 or (name == "readlink" and len(rest) == 1):
            return None
        found = inside(cwd, paths[0])
        return _line(absolute(found)) if found.text != HOLE else None
    if name in ("dirname", "basename") and paths and len(paths) <= (2 if name == "basename" else 1):
        return _line(_path(name, paths))
    return None


def repository_root(words: list[Value], cwd: Value | None, script: str) -> Value | None:
    """What `git rev-parse --show-toplevel` prints where the script lies, and above it; None anywhere else, for that may
    be another repository, and for any other command of git. script: its path, empty where it is no file."""
    rest = words[1:]
    if len(rest) > 2 and rest[0].text == "-C":
        cwd, rest = inside(cwd, rest[1]), rest[2:]
    if not script or [value.text for value in rest] != ["rev-parse", "--show-toplevel"]:
        return None
    if cwd is not None and cwd.text != "." and not (cwd.known and f"{script}/".startswith(f"{cwd.text}/")):
        return None
    return _line(absolute(Value(".")))


def machine_name(words: list[Value], machine: str) -> Value | None:
    """What `uname -m`, `arch` and `dpkg --print-architecture` print; None where it is not known, and of other options.

    machine: as uname prints it, "" where it is not known.
    """
    asked = " ".join(value.text for value in words)
    name = PROCESSORS.get(machine) if asked.startswith("dpkg") else machine
    if asked not in ("uname -m", "uname --machine", "arch", "dpkg --print-architecture") or not name:
        return None
    return Value(name + "\n", (), (Reason("platform", f"built for {machine}"),))


def _line(value: Value | None) -> Value | None:
    return None if value is None else joined([value, Value("\n")])


def _closed_up(words: list[Word]) -> list[Value]:
    """The values of arguments as `echo` joins them: an unknown word that may be none takes the space beside it."""
    out: list[Value] = []
    glue = False
    for number, word in enumerate(words):
        value = word.value
        nothing = not word.quoted and not value.text.strip(HOLE) and is_open(value)
        if number and (nothing or glue):
            before = out.pop()
            value = Value(before.text + value.text, before.holes + value.holes, merged(before.because, value.because))
        glue = nothing and (glue or not number)
        out.append(value)
    return out


def _echo(rest: list[Value], bash: bool) -> Value | None:
    end = [Value("\n")]
    at = 0
    while at < len(rest) and re.fullmatch(r"-[neE]+" if bash else r"-n", rest[at].text):
        if "e" in rest[at].text:
            return None
        end = [] if "n" in rest[at].text else end
        at += 1
    rest = rest[at:]
    if rest and (rest[0].text.startswith("-") or rest[0].text[:1] == HOLE) and not bash:
        return None
    if any("\\" in value.text for value in rest) and not bash:
        return None
    return joined([spaced(rest), *end])


def _seq(rest: list[Value]) -> Value | None:
    if not 1 <= len(rest) <= 3 or any(value.holes or not _SEQUENCE.match(value.text) for value in rest):
        return None
    numbers = [int(value.text) for value in rest]
    first, step, last = (1, 1, numbers[0]) if len(numbers) == 1 else (numbers[0], 1, numbers[-1])
    step = numbers[1] if len(numbers) == 3 else step
    if not step or abs(last - first) // abs(step) > 1000:
        return None
    found = range(first, last + (1 if step > 0 else -1), step)
    return Value("".join(f"{number}\n" for number in found), (), merged(rest[0].because, rest[-1].because))


def formatted(rest: list[Value]) -> Value | None:
    """What printf prints; None for a format that is not read."""
    if rest and rest[0].text == "--":
        rest = rest[1:]
    if not rest or rest[0].holes or rest[0].text.startswith("-"):
        return None
    pieces = _pieces(rest[0].text)
    if pieces is None:
        return None
    arguments = iter(rest[1:])
    left = len(rest) - 1
    wanted = sum(1 for kind, *_ in pieces if kind != "text")
    out: list[Value] = []
    for _ in range(1000):
        for kind, text, width in pieces:
            if kind == "text":
                out.append(Value(text))
                continue
            given = next(arguments, None) or Value("0" if kind == "d" else "")
            left -= 1
            piece = _converted(kind, text, width, given)
            if piece is None:
                return None
            out.append(piece)
        if left <= 0 or not wanted:
            return joined(out) if out else Value("")
    return None


def _pieces(text: str) -> list[tuple[str, str, int]] | None:
    """A format in pieces: ("text", TEXT, 0), or ("s" or "d", flags, width)."""
    pieces: list[tuple[str, str, int]] = []
    at = 0
    for match in _FORMAT.finditer(text):
        if "%" in text[at : match.start()] or "\\" in text[at : match.start()]:
            return None
        pieces.append(("text", text[at : match.start()], 0))
        at = match.end()
        if match[1]:
            pieces.append(("text", "%", 0))
        elif match[6]:
            if match[6] not in _ESCAPES:
                return None
            pieces.append(("text", _ESCAPES[match[6]], 0))
        elif match[5] in "sd" and match[4] is None and match[2] in ("", "0", "-") and len(match[3]) < 4:
            pieces.append((match[5], match[2], int(match[3] or 0)))
        else:
            return None
    if "%" in text[at:] or "\\" in text[at:]:
        return None
    pieces.append(("text", text[at:], 0))
    return pieces


def _converted(kind: str, flags: str, width: int, value: Value) -> Value | None:
    if not width and kind == "s":
        return value
    if value.holes:
        return None
    text = value.text
    if kind == "d":
        if not re.fullmatch(r"-?(?:0|[1-9]\d{0,15})", text):
            return None
        text = text.zfill(width) if flags == "0" else text
    elif flags == "0":
        return None
    return value._replace(text=text.ljust(width) if flags == "-" else text.rjust(width))


def _path(name: str, paths: list[Value]) -> Value | None:
    value = paths[0]
    text = value.text.rstrip("/") or value.text[:1]
    head, slash, tail = text.rpartition("/")
    if name == "dirname":
        if HOLE in tail:  # an unknown last part may hold slashes
            return None
        if not slash:
            return value._replace(text=".", holes=())
        head = head.rstrip("/") or "/"
        return Value(head, value.holes[: head.count(HOLE)], value.because)
    if HOLE in tail:
        return None
    tail = tail or text
    if len(paths) > 1:
        if paths[1].holes:
            return None
        suffix = paths[1].text
        tail = tail.removesuffix(suffix) if tail != suffix else tail
    return Value(tail, (), merged(value.because, paths[1].because if len(paths) > 1 else ()))


def inside(cwd: Value | None, path: Value) -> Value:
    """A path as seen from a directory."""
    if path.text[:1] == HOLE and path.holes[0] == ROOT:
        path, cwd = relative(path), None
    if not path.holes and not path.text:
        return cwd or Value("")
    if path.text.startswith(("/", "~", HOLE)) or cwd is None or not cwd.text:
        text = path.text if path.holes or path.text.startswith("~") else posixpath.normpath(path.text)
        return path._replace(text=text)
    text = f"{cwd.text.rstrip('/') or ''}/{path.text}"
    if not cwd.holes and not path.holes:
        text = posixpath.normpath(text)
    return Value(text[:4000], (cwd.holes + path.holes)[: text[:4000].count(HOLE)], (*cwd.because, *path.because)[:12])


def filtered(words: list[Value], text: Value) -> Value | None:
    """What a filter makes of what it reads; None when that is not known."""
    if words[0].text == "cat":
        return text if all(word.text == "-" for word in words[1:]) else None
    if text.holes or any(word.holes for word in words):
        return None
    name, args = words[0].text, [w.text for w in words[1:]]
    lines, end = (text.text[:-1], "\n") if text.text.endswith("\n") else (text.text, "")
    found: str | None = None
    if name == "tr":
        found, end = _tr(args, text.text), ""
    elif name == "cut" and "\n" not in lines:
        found = _cut(args, lines)
    elif name == "sed" and "\n" not in lines:
        found = _sed(args, lines)
    return None if found is None or len(found) > MAX_TEXT else text._replace(text=found + end)


def _set(text: str) -> str | None:
    for name, meaning in (("upper", "A-Z"), ("lower", "a-z"), ("space", " \t\n"), ("digit", "0-9")):
        text = text.replace(f"[:{name}:]", meaning)
    text = text.replace("\\n", "\n")
    if "[:" in text or "[=" in text or "\\" in text:
        return None
    return re.sub(
        r"(.)-(.)",
        lambda m: "".join(map(chr, range(ord(m[1]), ord(m[2]) + 1))) if ord(m[2]) - ord(m[1]) < 300 else m[0],
        text,
        flags=re.S,
    )


def _tr(args: list[str], text: str) -> str | None:
    if len(args) == 2 and args[0] in ("-d", "--delete"):
        gone = _set(args[1])
        return None if gone is None else "".join(c for c in text if c not in gone)
    if len(args) == 2 and not args[0].startswith("-") and text.isascii():
        old, new = _set(args[0]), _set(args[1])
        if not old or not new:
            return None
        return text.translate({ord(c): new[min(i, len(new) - 1)] for i, c in enumerate(old)})
    return None


def _cut(args: list[str], text: str) -> str | None:
    joined_args = " ".join(args)
    match = re.fullmatch(r"(?:-d ?(.)|-f ?([\d,-]+)) (?:-d ?(.)|-f ?([\d,-]+))", joined_args)
    if not match:
        return None
    mark, spec = match[1] or match[3], match[2] or match[4]
    if not mark or not spec:
        return None
    fields = text.split(mark)
    if len(fields) == 1:
        return text
    wanted: set[int] = set()
    for item in spec.split(","):
        span = re.fullmatch(r"(\d{0,3})(-?)(\d{0,3})", item)
        if not span or not (span[1] or span[3]):
            return None
        low = int(span[1] or 1)
        wanted.update(range(low, int(span[3] or len(fields)) + 1) if span[2] else (low,))
    return mark.join(field for number, field in enumerate(fields, 1) if number in wanted)


def _sed(args: list[str], text: str) -> str | None:
    """`sed s/a/b/` of literal text."""
    args = [a for a in args if a not in ("-e", "-E", "-r")]
    match = _SED.match(args[0]) if len(args) == 1 else None
    if not match:
        return None
    old, new = match[2], match[3]
    if re.search(r"[*+?(){}|^$\\\[]", old.replace("\\.", "").replace("\\/", "")) or "&" in new or "\\" in new:
        return None
    regex = "".join("." if p == "." else re.escape(p.replace("\\", "")) for p in re.split(r"(\\.|\.)", old))
    return re.sub(regex, lambda _: new, text, count=0 if match[4] else 1) if old else None


def grep_finds(words: list[Value], text: Value) -> bool | None:
    """Whether `grep` finds a line in what it reads; None where that is not known: of patterns, a text and the dot are
    read, from the beginning of a line and to its end."""
    if any(word.holes for word in words):
        return None
    rest = [word.text for word in words[1:]]
    flags = "F" if words[0].text == "fgrep" else ""
    at = 0
    while at < len(rest) and _GREP_OPTION.fullmatch(rest[at]):
        flags += _LONG.get(rest[at], "") if rest[at].startswith("--") else rest[at]
        at += 1
    rest = rest[at:]
    if rest and rest[0] in ("-e", "--"):
        rest = rest[1:]
    elif rest and rest[0].startswith("-"):
        return None
    if len(rest) != 1 or ("i" in flags and not (rest[0] + text.text).isascii()):
        return None
    match = _GREP_PATTERN.fullmatch(rest[0]) if "F" not in flags and "\n" not in rest[0] else None
    if match is None and ("F" not in flags or "\n" in rest[0]):
        return None
    regex = re.escape(rest[0])
    if match is not None:
        body = "".join(piece if piece in (".", "\\.") else re.escape(piece) for piece in re.split(r"(\\?\.)", match[2]))
        regex = f"{match[1]}{body}" + (r"\Z" if match[3] else "")
    compiled = re.compile(regex, re.I if "i" in flags else 0)
    lines = text.text.removesuffix("\n").split("\n") if text.text else []
    return any(map(compiled.fullmatch if "x" in flags else compiled.search, lines))
