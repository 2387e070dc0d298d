"""Reading if, for, case, and the bodies of loops."""

from __future__ import annotations

from wxlint.core.patterns import late
from wxlint.shell.bash.double_brackets import BracketReader
from wxlint.shell.bash.simple_commands import END
from wxlint.shell.bash.tree import EMPTY, Case, Count, For, If, Node, WordText

RESERVED = late(
    r"(?:if|then|elif|else|fi|for|select|while|until|do|done|case|esac|in|function|time|\{|\}|!|\[\[|\]\])"
    r"(?=[ \t\r\n;&|<>()]|\\\n|\Z)"
)
_NAME = late(r"[A-Za-z_][A-Za-z0-9_]*")


class CompoundReader(BracketReader):
    """Commands that lists of others stand in."""

    def if_command(self, start: int) -> Node:
        branches: list[tuple[Node, Node]] = []
        otherwise: Node | None = None
        while True:
            condition = self.commands("")
            self.expect("then", start)
            branches.append((condition, self.commands("")))
            word = self.peek()
            if word == "elif":
                self.at += 4
                continue
            if word == "else":
                self.at += 4
                otherwise = self.commands("")
            self.expect("fi", start)
            return If(tuple(branches), otherwise)

    def loop_body(self, start: int) -> Node:
        self.newlines()
        if self.at < self.end and self.text[self.at] == ";":
            self.at += 1
        if self.peek() == "{":
            self.at += 1
            body = self.commands("")
            self.expect("}", start)
            return body
        self.expect("do", start)
        body = self.commands("")
        self.expect("done", start)
        return body

    def for_command(self, start: int, chosen: bool) -> Node:
        self.blank()
        if self.text.startswith("((", self.at):
            self.unsupported = self.unsupported or not self.bash
            opened, close = self.at, self.balanced(self.at)
            self.at = close or self.at + 2
            if not close:
                self.fail(start, "no closing ))")
            parts = tuple(self.text[opened + 2 : close - 2].split(";")) if close else ()
            return Count(parts if len(parts) == 3 else (), self.loop_body(start), start)
        match = _NAME.match(self.text, self.at, self.end)
        if not match:
            self.fail(start, "for without a name")
            return EMPTY
        self.at = match.end()
        words: list[WordText] | None = None
        if self.peek() == "in":
            self.at += 2
            words = []
            while True:
                self.blank()
                if self.at >= self.end or self.text[self.at] in END:
                    break
                words.extend(self.braced_words())
        return For(match[0], None if words is None else tuple(words), self.loop_body(start), start, chosen)

    def case_command(self, start: int) -> Node:
        self.blank()
        word = self.word() if self.at < self.end else WordText(start, self.at, (), "", False)
        self.expect("in", start)
        arms: list[tuple[tuple[WordText, ...], Node, str]] = []
        while True:
            if self.peek() == "esac":
                self.at += 4
                break
            if self.at >= self.end:
                self.fail(start, "no esac")
                break
            if self.text[self.at] == "(":
                self.at += 1
            patterns: list[WordText] = []
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
                self.unsupported = self.unsupported or not self.bash
            elif self.text.startswith(";&", self.at):
                mark = ";&"
                self.unsupported = self.unsupported or not self.bash
            elif not self.text.startswith(";;", self.at):
                mark = ""
                if self.peek() != "esac":
                    self.fail(start, "case without ;; or esac")
                    arms.append((tuple(patterns), body, ";;"))
                    break
            self.at = min(self.at + len(mark), self.end)
            arms.append((tuple(patterns), body, mark or ";;"))
        return Case(word, tuple(arms))

    def expect(self, word: str, start: int) -> bool:
        self.newlines()
        match = RESERVED.match(self.text, self.at, self.end)
        if match and match[0] == word:
            self.at = match.end()
            return True
        self.fail(start, f"no {word}")
        return False

    def peek(self) -> str:
        self.newlines()
        match = RESERVED.match(self.text, self.at, self.end)
        return match[0] if match else ""
