"""Reading simple commands: assignments, words, redirections, heredocs."""

from __future__ import annotations

import re

from wxlint.core.patterns import late
from wxlint.shell.bash.tree import Assign, Lit, Node, Part, Redir, Simple, WordText
from wxlint.shell.bash.words import WordReader, made

_BLANK = late(r"(?:[ \t\r]|\\\n)*(#[^\n]*)?")
_SPACE = late(r"(?:[ \t\r\n]|\\\n|#[^\n]*)*")
_PLAIN = late(r"(?:[ \t]|\\\n)*([^ \t\r\n;&|<>()$`\"'\\{#][^ \t\r\n;&|<>()$`\"'\\{]*)(?=[ \t\n;|&)]|\Z)")
"""A word without quotes, expansions and braces: most are. What stands before a redirection is left to the slow way."""
_COMMENT = late(r"#[^\n]*")
_ASSIGN = late(r"([A-Za-z_][A-Za-z0-9_]*)(\+?=|\[)")
_REDIRECT = late(r"((?:\d+|\{[A-Za-z_]\w*\})?)(<<<|<<-|<<|<>|<&|>&|>>|>\||<(?!\()|>(?!\())|(&>>|&>)")
_KEY = late(r"\[[^\]\n]*\]=")
_SUBSCRIPT = late(r"[^\]\n]*\]\+?=")
_DECLARE = frozenset(("export", "local", "declare", "readonly", "typeset"))
END = frozenset("\n;&|)")


class SimpleReader(WordReader):
    """Simple commands, and the blanks, comments and line ends between them."""

    def __init__(self, text: str, flavor: str = "bash") -> None:
        super().__init__(text, flavor)
        self.pending: list[tuple[Redir, str, bool, bool]] = []
        self.comments: dict[int, None] = {}  # offsets of their `#`

    def blank(self) -> None:
        at = self.at
        if at < self.end and self.text[at] in " \t\r\\#":  # asked far more often than there is a blank
            match = _BLANK.match(self.text, at, self.end)
            if match:
                self.at = match.end()
                if match.lastindex:
                    self.comments[match.start(1)] = None

    def comments_in(self, start: int, end: int) -> None:
        """Note the comments of a stretch that holds nothing but blanks and comments."""
        for match in _COMMENT.finditer(self.text, start, end):
            self.comments[match.start()] = None

    def newlines(self) -> None:
        """Blanks, comments and line ends; the bodies of heredocs that the line opened are read."""
        while self.at < self.end:
            self.blank()
            if self.at < self.end and self.text[self.at] == "\n":
                self.newline()
            else:
                return

    def newline(self) -> None:
        self.at += 1
        if self.pending:
            pending, self.pending = self.pending, []
            for redirect, name, expand, tabs in pending:
                self._heredoc(redirect, name, expand, tabs)

    def _heredoc(self, redirect: Redir, name: str, expand: bool, tabs: bool) -> None:
        text, start = self.text, self.at
        at = start
        while True:
            if at >= self.end:
                end, self.at = self.end, self.end
                break
            stop = text.find("\n", at, self.end)
            stop = self.end if stop < 0 else stop
            line = text[at:stop].rstrip("\r")
            if (line.lstrip("\t") if tabs else line) == name:
                end, self.at = at, min(stop, self.end)
                break
            at = stop + 1
        end = min(end, self.end)
        if not expand or not re.search(r"[$`\\]", text[start:end]):
            body = text[start:end]
            if tabs:
                body = re.sub(r"(?m)^\t+", "", body)
            redirect.body.append(WordText(start, end, (Lit(body, True),), body, True))
        else:
            after, whole = self.at, self.end
            self.at, self.end = start, end
            parts: list[Part] = []
            while self.at < end:
                parts.extend(self.parts("", True, start, heredoc=True))
            if tabs:
                parts = [Lit(re.sub(r"\n\t+", "\n", p.text), True) if type(p) is Lit else p for p in parts]
                if parts and type(parts[0]) is Lit:
                    parts[0] = Lit(parts[0].text.lstrip("\t"), True)
            redirect.body.append(made(start, end, parts))
            self.at, self.end = after, whole

    def blank_lines(self) -> None:
        match = _SPACE.match(self.text, self.at, self.end)
        if match:
            self.comments_in(self.at, match.end())
            self.at = match.end()

    def _simple(self) -> Node:
        text, start = self.text, self.at
        assigns: list[Assign] = []
        words: list[WordText] = []
        redirects: list[Redir] = []
        declared: dict[int, Assign] = {}
        declaring = False
        last = start
        plain = _PLAIN.match
        while True:
            self.blank()
            at = self.at
            if at >= self.end:
                break
            char = text[at]
            if char in "<>&{0123456789":
                redirect = self._redirect()
                if redirect is not None:
                    redirects.append(redirect)
                    last = self.at
                    continue
            if char in END:
                break
            if char == "(":
                close = self.balanced(at)
                self.at = close or at + 1
                self.fail(at, "unexpected '('")
                continue
            if (not words or declaring) and (assigned := _ASSIGN.match(text, at, self.end)):
                assign = self._assign(assigned)
                if assign is not None:
                    if words:
                        declared[len(words)] = assign
                        words.append(WordText(at, self.at, (), text[at : self.at], False))
                    else:
                        assigns.append(assign)
                    last = self.at
                    continue
            found = self.braced_words()
            if not words and found and found[0].literal in _DECLARE:
                declaring = True
            words.extend(found)
            last = self.at
            if words and not declaring:
                match = plain(text, last, self.end)
                while match is not None:
                    at, last = match.span(1)
                    words.append(WordText(at, last, (), match[1], False))
                    match = plain(text, last, self.end)
                self.at = last
        return Simple(start, last, tuple(assigns), tuple(words), tuple(redirects), declared)

    def braced_words(self) -> list[WordText]:
        """The next word, or the words its braces make of it."""
        word = self.word()
        literal = word.literal
        if literal is not None and "{" not in literal:
            return [word] if literal or word.quoted else []
        if self.bash and any(type(p) is Lit and not p.quoted and "{" in p.text for p in word.parts):
            from wxlint.shell.bash.braces import expand_braces  # few texts have any

            found = expand_braces(word, self.text[word.start : word.end], self.braces)
            self.braces -= len(found) + 7
            return found
        return [word]

    def _assign(self, match: re.Match[str]) -> Assign | None:
        """`name=...`, `name+=...`, `name[i]=...`; None, at the old place, when it is a plain word after all."""
        text, start = self.text, self.at
        name, operator = match[1], match[2]
        if not self.bash and operator != "=":
            if self.flavor == "dash":
                return None
            self.unsupported = True
        index: tuple[Part, ...] | None = None
        self.at = match.end()
        if operator == "[":
            close = _SUBSCRIPT.match(text, self.at, self.end)
            if not close:
                self.at = start
                return None
            index = tuple(self.parts("]", False, start, brace=True))
            self.at = min(self.at + 1, self.end)
            operator = "+=" if text.startswith("+=", self.at) else "="
            if not text.startswith(operator, self.at):
                self.at = start
                return None
            self.at += len(operator)
        if text.startswith("(", self.at) and self.at < self.end:
            self.unsupported = self.unsupported or not self.bash
            return Assign(name, index, operator == "+=", None, self._items(start), start, self.at)
        if self.at >= self.end or text[self.at] in " \t\r\n;&|<>()":
            value = WordText(self.at, self.at, (), "", False)
        else:
            value = self.word()
        return Assign(name, index, operator == "+=", value, None, start, self.at)

    def _items(self, start: int) -> tuple[tuple[tuple[Part, ...] | None, WordText], ...]:
        items: list[tuple[tuple[Part, ...] | None, WordText]] = []
        self.at += 1
        while True:
            self.newlines()
            if self.at >= self.end:
                self.fail(start, "no closing )")
                break
            char = self.text[self.at]
            if char == ")":
                self.at += 1
                break
            if char in ";&|<>(":
                self.fail(self.at, f"unexpected {char!r}")
                self.at += 1
                continue
            key: tuple[Part, ...] | None = None
            if char == "[" and _KEY.match(self.text, self.at, self.end):
                self.at += 1
                key = tuple(self.parts("]", False, start, brace=True))
                self.at = min(self.at + 2, self.end)
                if self.at >= self.end or self.text[self.at] in " \t\n)":
                    items.append((key, WordText(self.at, self.at, (), "", True)))
                    continue
                items.append((key, self.word()))
                continue
            items.extend((None, word) for word in self.braced_words())
        return tuple(items)

    def _redirect(self) -> Redir | None:
        match = _REDIRECT.match(self.text, self.at, self.end)
        if not match or (match[0][0] == "{" and self.flavor == "dash"):
            return None
        start = self.at
        operator = match[0]
        self.at = match.end()
        self.unsupported = self.unsupported or (not self.bash and operator.endswith("<<<"))
        self.blank()
        if (
            self.at >= self.end
            or self.text[self.at] in "\n;&|()"
            or (self.text[self.at] in "<>" and not self.text.startswith("(", self.at + 1))
        ):
            self.fail(start, f"{operator} without a target")
            return Redir(operator, WordText(self.at, self.at, (), "", False), start, self.at, [])
        at = self.at
        target = self.word()
        redirect = Redir(operator, target, start, self.at, [])
        if operator.endswith(("<<", "<<-")) and not operator.endswith("<<<"):
            raw = self.text[at : self.at]
            name = target.literal if target.literal is not None else re.sub(r"[\"'\\]", "", raw)
            self.pending.append((redirect, name, not target.quoted, operator.endswith("-")))
        return redirect
