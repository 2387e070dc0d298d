"""Reading one shell word: quotes, parameters, substitutions, braces. The commands inside `$(...)` are read by
parser.py."""

from __future__ import annotations

from wxlint.core.patterns import late
from wxlint.shell.bash.tree import Lit, Node, Opaque, Param, Part, Subst, WordText
from wxlint.shell.model import ShellError, too_deep

MAX_DEPTH = 40
"""Nesting of substitutions and compound commands; deeper text is not read."""
_REACH = 4000
"""How far a closing bracket is looked for."""

_RUN = late(r"[^ \t\n;&|<>()$`\"'\\]+")
_DOUBLE = late(r'[^"\\$`]+')
_NAME = late(r"[A-Za-z_][A-Za-z0-9_]*|[0-9@*#?$!-]")
_BRACED = late(r"[A-Za-z_][A-Za-z0-9_]*|[0-9]+|[@*#?$!-]")
_OPERATOR = late(r":[-=?+]|[-=?+]|##?|%%?|//?|\^\^?|,,?|[:@~]")
_NOT_DASH = late(r":\Z|keys\Z|[!/^,@~]")
"""Operators that dash refuses when it comes to them."""
_IN_BRACE = late(r"[^$`\"'\\}/\]]+")


class WordReader:
    """A position in a text. Errors are collected; reading always goes on, and never goes back."""

    def __init__(self, text: str, flavor: str = "bash") -> None:
        self.text, self.flavor, self.bash = text, flavor, flavor == "bash"
        self.braces = 20_000  # how many more words braces may make
        self.unsupported = False  # something that only bash reads was seen in a text for another shell
        self.at, self.end = 0, len(text)
        self.depth = 0
        self.unclosed = 0
        self.errors: list[ShellError] = []

    def fail(self, start: int, message: str = "") -> None:
        """Note what is not read. message: "" where the text is nested too deep."""
        if len(self.errors) < 100:
            first, last = min(start, self.end), min(max(self.at, start + 1), len(self.text))
            self.errors.append(ShellError(first, last, message) if message else too_deep(first, last))

    def commands(self, closing: str) -> Node:
        raise NotImplementedError

    def word(self) -> WordText:
        """The word at the position."""
        start = self.at
        match = _RUN.match(self.text, start, self.end)
        if match:
            end = match.end()
            if end >= self.end or self.text[end] in " \t\n;&|<>)":
                self.at = end
                text = match[0]
                return WordText(start, end, (Lit(text, False),), text, False)
        parts = self.parts(" \t\n;&|<>()", False, start)
        if self.at == start:  # a character that starts no word: always go on
            self.at += 1
            self.fail(start, f"unexpected {self.text[start]!r}")
            return WordText(start, self.at, (), self.text[start], False)
        return made(start, self.at, parts)

    def parts(self, stop: str, double: bool, start: int, brace: bool = False, heredoc: bool = False) -> list[Part]:
        """Parts up to a character of `stop` that is not quoted. double: as inside double quotes. brace: inside
        `${...}`."""
        text, end = self.text, self.end
        out: list[Part] = []
        run = _DOUBLE if double and not brace else _IN_BRACE if brace else _RUN
        while self.at < end:
            at = self.at
            char = text[at]
            if char in stop:
                if char in "<>" and text.startswith("(", at + 1) and not brace:
                    self.at += 2
                    self.unsupported = self.unsupported or not self.bash
                    out.append(self._process(at))
                    continue
                if char == "(" and not brace and out and self._pattern_list(out):
                    continue
                break
            match = run.match(text, at, end)
            if match:
                self.at = match.end()
                out.append(Lit(match[0], double))
                continue
            if char == "\\":
                self._backslash(out, double, brace, heredoc)
            elif char == "$":
                self._dollar(out, double)
            elif char == "`":
                out.append(self._backquote(double))
            elif char == '"' and not heredoc:
                if double and brace:  # "${x:-"a"}": the inner quotes are quotes again
                    self.at += 1
                    out.extend(self.parts('"', True, at))
                    self._close('"', at)
                else:
                    self._double(out)
            elif char == "'" and not double:
                self._single(out)
            else:
                out.append(Lit(char, double))
                self.at += 1
        return out

    def _close(self, char: str, start: int) -> None:
        if self.at < self.end and self.text[self.at] == char:
            self.at += 1
        else:
            self.fail(start, f"no closing {char}")

    def _backslash(self, out: list[Part], double: bool, brace: bool, heredoc: bool) -> None:
        following = self.text[self.at + 1 : min(self.at + 2, self.end)]
        self.at = min(self.at + 2, self.end)
        if following == "\n":
            return
        if (
            double
            and (following not in ("$", "`", '"', "\\") or (heredoc and following == '"'))
            and not (brace and following == "}")
        ):
            out.append(Lit("\\" + following, True))
        else:
            out.append(Lit(following or "\\", True))

    def _single(self, out: list[Part]) -> None:
        start = self.at
        close = self.text.find("'", start + 1, self.end)
        if close < 0:
            self.at = self.end
            self.fail(start, "no closing '")
            close = self.end
        else:
            self.at = close + 1
        out.append(Lit(self.text[start + 1 : close], True))

    def _double(self, out: list[Part]) -> None:
        start = self.at
        self.at += 1
        inner = self.parts('"', True, start)
        self._close('"', start)
        out.extend(inner or (Lit("", True),))

    def _ansi(self, out: list[Part]) -> None:
        start = self.at
        at = start + 2
        while at < self.end and self.text[at] != "'":
            at += 2 if self.text[at] == "\\" else 1
        at = min(at, self.end)
        self.at = at
        self._close("'", start)
        from wxlint.shell.bash.ansi_quotes import unescaped  # few texts quote so

        out.append(Lit(unescaped(self.text[start + 2 : at]), True))

    def _dollar(self, out: list[Part], double: bool) -> None:
        text, start = self.text, self.at
        following = text[start + 1 : min(start + 2, self.end)]
        if following == "{":
            out.append(self._braced(double))
        elif following == "(":
            if text.startswith("((", start + 1):
                close = self.balanced(start + 1)
                if close and text[close - 2] == ")" and close <= self.end:
                    self.at = close
                    out.append(Opaque(text[start:close], double, None))
                    return
            self.at = start + 2
            out.append(self._substitution(start, double))
        elif following == "'" and not double and self.bash:
            self._ansi(out)
        elif following == '"' and not double and self.bash:
            self.at += 1
            self._double(out)
        else:
            match = _NAME.match(text, start + 1, self.end)
            if match:
                self.at = match.end()
                out.append(Param(match[0], "", (), (), None, double, match.string[start : self.at]))
            else:
                self.at += 1
                out.append(Lit("$", double))

    def _nested(self, closing: str) -> Node | None:
        """Commands up to `closing`; None, and everything to the end skipped, when nested too deep."""
        if self.depth >= MAX_DEPTH:
            self.fail(self.at)
            self.at = self.end
            return None
        self.depth += 1
        body = self.commands(closing)
        self.depth -= 1
        return body

    def _substitution(self, start: int, double: bool) -> Subst:
        body = self._nested(")")
        self._close(")", start)
        return Subst(body, double, self.text[start : self.at])

    def _process(self, start: int) -> Opaque:
        body = self._nested(")")
        self._close(")", start)
        return Opaque(self.text[start : self.at], False, body)

    def _backquote(self, double: bool) -> Subst:
        text, start = self.text, self.at
        at = start + 1
        while at < self.end and text[at] != "`":
            at += 2 if text[at] == "\\" else 1
        close = min(at, self.end)
        body: Node | None = None
        if "\\" not in text[start:close] and close > start + 1:
            end, self.end, self.at = self.end, close, start + 1
            body = self._nested("")
            self.end = end
        self.at = close
        self._close("`", start)
        return Subst(body, double, text[start : self.at])

    def balanced(self, start: int) -> int:
        """Offset behind the `)` that closes the `(` at `start`; 0 when there is none within reach."""
        text, depth, at = self.text, 0, start
        limit = min(
            self.end, start + (_REACH if self.unclosed < 20 else 100)
        )  # thousands of them must not take forever
        while at < limit:
            char = text[at]
            if char == "(":
                depth += 1
            elif char == ")":
                depth -= 1
                if not depth:
                    return at + 1
            elif char == "\\":
                at += 1
            at += 1
        self.unclosed += 1
        return 0

    def _pattern_list(self, out: list[Part]) -> bool:
        """`@(a|b)`, `!(x)`: kept as text. Only bash with extglob reads it so, which a script switches on elsewhere."""
        last = out[-1]
        if not self.bash or type(last) is not Lit or last.quoted or last.text[-1:] not in ("@", "?", "*", "+", "!"):
            return False
        close = self.balanced(self.at)
        if not close:
            return False
        out[-1] = Lit(last.text + self.text[self.at : close], False)
        self.at = close
        return True

    def _braced(self, double: bool) -> Part:
        """`${...}`."""
        text, start = self.text, self.at
        self.at += 2
        op = ""
        index: tuple[Part, ...] | None = None
        if text.startswith("#", self.at) and not text.startswith("#}", self.at):
            self.at, op = self.at + 1, "len"
        elif text.startswith("!", self.at) and _BRACED.match(text, self.at + 1, self.end):
            self.at, op = self.at + 1, "!"
        match = _BRACED.match(text, self.at, self.end)
        if self.depth >= MAX_DEPTH:
            return Subst(None, double, self._bad_brace(start, double).raw)
        if not match:
            return self._bad_brace(start, double)
        name = match[0]
        self.at = match.end()
        self.depth += 1
        if text.startswith("[", self.at):
            self.at += 1
            index = tuple(self.parts("]", False, start, brace=True))
            self._close("]", start)
            if op == "!" and index and type(index[0]) is Lit and index[0].text in ("@", "*"):
                op = "keys"
        arg: tuple[Part, ...] = ()
        rest: tuple[Part, ...] = ()
        if op == "!" and self.flavor != "dash" and text.startswith(("*}", "@}"), self.at):  # names that start so
            self.at += 2
            self.depth -= 1
            return Subst(None, double, text[start : self.at])
        operator = _OPERATOR.match(text, self.at, self.end) if op in ("", "!") else None
        if operator:
            op = op + operator[0]
            self.at = operator.end()
            literal_single = double and operator[0][-1] in "-=?+"
            if operator[0] in ("/", "//"):
                op += self._anchor(operator[0])
                arg = (*self._slash(op), *self.parts("/}", False, start, brace=True))
                if text.startswith("/", self.at):
                    self.at += 1
                    rest = tuple(self.parts("}", False, start, brace=True))
            else:
                arg = tuple(self.parts("}", literal_single, start, brace=True))
        self.depth -= 1
        if self.at < self.end and text[self.at] == "}":
            self.at += 1
            raw = text[start : self.at]
            if self.flavor == "dash" and (index is not None or _NOT_DASH.match(op)):
                return Opaque(raw, double, None)
            return Param(name, op, arg, rest, index, double, raw)
        return self._bad_brace(start, double)

    def _anchor(self, operator: str) -> str:
        """The `#` or `%` of `${x/#a/b}`; behind `//` they are part of the pattern."""
        if operator != "/" or self.at >= self.end or self.text[self.at] not in "#%":
            return ""
        self.at += 1
        return self.text[self.at - 1]

    def _slash(self, operator: str) -> tuple[Part, ...]:
        """The slash that a pattern starts with, as in `${x////-}`."""
        if operator[-1] != "/" or self.at >= self.end or self.text[self.at] != "/":
            return ()
        self.at += 1
        return (Lit("/", False),)

    def _bad_brace(self, start: int, double: bool) -> Opaque:
        close = self.text.find("}", self.at, self.end)
        self.at = self.end if close < 0 else close + 1
        self.fail(start, "${...} could not be read")
        return Opaque(self.text[start : self.at], double, None)


def made(start: int, end: int, parts: list[Part]) -> WordText:
    """A word of these parts."""
    literal: str | None = None
    if all(type(part) is Lit for part in parts):
        literal = "".join([part.text for part in parts if type(part) is Lit])
    return WordText(start, end, tuple(parts), literal, any(part.quoted for part in parts))
