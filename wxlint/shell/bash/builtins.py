"""Shell builtins that change what later commands see, and commands that run a text."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from wxlint.core.patterns import late
from wxlint.core.values import HOLE, Value
from wxlint.shell.bash.conditions import words_test
from wxlint.shell.bash.tree import Simple
from wxlint.shell.model import Command, Word
from wxlint.shell.state import MAYBE, NO, RAN, YES, Status, fresh
from wxlint.shell.values import NO_ARGUMENTS, UNSET, Arguments, hole, spaced
from wxlint.shell.wrappers import unwrap

if TYPE_CHECKING:
    from wxlint.shell.bash.interpreter import Runner

Builtin = Callable[["Runner", Simple, "list[Word]"], Status | None]
"""What a builtin does. None: it is given as a command like any other; a Status: it is not."""
_NAME = late(r"[A-Za-z_]\w*")
MAY_RUN_TEXT = frozenset(
    "bash sh dash ash zsh su sudo doas env time timeout gosu su-exec command nohup exec nice xargs".split()
)
"""Commands that inner_text looks at."""
_SHELLS = frozenset(("bash", "sh", "dash", "ash", "zsh"))


def _declare(runner: Runner, node: Simple, words: list[Word]) -> Status | None:
    """export, local, declare, readonly, typeset."""
    kind = node.words[0].literal
    options = "".join(w.value.text for w in words[1:] if w.value.text.startswith("-"))
    local = kind == "local" or (kind in ("declare", "typeset") and "g" not in options)
    exporting = kind == "export" or "x" in options
    for assign in node.declared.values():
        if local:
            runner.local(assign.name)
        if "n" in options and kind != "export":
            runner.set(assign.name, hole(f"${{{assign.name}}}"))
            continue
        runner.assign(assign)
        if exporting and "n" not in options:
            runner.export(assign.name)
    for word in words[1:]:
        name = word.value.text
        if not _NAME.fullmatch(name):
            if "=" in name and not name.startswith("-"):
                key, _, rest = name.partition("=")
                if _NAME.fullmatch(key):
                    runner.set(key, Value(rest, word.value.holes, word.value.because))
            continue
        if exporting and "f" not in options:
            if "n" in options:
                runner.exported.pop(name, None)
                runner.exports = None
            else:
                runner.export(name)
        elif local and runner.frames and name not in runner.frames[-1].hidden:
            runner.local(name)
            runner.set(name, {} if "A" in options or "a" in options else UNSET)
        elif "A" in options and name not in runner.vars:
            runner.set(name, {})
    return YES


def _cd(runner: Runner, node: Simple, words: list[Word]) -> Status | None:
    rest = [w for w in words[1:] if w.value.text not in ("-P", "-L", "--", "-e")]
    if not rest:
        runner.cwd = hole("$HOME")
    elif words[0].value.text == "pushd" or rest[0].value.text != "-":
        if words[0].value.text == "pushd":
            runner.dirs.append(runner.cwd)
        runner.cwd = inside(runner.cwd, rest[0].value)
    else:
        runner.cwd = hole("$OLDPWD")
    return None


def inside(cwd: Value | None, path: Value) -> Value:
    """A path as seen from a directory."""
    if not path.holes and not path.text:
        return cwd or Value("")
    if path.text.startswith(("/", "~", HOLE)) or cwd is None or not cwd.text:
        text = path.text if path.holes or path.text.startswith("~") else posixpath.normpath(path.text)
        return path._replace(text=text)
    text = f"{cwd.text.rstrip('/') or ''}/{path.text}"
    if not cwd.holes and not path.holes:
        text = posixpath.normpath(text)
    return Value(text[:4000], (cwd.holes + path.holes)[: text[:4000].count(HOLE)], (*cwd.because, *path.because)[:12])


def _popd(runner: Runner, node: Simple, words: list[Word]) -> Status | None:
    runner.cwd = runner.dirs.pop() if runner.dirs else hole("popd")
    return None


def _exit(runner: Runner, node: Simple, words: list[Word]) -> Status | None:
    runner.flow = "exit"
    return RAN


def _return(runner: Runner, node: Simple, words: list[Word]) -> Status | None:
    runner.flow = "return"
    status = RAN
    if len(words) > 1:
        code = words[1].value
        status = MAYBE if code.holes else YES if code.text == "0" else NO
    if runner.frames:
        runner.frames[-1].returns(status)
    return status


def _break(runner: Runner, node: Simple, words: list[Word]) -> Status | None:
    runner.flow = words[0].value.text
    return RAN


def _set(runner: Runner, node: Simple, words: list[Word]) -> Status | None:
    for number, word in enumerate(words[1:], 1):
        text = word.value.text
        if text == "--":
            values = tuple(w.value for w in words[number + 1 :])
            more = any(v.text == HOLE for v in values)
            runner.args = Arguments((), True) if more else Arguments(values)
            break
        if not text.startswith(("-", "+")):
            if re.fullmatch(r"[-+][a-zA-Z]*o", words[number - 1].value.text):
                continue
            runner.args = Arguments(tuple(w.value for w in words[number:]), any(w.value.holes for w in words[number:]))
            break
    return YES


def _shift(runner: Runner, node: Simple, words: list[Word]) -> Status | None:
    count = 1
    if len(words) > 1:
        count = int(words[1].value.text) if re.fullmatch(r"\d{1,4}", words[1].value.text) else 9999
    args = runner.args
    runner.args = Arguments(args.known[count:], args.more, False)
    return YES


def _unset(runner: Runner, node: Simple, words: list[Word]) -> Status | None:
    for word in words[1:]:
        if _NAME.fullmatch(word.value.text):
            runner.set(word.value.text, UNSET)
    return YES


def _read(runner: Runner, node: Simple, words: list[Word]) -> Status | None:
    """read, mapfile, readarray."""
    skip = False
    names = []
    for word in words[1:]:
        text = word.value.text
        if skip:
            skip = False
        elif text.startswith("-") and len(text) > 1:
            skip = text[-1] in "pdnNtuiOsC" and text not in ("-s", "-rs", "-sr")
            if text[-1] == "a":
                skip = False
        elif _NAME.fullmatch(text):
            names.append(text)
    for name in names or ["REPLY" if words[0].value.text == "read" else "MAPFILE"]:
        runner.set(name, hole(f"${{{name}}}"))
    runner.emit(node.start, node.end, tuple(words))
    return MAYBE


def _getopts(runner: Runner, node: Simple, words: list[Word]) -> Status | None:
    unused = fresh(runner)
    for name in ("OPTARG", *([words[2].value.text] if len(words) > 2 and _NAME.fullmatch(words[2].value.text) else [])):
        runner.set(name, hole(f"${{{name}}}"))
    return Status(False, False, (NO_ARGUMENTS,)) if unused else MAYBE


def _printf(runner: Runner, node: Simple, words: list[Word]) -> Status | None:
    if len(words) > 2 and words[1].value.text == "-v" and _NAME.fullmatch(words[2].value.text):
        runner.set(words[2].value.text, hole(f"${{{words[2].value.text}}}"))
    return None


def _let(runner: Runner, node: Simple, words: list[Word]) -> Status | None:
    for word in words[1:]:
        match = _NAME.match(word.value.text)
        if match:
            runner.set(match[0], hole(f"${{{match[0]}}}"))
    return RAN


def _eval(runner: Runner, node: Simple, words: list[Word]) -> Status | None:
    if len(words) < 2:
        return YES
    word = words[1]
    if len(words) > 2:
        word = Word(spaced([each.value for each in words[1:]]), word.start, words[-1].end, True)
    if word.value.text == HOLE:
        return None
    return RAN if runner.read_again(word) else None


def _brackets(runner: Runner, node: Simple, words: list[Word]) -> Status | None:
    values = [w.value for w in words[1:]]
    texts = list(node.words[1:])
    if words[0].value.text == "[":
        if values and values[-1].text == "]":
            values.pop()
            texts = texts[:-1]
    return words_test(values, texts if len(texts) == len(values) else [])


def _true(runner: Runner, node: Simple, words: list[Word]) -> Status | None:
    return YES


def _false(runner: Runner, node: Simple, words: list[Word]) -> Status | None:
    return NO


def _command(runner: Runner, node: Simple, words: list[Word]) -> Status | None:
    if len(words) > 1 and words[1].value.text in ("-v", "-V"):
        runner.emit(node.start, node.end, tuple(words))
        return MAYBE
    return None


def _exec(runner: Runner, node: Simple, words: list[Word]) -> Status | None:
    if len(words) == 1:
        return YES  # only redirections
    runner.emit(node.start, node.end, tuple(words))
    runner.flow = "exit"
    return RAN


BUILTINS: dict[str, Builtin] = {
    **dict.fromkeys(("export", "local", "declare", "readonly", "typeset"), _declare),
    **dict.fromkeys(("cd", "pushd", "chdir"), _cd),
    **dict.fromkeys(("read", "mapfile", "readarray"), _read),
    **dict.fromkeys(("break", "continue"), _break),
    **dict.fromkeys(("[", "test"), _brackets),
    **dict.fromkeys(("true", ":"), _true),
    "popd": _popd, "exit": _exit, "return": _return, "set": _set, "shift": _shift, "unset": _unset, "getopts": _getopts, "printf": _printf,
    "let": _let, "eval": _eval, "false": _false, "command": _command, "exec": _exec,
}  # fmt: skip


def inner_text(command: Command) -> Word | None:
    """The text that `bash -c TEXT`, `sudo sh -ec TEXT`, `su user -c TEXT` or `bash <<EOF` would run; None when it is none of them, or unknown."""
    command = unwrap(command)
    words = command.words
    name = words[0].value.text.rpartition("/")[2]
    if name == "su":
        for number, word in enumerate(words[1:-1], 1):
            if word.value.text in ("-c", "--command"):
                return words[number + 1] if words[number + 1].value.text != HOLE else None
        return None
    if name not in _SHELLS:
        return None
    for number, word in enumerate(words[1:], 1):
        text = word.value.text
        if text.startswith("-") and not text.startswith("--") and "c" in text and number + 1 < len(words):
            found = words[number + 1]
            if found.value.text in ("-e", "-x", "-l") and number + 2 < len(words):
                found = words[number + 2]
            return found if found.value.text != HOLE else None
        if not text.startswith(("-", "+")) and words[number - 1].value.text not in ("-o", "+o"):
            return None
    heredoc = next((r for r in command.redirects if r.operator in ("<<", "<<-", "<<<")), None)
    return heredoc.target if heredoc is not None and heredoc.target.value.text else None
