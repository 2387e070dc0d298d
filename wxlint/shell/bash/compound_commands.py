"""Reading if, for, case, and the bodies of loops."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wxlint.core.patterns import late
from wxlint.shell.bash.simple_commands import END
from wxlint.shell.bash.tree import EMPTY, Case, Count, For, If, Node, Text

if TYPE_CHECKING:
    from wxlint.shell.bash.parser import Parser

_NAME = late(r"[A-Za-z_][A-Za-z0-9_]*")


def read_if(parser: Parser, start: int) -> Node:
    branches: list[tuple[Node, Node]] = []
    otherwise: Node | None = None
    while True:
        condition = parser.commands("")
        parser.expect("then", start)
        branches.append((condition, parser.commands("")))
        word = parser.peek()
        if word == "elif":
            parser.at += 4
            continue
        if word == "else":
            parser.at += 4
            otherwise = parser.commands("")
        parser.expect("fi", start)
        return If(tuple(branches), otherwise)


def read_body(parser: Parser, start: int) -> Node:
    parser.newlines()
    if parser.at < parser.end and parser.text[parser.at] == ";":
        parser.at += 1
    if parser.peek() == "{":
        parser.at += 1
        body = parser.commands("")
        parser.expect("}", start)
        return body
    parser.expect("do", start)
    body = parser.commands("")
    parser.expect("done", start)
    return body


def read_for(parser: Parser, start: int, chosen: bool) -> Node:
    parser.blank()
    if parser.text.startswith("((", parser.at):
        parser.unsupported = parser.unsupported or not parser.bash
        opened, close = parser.at, parser.balanced(parser.at)
        parser.at = close or parser.at + 2
        if not close:
            parser.fail(start, "no closing ))")
        parts = tuple(parser.text[opened + 2 : close - 2].split(";")) if close else ()
        return Count(parts if len(parts) == 3 else (), read_body(parser, start), start)
    match = _NAME.match(parser.text, parser.at, parser.end)
    if not match:
        parser.fail(start, "for without a name")
        return EMPTY
    parser.at = match.end()
    words: list[Text] | None = None
    if parser.peek() == "in":
        parser.at += 2
        words = []
        while True:
            parser.blank()
            if parser.at >= parser.end or parser.text[parser.at] in END:
                break
            words.extend(parser.braced_words())
    return For(match[0], None if words is None else tuple(words), read_body(parser, start), start, chosen)


def read_case(parser: Parser, start: int) -> Node:
    parser.blank()
    word = parser.word() if parser.at < parser.end else Text(start, parser.at, (), "", False)
    parser.expect("in", start)
    arms: list[tuple[tuple[Text, ...], Node, str]] = []
    while True:
        if parser.peek() == "esac":
            parser.at += 4
            break
        if parser.at >= parser.end:
            parser.fail(start, "no esac")
            break
        if parser.text[parser.at] == "(":
            parser.at += 1
        patterns: list[Text] = []
        while True:
            parser.blank()
            if parser.at >= parser.end or parser.text[parser.at] in ")\n;":
                break
            if parser.text[parser.at] == "|":
                parser.at += 1
                continue
            patterns.append(parser.word())
        if not parser.text.startswith(")", parser.at):
            parser.fail(start, "case pattern without )")
        parser.at = min(parser.at + 1, parser.end)
        body = parser.commands("")
        mark = ";;"
        if parser.text.startswith(";;&", parser.at):
            mark = ";;&"
            parser.unsupported = parser.unsupported or not parser.bash
        elif parser.text.startswith(";&", parser.at):
            mark = ";&"
            parser.unsupported = parser.unsupported or not parser.bash
        elif not parser.text.startswith(";;", parser.at):
            mark = ""
            if parser.peek() != "esac":
                parser.fail(start, "case without ;; or esac")
                arms.append((tuple(patterns), body, ";;"))
                break
        parser.at = min(parser.at + len(mark), parser.end)
        arms.append((tuple(patterns), body, mark or ";;"))
    return Case(word, tuple(arms))
