"""Batch variables: `%X%`, `!X!`, `%1`, `%%s`, with their edits and parts, and the commands that change them."""

from __future__ import annotations

import posixpath
import re

from wxlint.core.patterns import late
from wxlint.core.reasons import Reason
from wxlint.core.values import HOLE, Value
from wxlint.shell.batch.words import Expanded, edited, modified, own_path
from wxlint.shell.model import Place, Word, too_long
from wxlint.shell.state import LAST_STEP, ShellState
from wxlint.shell.values import MAX_TEXT, ROOT, UNSET, Variable, hole, joined, known_names, merged, not_set, relative

_VARIABLE = late(
    r"%%(?P<how>~[A-Za-z$:]*(?=[A-Za-z#]))?(?P<loop>[^\s%])|%%|%(?P<part>~[fdpnxsatzFDPNXSATZ]*)?(?P<arg>[0-9*])"
    r"|%(?P<name>[^%:\n\"^&|<>=]+)(?P<edit>:[^%\n]*)?%|!(?P<late>[^!:\n\"^&|<>= ]+)(?P<late_edit>:[^!\n]*)?!|%"
)
_HOLE_NAME = late(r"%~?(\d)\Z|[%!]([^%!:]+)[%!]\Z")
SET_NAMES = late(r"\bset\s+(?:/[ap]\s+)?\"?([^=\s\"/][^=\n\"]*?)=", re.I)
DELAYED = late(r"enabledelayedexpansion|/v:on", re.I)
"""What switches `!X!` on. Where a file has neither, who calls it may have switched it on: it is not known."""
_LIVE = frozenset(
    "errorlevel cd date time random cmdcmdline cmdextversion username userprofile computername os path comspec".split()
)

_MAX_SCOPES = 32
"""Of setlocal, that cmd.exe takes."""

Changed = dict[str, "Variable | None"]
"""Variables that a block has changed, with what they were in front of it."""
FILES = (".bat", ".cmd")
_KEEPS = late(r"(?:^|/)(?:activate|deactivate|conda|vcvars\w*|vsdevcmd|setvars)\.(?:bat|cmd)$")
"""Files that make an environment ready: they set names of their own."""


class Variables(ShellState):
    """Variables are kept in lower case; `written` has them as first written."""

    def __init__(self, text: str, where: Place, script: str) -> None:
        super().__init__(where, True)
        self.glue = True
        self.text, self.script = text, script.replace("\\", "/")
        self.written: dict[str, str] = {}
        for match in SET_NAMES.finditer(text):
            self.written.setdefault(match[1].strip().lower(), match[1].strip())
        self.settable = frozenset(self.written)
        self.block: Changed | None = None  # the block that is being walked: %X% is as it was in front of it
        self.blocks: list[Changed] = []  # and those around it
        self.loops: dict[str, Value] = {}
        self.dirs: list[Value | None] = []
        self.scopes: list[tuple[int, bool | None, Value | None]] = []  # where each began in the log, and its settings
        self.delayed: bool | None = None if DELAYED.search(text) is None else False

    def put(self, name: str, value: Variable | None) -> None:
        for block in self.blocks:
            block.setdefault(name, self.vars.get(name))
        super().put(name, value)

    def open_block(self) -> None:
        self.block = {}
        self.blocks.append(self.block)

    def named(self, name: str) -> str:
        return f"%{self.written.get(name, name)}%"

    def presumed(self, value: Value) -> Value:
        """In a condition: unknown parts that are variables nobody sets, taken to be empty."""
        assumed: list[Reason] = []
        for name in value.holes:
            match = _HOLE_NAME.match(name)
            reason = not_set(match[1] or match[2]) if match else None
            if (
                match is None
                or reason is None
                or (match[2] or "").lower() in self.vars
                or (match[2] or "").lower() in _LIVE
                or reason in self.refuted
            ):
                return value
            assumed.append(reason)
        return Value(value.text.replace(HOLE, ""), (), merged(value.because, tuple(assumed))) if assumed else value

    def text_of(self, start: int, end: int) -> Value:
        expanded = self.expand(start, end)
        return expanded.value(0, len(expanded.text), expanded.text)

    def expand(self, start: int, end: int) -> Expanded:
        out = Expanded()
        at = start
        for match in _VARIABLE.finditer(self.text, start, end):
            if len(out.text) > MAX_TEXT:
                break
            if match.start() < at:
                continue
            out.add(Value(self.text[at : match.start()]), at, match.start(), True)
            at = match.end()
            value = self._matched(match)
            if value is None:  # "%%" before what is no loop variable, or "!" without delayed expansion
                at = match.start() + (2 if match[0].startswith("%%") else 1)
                out.add(Value(match[0][0]), match.start(), at, False)
                if match[0][0] == "%" and match["name"]:
                    continue
            else:
                self.volume += len(value.text)
                out.add(value if not self.spent else hole(match[0]), match.start(), at, False)
        out.add(Value(self.text[at:end]), at, end, True)
        return out

    def _matched(self, match: re.Match[str]) -> Value | None:
        raw = match[0]
        if raw == "%%":
            return Value("%")
        if match["loop"]:
            value = self.loops.get(match["loop"])
            return value if value is None else modified(value, match["how"] or "", raw)
        if match["arg"]:
            return self._argument(match["arg"], match["part"] or "", raw)
        name = match["name"] or match["late"]
        if match["late"] is not None and self.delayed is False:
            return None  # without delayed expansion `!` is a character like any other
        if match["late"] is not None and self.delayed is None:
            return hole(raw)
        if not name:
            return None if raw != "%" else Value("")
        value = self.variable(name.lower(), raw, match["late"] is not None)
        edit = match["edit"] or match["late_edit"] or ""
        self.volume += len(value.text) if edit else 0
        return value if not edit else hole(raw) if self.spent else edited(value, edit[1:], raw)

    def variable(self, name: str, raw: str, late: bool) -> Value:
        block = {} if late or self.block is None else self.block
        variable = block[name] if name in block else self.vars.get(name)
        if isinstance(variable, Value):
            return variable
        if name in self.settable and not_set(name) not in self.refuted:
            return Value("", (), (not_set(self.written.get(name, name)),))
        return hole(raw)

    def _argument(self, number: str, how: str, raw: str) -> Value:
        if number == "*":
            if self.args.more:
                return hole(raw)
            return (
                joined([Value(v.text + " ", v.holes, v.because) for v in self.args.known])
                if self.args.known
                else Value("")
            )
        if number == "0":
            return own_path(self.script, how, raw)
        index = int(number) - 1
        if index < len(self.args.known):
            return modified(self.args.known[index], how, raw)
        return hole(raw) if self.args.more else Value("")

    # -- the commands that change them

    def assign(self, expanded: Expanded, at: int, start: int) -> None:
        """`set`. at: behind that word. start: of the line."""
        text = expanded.text
        while at < len(text) and text[at] in " \t":
            at += 1
        asked = re.compile(r"/([ap])[ \t]*", re.I).match(text, at)
        if asked:
            match = re.compile(r'"?\s*([^=\s"+*/-]+)[^=]*=').match(text, asked.end())
            if match:
                self.put(match[1].lower(), hole(self.named(match[1].lower())))
            return
        end = len(text)
        if text.startswith('"', at):
            close = text.rfind('"')
            at, end = at + 1, close if close > at else end
        name, equals, _ = text[at:end].partition("=")
        if not equals or not name.strip():
            return
        first = at + len(name) + 1
        raw = text[first:end]
        plain = (
            re.sub(r"\^(.)", r"\1", raw, flags=re.S)
            if "^" in raw and text[first - len(name) - 2 : first - len(name) - 1] != '"'
            else raw
        )
        value = expanded.value(first, end, plain)
        name = name.strip()
        if not value.text:
            self.put(name.lower(), UNSET)
            return
        self.put(name.lower(), self.noted(name, value, start))

    def scope(self, first: str, options: list[str]) -> None:
        """setlocal keeps the variables, the directory and the way of expansion; endlocal brings them back."""
        if first == "setlocal":
            if len(self.scopes) >= _MAX_SCOPES:
                return
            self.scopes.append((len(self.log), self.delayed, self.cwd))
            for option in options:
                if option.endswith("delayedexpansion"):
                    self.delayed = option.startswith("enable")
            return
        if not self.scopes:
            return
        since, self.delayed, self.cwd = self.scopes.pop()
        self.steps += (len(self.log) - since) // 16
        for name, old in dict(reversed(self.log[since:])).items():
            if self.vars.get(name) is not old:
                self.put(name, old)

    def change_directory(self, first: str, words: list[Word]) -> None:
        """`cd`, `chdir`, `pushd` and `popd`."""
        rest = [w.value for w in words[1:] if w.value.text.lower() != "/d"]
        if first == "popd":
            self.cwd = self.dirs.pop() if self.dirs else hole("popd")
        elif rest:
            if first == "pushd":
                self.dirs.append(self.cwd)
            path = rest[0]._replace(text=rest[0].text.replace("\\", "/"))
            if path.holes == (ROOT,) and path.text.startswith(HOLE):
                path = relative(path)
                self.cwd = path._replace(text=posixpath.normpath(path.text))
            elif path.text.startswith(("/", HOLE)) or path.text[1:2] == ":" or self.cwd is None:
                self.cwd = path._replace(text=path.text if path.holes else posixpath.normpath(path.text or "."))
            else:
                self.cwd = joined([self.cwd, Value("/"), path])
                if not self.cwd.holes:
                    self.cwd = self.cwd._replace(text=posixpath.normpath(self.cwd.text))
            self.volume += len(self.cwd.text)
            if self.spent:  # every command keeps its directory
                self.cwd = hole("%CD%")

    def set_by_another(self, path: Value) -> None:
        """Another batch file runs with the variables of this one, and may set any of them."""
        shown = path.shown().lower().replace("\\", "/")
        if not shown.endswith(FILES) or _KEEPS.search(shown):
            return
        names = known_names(self.vars)
        self.steps += 4 * len(names) + len(self.vars) // 16
        if self.steps > LAST_STEP:
            self.errors.append(too_long(self.text))
            self.flow = "exit"
            return
        for name in names:
            self.put(name, hole(self.named(name)))
