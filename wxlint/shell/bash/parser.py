"""Reading shell text into the tree of tree.py, as bash divides it. Reading never fails: what cannot be read is skipped.

Written by hand and not with a general grammar library: the words need exact character offsets and expansion rules that
such trees do not give, loading one costs more than a whole check, and bash itself judges the reading in the tests.
"""

from __future__ import annotations

from functools import lru_cache

from wxlint.core.patterns import late
from wxlint.core.tuples import NamedTuple
from wxlint.shell.bash.compound_commands import RESERVED, CompoundReader
from wxlint.shell.bash.tree import (
    EMPTY,
    AndOr,
    Arith,
    Background,
    Function,
    Group,
    Node,
    Pipe,
    Redir,
    Redirected,
    Seq,
    Test,
    Unsupported,
    While,
    WholeText,
)
from wxlint.shell.bash.words import MAX_DEPTH
from wxlint.shell.model import ShellError

_CLOSERS = frozenset(("then", "elif", "else", "fi", "do", "done", "esac", "}"))
_FUNCTION = late(r"([^ \t\n;&|<>()$`\"'\\=]+)[ \t]*\([ \t]*\)((?:[ \t\r\n]|\\\n|#[^\n]*)*)")
_PARENTHESES = late(r"[ \t]*\([ \t]*\)")


def text_ends_word(char: str) -> bool:
    """Whether no word starts with a character."""
    return char in "\n;&|<>()"


class Parser(CompoundReader):
    """One text. `script()` reads all of it. level: how deep lists of commands are nested."""

    level = 0

    def script(self) -> Node:
        items: list[Node] = []
        while self.at < self.end:
            found = self.commands("")
            items.extend(found.items if isinstance(found, WholeText) else (found,))
            if self.at < self.end:  # a closing word or bracket that nothing opened
                start = self.at
                match = RESERVED.match(self.text, start, self.end)
                self.at = match.end() if match else start + 1
                self.fail(start, f"unexpected {self.text[start : self.at]!r}")
        return WholeText(tuple(items))

    # -- lists

    def commands(self, closing: str) -> Node:
        """Statements up to `closing` (")"), a closing word, `;;` or the end, none of which is consumed."""
        text = self.text
        items: list[Node] = []
        line = 0  # the first item of the line
        outer = self.level
        self.level += 1
        while True:
            before = self.at
            self.newlines()
            if self.at >= self.end:
                break
            if not outer and "\n" in text[before : self.at]:
                if len(items) - line > 1:
                    items[line:] = [Seq(tuple(items[line:]))]
                line = len(items)
            char = text[self.at]
            if char == ")" or (char == ";" and text[self.at + 1 : self.at + 2] in (";", "&")):
                break
            if char in ";&|":
                start = self.at
                self.at += 1
                self.fail(start, f"unexpected {char!r}")
                continue
            if char in "tefd}":
                match = RESERVED.match(text, self.at, self.end)
                if match and match[0] in _CLOSERS:
                    break
            before = self.at
            node = self._and_or()
            self.blank()
            background = self.at < self.end and text[self.at] == "&"
            items.append(Background(node) if background else node)
            if self.at < self.end:
                char = text[self.at]
                if background or (char == ";" and text[self.at + 1 : self.at + 2] not in (";", "&")):
                    self.at += 1
                elif self.at == before:
                    self.at += 1
                    self.fail(before, f"unexpected {char!r}")
            if self.unsupported and not outer:  # a shell reads whole lines before it runs them
                self.unsupported = False
                items[line:] = [Unsupported(Seq(tuple(items[line:])), before)]
        self.level = outer
        if not outer and not closing:
            return WholeText((*items[:line], Seq(tuple(items[line:]))) if len(items) - line > 1 else tuple(items))
        return items[0] if len(items) == 1 else Seq(tuple(items)) if items else EMPTY

    def _and_or(self) -> Node:
        first = self._pipeline()
        rest: list[tuple[str, Node]] = []
        while True:
            self.blank()
            operator = self.text[self.at : min(self.at + 2, self.end)]
            if operator not in ("&&", "||"):
                return AndOr(first, tuple(rest)) if rest else first
            self.at += 2
            self.newlines()
            rest.append((operator, self._pipeline()))

    def _pipeline(self) -> Node:
        text, negated = self.text, False
        items: list[Node] = []
        while True:
            self.blank()
            match = RESERVED.match(text, self.at, self.end) if self.at < self.end and text[self.at] in "!t" else None
            if match and match[0] == "!":
                if items:
                    self.fail(self.at, "unexpected '!'")
                self.unsupported = self.unsupported or (negated and not self.bash)
                negated = not negated
            elif match and match[0] == "time" and self.bash:  # elsewhere it is a program
                self.at = match.end()
                self.blank()
                if text.startswith("-p ", self.at):
                    self.at += 2
                continue
            else:
                items.append(self._command())
                self.blank()
                if self.at < self.end and text[self.at] == "|" and not text.startswith("||", self.at):
                    both = text.startswith("|&", self.at)
                    self.unsupported = self.unsupported or (both and not self.bash)
                    self.at += 2 if both else 1
                    self.newlines()
                    continue
                return items[0] if len(items) == 1 and not negated else Pipe(tuple(items), negated)
            self.at = match.end()

    # -- commands

    def _command(self) -> Node:
        text, start = self.text, self.at
        if start >= self.end:
            return EMPTY
        char = text[start]
        node: Node | None = None
        if char in "ifswuc{[":
            match = RESERVED.match(text, start, self.end)
            if match and match[0] not in ("in", "]]", "fi") and not (match[0] == "[[" and self.flavor == "dash"):
                node = self._nest(match[0], start, match.end())
        elif char == "(":
            node = self._nest("(", start, start + 1)
        if node is None:
            match = _FUNCTION.match(text, start, self.end)
            if match:
                self.at = match.end()
                self.comments_in(match.start(2), match.end())
                return Function(match[1], self._body(), start)
            return self._simple()
        if type(node) is Function:
            return node
        redirects: list[Redir] = []
        while True:
            self.blank()
            redirect = self._redirect()
            if redirect is None:
                return Redirected(node, tuple(redirects)) if redirects else node
            redirects.append(redirect)

    def _body(self) -> Node:
        """The command behind `name()`."""
        if self.depth >= MAX_DEPTH:
            self.fail(self.at)
            self.at = self.end
            return EMPTY
        self.depth += 1
        self.newlines()
        node = self._command()
        self.depth -= 1
        return node

    def _nest(self, word: str, start: int, after: int) -> Node | None:
        if self.depth >= MAX_DEPTH:
            self.fail(start)
            self.at = self.end
            return EMPTY
        self.depth += 1
        self.at = after
        node: Node
        if word == "if":
            node = self.if_command(start)
        elif word in ("for", "select"):
            self.unsupported = self.unsupported or (word == "select" and not self.bash)
            node = self.for_command(start, word == "select")
        elif word in ("while", "until"):
            condition = self.commands("")
            node = While(condition, self.loop_body(start), word == "until")
        elif word == "case":
            node = self.case_command(start)
        elif word == "{":
            node = Group(self.commands(""), False)
            self.expect("}", start)
        elif word == "(":
            node = self._parenthesis(start)
        elif word == "[[":
            node = Test(self.expression())
            self.blank_lines()
            if self.text.startswith("]]", self.at):
                self.at += 2
            else:
                self.fail(start, "no closing ]]")
                self._skip_line()
        elif word == "function":
            self.unsupported = self.unsupported or not self.bash
            self.blank()
            if self.at >= self.end or text_ends_word(self.text[self.at]):
                self.fail(start, "function without a name")
                self.depth -= 1
                return EMPTY
            name = self.word().literal or ""
            match = _PARENTHESES.match(self.text, self.at, self.end)
            self.at = match.end() if match else self.at
            node = Function(name, self._body(), start)
        else:
            self.at = start
            self.depth -= 1
            return None
        self.depth -= 1
        return node

    def _skip_line(self) -> None:
        stop = self.text.find("\n", self.at, self.end)
        self.at = self.end if stop < 0 else stop

    def _parenthesis(self, start: int) -> Node:
        if self.text.startswith("(", self.at):
            close = self.balanced(start)
            if close and self.text[close - 2] == ")" and self.bash:
                self.at = close
                return Arith(self.text[start:close])
        node = Group(self.commands(")"), True)
        if self.at < self.end and self.text[self.at] == ")":
            self.at += 1
        else:
            self.fail(start, "no closing )")
        return node


class Parsed(NamedTuple):
    """A text as a tree. errors: (start, end, what is wrong). comments: the offsets of their `#`, sorted."""

    tree: Node
    errors: tuple[ShellError, ...]
    comments: tuple[int, ...]


@lru_cache(maxsize=64)
def parsed(text: str, flavor: str = "bash") -> Parsed:
    """Parse a text, once for all who ask: builds of one Dockerfile share its RUNs, rules look at scripts again.

    Raises RecursionError, though the depth guards are there so that this does not happen.
    """
    parser = Parser(text, flavor)
    return Parsed(parser.script(), tuple(parser.errors), tuple(sorted(parser.comments)))


def shell_comments(text: str) -> tuple[int, ...]:
    """Offsets of the `#` of every comment. One in a string, or in the lines of a heredoc, is none. Never raises."""
    try:
        return parsed(text).comments
    except RecursionError:
        return ()
