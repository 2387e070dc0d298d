"""Reading shell text into the tree of shell_syntax.py, as bash divides it. Reading never fails: what cannot be read is skipped.

Written by hand and not with a general grammar library: the words need exact character offsets and expansion rules that such trees do not
give, loading one costs more than a whole check, and bash itself is at hand in the tests to say whether the reading is right.
"""

from __future__ import annotations

import re

from wxlint.documents.shell_syntax import (
    EMPTY,
    AndOr,
    Arith,
    Assign,
    Case,
    For,
    Function,
    Group,
    If,
    Lit,
    Node,
    Part,
    Pipe,
    Redir,
    Redirected,
    Seq,
    Simple,
    Test,
    Text,
    While,
)  # fmt: skip
from wxlint.documents.shell_words import MAX_DEPTH, WordReader, expand_braces, made

_BLANK = re.compile(r"(?:[ \t\r]|\\\n)*(?:#[^\n]*)?")
_SPACE = re.compile(r"(?:[ \t\r\n]|\\\n|#[^\n]*)*")
_RESERVED = re.compile(
    r"(?:if|then|elif|else|fi|for|select|while|until|do|done|case|esac|in|function|time|\{|\}|!|\[\[|\]\])(?=[ \t\r\n;&|<>()]|\\\n|\Z)"
)
_CLOSERS = frozenset(("then", "elif", "else", "fi", "do", "done", "esac", "}"))
_FUNCTION = re.compile(r"([^ \t\n;&|<>()$`\"'\\=]+)[ \t]*\([ \t]*\)(?:[ \t\r\n]|\\\n|#[^\n]*)*")
_ASSIGN = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(\+?=|\[)")
_REDIRECT = re.compile(r"((?:\d+|\{[A-Za-z_]\w*\})?)(<<<|<<-|<<|<>|<&|>&|>>|>\||<(?!\()|>(?!\())|(&>>|&>)")
_DECLARE = frozenset(("export", "local", "declare", "readonly", "typeset"))
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_UNARY = re.compile(r"-[a-zA-Z]\Z")
_BINARY = frozenset(("=", "==", "!=", "=~", "-eq", "-ne", "-lt", "-le", "-gt", "-ge", "-nt", "-ot", "-ef"))
_END = frozenset("\n;&|)")


class Parser(WordReader):
    """One text. `script()` reads all of it."""

    def __init__(self, text: str, bash: bool = True) -> None:
        super().__init__(text, bash)
        self.pending: list[tuple[Redir, str, bool, bool]] = []

    def script(self) -> Node:
        items: list[Node] = []
        while self.at < self.end:
            items.append(self.commands(""))
            if self.at < self.end:  # a closing word or bracket that nothing opened
                start = self.at
                match = _RESERVED.match(self.text, start, self.end)
                self.at = match.end() if match else start + 1
                self.fail(start, f"unexpected {self.text[start : self.at]!r}")
        return items[0] if len(items) == 1 else Seq(tuple(items))

    # -- space and lines

    def blank(self) -> None:
        match = _BLANK.match(self.text, self.at, self.end)
        if match:
            self.at = match.end()

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
            redirect.body.append(Text(start, end, (Lit(body, True),), body, True))
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

    # -- lists

    def commands(self, closing: str) -> Node:
        """Statements up to `closing` (")"), a closing word, `;;` or the end, none of which is consumed."""
        text, items = self.text, []
        while True:
            self.newlines()
            if self.at >= self.end:
                break
            char = text[self.at]
            if char == ")" or (char == ";" and text[self.at + 1 : self.at + 2] in (";", "&")):
                break
            if char in ";&|":
                start = self.at
                self.at += 1
                self.fail(start, f"unexpected {char!r}")
                continue
            if char in "tefd}":
                match = _RESERVED.match(text, self.at, self.end)
                if match and match[0] in _CLOSERS:
                    break
            before = self.at
            items.append(self._and_or())
            self.blank()
            if self.at < self.end:
                char = text[self.at]
                if char == "&" or (char == ";" and text[self.at + 1 : self.at + 2] not in (";", "&")):
                    self.at += 1
                elif self.at == before:
                    self.at += 1
                    self.fail(before, f"unexpected {char!r}")
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
            match = _RESERVED.match(text, self.at, self.end) if self.at < self.end and text[self.at] in "!t" else None
            if match and match[0] == "!":
                negated = not negated
            elif match and match[0] == "time":
                self.at = match.end()
                self.blank()
                if text.startswith("-p ", self.at):
                    self.at += 2
                continue
            else:
                items.append(self._command())
                self.blank()
                if self.at < self.end and text[self.at] == "|" and not text.startswith("||", self.at):
                    self.at += 2 if text.startswith("|&", self.at) else 1
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
            match = _RESERVED.match(text, start, self.end)
            if match and match[0] not in ("in", "]]", "fi"):
                node = self._nest(match[0], start, match.end())
        elif char == "(":
            node = self._nest("(", start, start + 1)
        if node is None:
            match = _FUNCTION.match(text, start, self.end)
            if match:
                self.at = match.end()
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
            self.fail(self.at, "nested too deep; not read")
            self.at = self.end
            return EMPTY
        self.depth += 1
        self.newlines()
        node = self._command()
        self.depth -= 1
        return node

    def _nest(self, word: str, start: int, after: int) -> Node | None:
        if self.depth >= MAX_DEPTH:
            self.fail(start, "nested too deep; not read")
            self.at = self.end
            return EMPTY
        self.depth += 1
        self.at = after
        node: Node
        if word == "if":
            node = self._if(start)
        elif word in ("for", "select"):
            node = self._for(start, word == "select")
        elif word in ("while", "until"):
            condition = self.commands("")
            node = While(condition, self._do(start), word == "until")
        elif word == "case":
            node = self._case(start)
        elif word == "{":
            node = Group(self.commands(""), False)
            self._expect("}", start)
        elif word == "(":
            node = self._parenthesis(start)
        elif word == "[[":
            node = Test(self._or(0))
            self.blank_lines()
            if self.text.startswith("]]", self.at):
                self.at += 2
            else:
                self.fail(start, "no closing ]]")
                self._skip_line()
        elif word == "function":
            self.blank()
            name = self.word().literal or ""
            match = re.compile(r"[ \t]*\([ \t]*\)").match(self.text, self.at, self.end)
            self.at = match.end() if match else self.at
            node = Function(name, self._body(), start)
        else:
            self.at = start
            self.depth -= 1
            return None
        self.depth -= 1
        return node

    def blank_lines(self) -> None:
        match = _SPACE.match(self.text, self.at, self.end)
        if match:
            self.at = match.end()

    def _skip_line(self) -> None:
        stop = self.text.find("\n", self.at, self.end)
        self.at = self.end if stop < 0 else stop

    def _expect(self, word: str, start: int) -> bool:
        self.newlines()
        match = _RESERVED.match(self.text, self.at, self.end)
        if match and match[0] == word:
            self.at = match.end()
            return True
        self.fail(start, f"no {word}")
        return False

    def _peek(self) -> str:
        self.newlines()
        match = _RESERVED.match(self.text, self.at, self.end)
        return match[0] if match else ""

    def _if(self, start: int) -> Node:
        branches: list[tuple[Node, Node]] = []
        otherwise: Node | None = None
        while True:
            condition = self.commands("")
            self._expect("then", start)
            branches.append((condition, self.commands("")))
            word = self._peek()
            if word == "elif":
                self.at += 4
                continue
            if word == "else":
                self.at += 4
                otherwise = self.commands("")
            self._expect("fi", start)
            return If(tuple(branches), otherwise)

    def _do(self, start: int) -> Node:
        self.newlines()
        if self.at < self.end and self.text[self.at] == ";":
            self.at += 1
        if self._peek() == "{":
            self.at += 1
            body = self.commands("")
            self._expect("}", start)
            return body
        self._expect("do", start)
        body = self.commands("")
        self._expect("done", start)
        return body

    def _for(self, start: int, chosen: bool) -> Node:
        self.blank()
        if self.text.startswith("((", self.at):
            close = self.balanced(self.at)
            self.at = close or self.at + 2
            if not close:
                self.fail(start, "no closing ))")
            return While(None, self._do(start), False)
        match = _NAME.match(self.text, self.at, self.end)
        if not match:
            self.fail(start, "for without a name")
            return EMPTY
        self.at = match.end()
        words: list[Text] | None = None
        if self._peek() == "in":
            self.at += 2
            words = []
            while True:
                self.blank()
                if self.at >= self.end or self.text[self.at] in _END:
                    break
                words.extend(self._words())
        return For(match[0], None if words is None else tuple(words), self._do(start), start, chosen)

    def _case(self, start: int) -> Node:
        self.blank()
        word = self.word() if self.at < self.end else Text(start, self.at, (), "", False)
        self._expect("in", start)
        arms: list[tuple[tuple[Text, ...], Node, str]] = []
        while True:
            if self._peek() == "esac":
                self.at += 4
                break
            if self.at >= self.end:
                self.fail(start, "no esac")
                break
            if self.text[self.at] == "(":
                self.at += 1
            patterns: list[Text] = []
            while True:
                self.blank()
                if self.at >= self.end or self.text[self.at] in ")\n;":
                    break
                if self.text[self.at] == "|":
                    self.at += 1
                    continue
                patterns.append(self.word())
            if not self.text.startswith(")", self.at):
                self.fail(start, "case pattern without )")
            self.at = min(self.at + 1, self.end)
            body = self.commands("")
            mark = ";;"
            if self.text.startswith(";;&", self.at):
                mark = ";;&"
            elif self.text.startswith(";&", self.at):
                mark = ";&"
            elif not self.text.startswith(";;", self.at):
                mark = ""
                if self._peek() != "esac":
                    self.fail(start, "case without ;; or esac")
                    arms.append((tuple(patterns), body, ";;"))
                    break
            self.at = min(self.at + len(mark), self.end)
            arms.append((tuple(patterns), body, mark or ";;"))
        return Case(word, tuple(arms))

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

    # -- simple commands

    def _simple(self) -> Node:
        text, start = self.text, self.at
        assigns: list[Assign] = []
        words: list[Text] = []
        redirects: list[Redir] = []
        declared: dict[int, Assign] = {}
        declaring = False
        last = start
        while True:
            match = _BLANK.match(text, self.at, self.end)
            if match:
                self.at = match.end()
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
            if char in _END:
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
                        words.append(Text(at, self.at, (), text[at : self.at], False))
                    else:
                        assigns.append(assign)
                    last = self.at
                    continue
            found = self._words()
            if not words and found and found[0].literal in _DECLARE:
                declaring = True
            words.extend(found)
            last = self.at
        return Simple(start, last, tuple(assigns), tuple(words), tuple(redirects), declared)

    def _words(self) -> list[Text]:
        """The next word, or the words its braces make of it."""
        word = self.word()
        literal = word.literal
        if literal is not None and "{" not in literal:
            return [word] if literal or word.quoted else []
        if self.bash and any(type(p) is Lit and not p.quoted and "{" in p.text for p in word.parts):
            return expand_braces(word)
        return [word]

    def _assign(self, match: re.Match[str]) -> Assign | None:
        """`name=...`, `name+=...`, `name[i]=...`; None, at the old place, when it is a plain word after all."""
        text, start = self.text, self.at
        name, operator = match[1], match[2]
        index: tuple[Part, ...] | None = None
        self.at = match.end()
        if operator == "[":
            close = re.compile(r"[^\]\n]*\]\+?=").match(text, self.at, self.end)
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
            return Assign(name, index, operator == "+=", None, self._items(start), start, self.at)
        if self.at >= self.end or text[self.at] in " \t\r\n;&|<>()":
            value = Text(self.at, self.at, (), "", False)
        else:
            value = self.word()
        return Assign(name, index, operator == "+=", value, None, start, self.at)

    def _items(self, start: int) -> tuple[tuple[tuple[Part, ...] | None, Text], ...]:
        items: list[tuple[tuple[Part, ...] | None, Text]] = []
        self.at += 1
        key_end = re.compile(r"\[[^\]\n]*\]=")
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
            if char == "[" and key_end.match(self.text, self.at, self.end):
                self.at += 1
                key = tuple(self.parts("]", False, start, brace=True))
                self.at = min(self.at + 2, self.end)
                if self.at >= self.end or self.text[self.at] in " \t\n)":
                    items.append((key, Text(self.at, self.at, (), "", True)))
                    continue
                items.append((key, self.word()))
                continue
            items.extend((None, word) for word in self._words())
        return tuple(items)

    def _redirect(self) -> Redir | None:
        match = _REDIRECT.match(self.text, self.at, self.end)
        if not match:
            return None
        start = self.at
        operator = match[0]
        self.at = match.end()
        self.blank()
        if self.at >= self.end or self.text[self.at] in "\n;&|()" or (self.text[self.at] in "<>" and not self.text.startswith("(", self.at + 1)):
            self.fail(start, f"{operator} without a target")
            return Redir(operator, Text(self.at, self.at, (), "", False), start, self.at, [])
        at = self.at
        target = self.word()
        redirect = Redir(operator, target, start, self.at, [])
        if operator.endswith(("<<", "<<-")) and not operator.endswith("<<<"):
            raw = self.text[at : self.at]
            name = target.literal if target.literal is not None else re.sub(r"[\"'\\]", "", raw)
            self.pending.append((redirect, name, not target.quoted, operator.endswith("-")))
        return redirect

    # -- [[ ... ]]

    def _or(self, depth: int) -> tuple[object, ...]:
        left = self._and(depth)
        while True:
            self.blank_lines()
            if not self.text.startswith("||", self.at):
                return left
            self.at += 2
            left = ("or", left, self._and(depth))

    def _and(self, depth: int) -> tuple[object, ...]:
        left = self._not(depth)
        while True:
            self.blank_lines()
            if not self.text.startswith("&&", self.at):
                return left
            self.at += 2
            left = ("and", left, self._not(depth))

    def _not(self, depth: int) -> tuple[object, ...]:
        negated = False
        while True:
            self.blank_lines()
            match = _RESERVED.match(self.text, self.at, self.end)
            if not match or match[0] != "!":
                break
            self.at = match.end()
            negated = not negated
        found: tuple[object, ...]
        if self.at < self.end and self.text[self.at] == "(" and depth < MAX_DEPTH:
            self.at += 1
            found = self._or(depth + 1)
            self.blank_lines()
            self._close(")", self.at)
        else:
            found = self._primary()
        return ("not", found) if negated else found

    def _operand(self) -> Text | None:
        self.blank_lines()
        if self.at >= self.end or self.text[self.at] in ")&|;" or self.text.startswith("]]", self.at):
            return None
        return self.word()

    def _primary(self) -> tuple[object, ...]:
        first = self._operand()
        if first is None:
            return ("unknown",)
        self.blank_lines()
        if first.literal and not first.quoted and _UNARY.match(first.literal):
            operand = self._operand()
            return ("word", first) if operand is None else ("unary", first.literal, operand)
        at = self.at
        if at < self.end and self.text[at] in "<>" and not self.text.startswith("(", at + 1):
            self.at += 1
            self._operand()
            return ("unknown",)
        operator = re.compile(r"(=~|[!=]?=|-[a-z]{2})(?=[ \t\n])").match(self.text, at, self.end)
        if not operator or operator[0] not in _BINARY:
            return ("word", first)
        self.at = operator.end()
        self.blank_lines()
        if operator[0] == "=~":
            self._regex()
            return ("unknown",)
        second = self._operand()
        return ("unknown",) if second is None else ("binary", operator[0], first, second)

    def _regex(self) -> None:
        """The pattern of `=~`, where brackets and bars are ordinary."""
        level = 0
        while self.at < self.end:
            char = self.text[self.at]
            if char in " \t\n" and level <= 0:
                return
            if char in "(" :
                level += 1
            elif char == ")":
                level -= 1
                if level < 0:
                    return
            elif char in "\"'$`\\":
                self.parts(" \t\n;&|<>()", False, self.at)
                continue
            elif char == "[" and (close := re.compile(r"\[\^?\]?(?:\[:[a-z]+:\]|[^\]\n])*\]").match(self.text, self.at, self.end)):
                self.at = close.end()
                continue
            self.at += 1
