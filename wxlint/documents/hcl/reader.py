"""Reading HCL: its blocks, expressions and templates.

    read_hcl(source) -> Hcl            never raises; the body holds what came before the first error

The grammar is that of the HCL native syntax specification, without `for` expressions, whose value is unknown.
"""

from __future__ import annotations

import re
from typing import Union

from wxlint.documents.hcl.model import (
    Attribute,
    Block,
    Body,
    Expression,
    FunctionCall,
    Hcl,
    List,
    Literal,
    Name,
    Object,
    Template,
)
from wxlint.documents.hcl.tokens import HclError, Token, Tokens
from wxlint.documents.source import Source, TextProblem

_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "\\": "\\"}
_DEPTH = 40
_DIRECTIVE = "%{"
_LEVELS = (("||",), ("&&",), ("==", "!="), ("<", "<=", ">", ">="), ("+", "-"), ("*", "/", "%"))


def read_hcl(source: Source) -> Hcl:
    """Read a file. Never raises."""
    parser = _Parser(source.text, 0, len(source.text))
    attributes: list[Attribute] = []
    blocks: list[Block] = []
    try:
        parser.body(attributes, blocks, 0)
    except HclError as error:
        at = min(error.at, len(source.text))
        return Hcl(Body(tuple(attributes), tuple(blocks)), (TextProblem(at, at + 1, error.message),))
    return Hcl(Body(tuple(attributes), tuple(blocks)), ())


class _Parser(Tokens):
    """Blocks, expressions and templates."""

    def body(self, attributes: list[Attribute], blocks: list[Block], depth: int) -> None:
        """Everything up to the closing brace, or the end."""
        given: set[str] = set()
        while True:
            self.lines()
            token = self.peek()
            if token.kind == "end" or token.text == "}":
                if (token.kind == "end") != (depth == 0):
                    raise HclError(token.start, "a brace too many" if depth == 0 else "a closing brace is missing")
                return
            if token.kind not in ("name", "quote"):
                raise HclError(token.start, f"{token.text!r} has no meaning here")
            self._item(attributes, blocks, depth, given)

    def _item(self, attributes: list[Attribute], blocks: list[Block], depth: int, given: set[str]) -> None:
        """An attribute or a block. given: the names of the attributes in front of it."""
        first = self.next()
        if first.kind == "name" and self.take("="):
            if first.text in given:
                raise HclError(first.start, f"{first.text} is given twice")
            given.add(first.text)
            attributes.append(Attribute(first.text, self.expression(0), first.start))
            self._ends_line()
            return
        labels: list[str] = []
        while not self.take("{"):
            token = self.next()
            if token.kind == "quote":
                template = self.template(token)
                labels.append("".join(part for part in template.parts if isinstance(part, str)))
            elif token.kind == "name":
                labels.append(token.text)
            else:
                raise HclError(token.start, "an opening brace is missing here")
        if depth > _DEPTH:
            raise HclError(first.start, "nested too deep")
        saved, self.brackets = self.brackets, 0
        inner: list[Attribute] = []
        inside: list[Block] = []
        self.body(inner, inside, depth + 1)
        end = self.next().end
        self.brackets = saved
        blocks.append(Block(first.text, tuple(labels), Body(tuple(inner), tuple(inside)), first.start, end))
        self._ends_line()

    def _ends_line(self) -> None:
        """What an attribute or a block is followed by."""
        token = self.peek()
        if token.kind not in ("newline", "end") and token.text != "}":
            raise HclError(token.start, "a line end is missing here")

    # -- expressions

    def expression(self, depth: int) -> Expression:
        if depth > _DEPTH:
            raise HclError(self.at, "nested too deep")
        test = self.binary(0, depth)
        if not self.take("?"):
            return test
        yes = self.expression(depth + 1)
        self.need(":")
        no = self.expression(depth + 1)
        return FunctionCall("?", (test, yes, no), test.start, no.end)

    def binary(self, level: int, depth: int) -> Expression:
        if level == len(_LEVELS):
            return self.unary(depth)
        left = self.binary(level + 1, depth)
        while operator := self.take(*_LEVELS[level]):
            right = self.binary(level + 1, depth)
            left = FunctionCall(operator, (left, right), left.start, right.end)
        return left

    def unary(self, depth: int) -> Expression:
        start = self.peek().start
        if operator := self.take("!", "-"):
            if depth > _DEPTH:
                raise HclError(start, "nested too deep")
            value = self.unary(depth + 1)
            return FunctionCall(operator, (value,), start, value.end)
        return self.accessed(depth)

    def accessed(self, depth: int) -> Expression:
        found = self.primary(depth)
        while True:
            if self.take("."):
                token = self.next()
                path = found.path if isinstance(found, Name) else ("?",)
                found = Name((*path, token.text), found.start, token.end)
            elif self.take("["):
                self.brackets += 1
                every = self.peek()
                key = Name(("*",), every.start, every.end) if self.take("*") else self.expression(depth + 1)
                self.need("]")
                self.brackets -= 1
                found = FunctionCall("[]", (found, key), found.start, self.at)
            else:
                return found

    def primary(self, depth: int) -> Expression:
        token = self.next()
        if token.kind == "quote":
            return self.template(token)
        if token.kind == "heredoc":
            return self.heredoc(token)
        if token.kind == "number":
            return Literal(float(token.text), token.start, token.end)
        if token.kind == "name":
            if self.take("("):
                items = self.listed(")", depth)
                return FunctionCall(token.text, items, token.start, self.at)
            words: dict[str, Union[bool, None]] = {"true": True, "false": False, "null": None}
            if token.text in words:
                return Literal(words[token.text], token.start, token.end)
            return Name((token.text,), token.start, token.end)
        if token.text == "(":
            self.brackets += 1
            found = self.expression(depth + 1)
            self.need(")")
            self.brackets -= 1
            return found
        if token.text == "[":
            return List(self.listed("]", depth), token.start, self.at)
        if token.text == "{":
            return self.object(token, depth)
        raise HclError(token.start, "a value is missing here")

    def listed(self, closing: str, depth: int) -> tuple[Expression, ...]:
        self.brackets += 1
        items: list[Expression] = []
        while not self.take(closing):
            if self.peek().text == "for":
                self.skip(closing)
                self.brackets -= 1
                return (FunctionCall("for", (), self.at, self.at),)
            items.append(self.expression(depth + 1))
            self.take("...")
            if not self.take(","):
                self.need(closing)
                break
        self.brackets -= 1
        return tuple(items)

    def object(self, opening: Token, depth: int) -> Expression:
        self.brackets += 1
        entries: list[tuple[Expression, Expression]] = []
        while not self.take("}"):
            if self.peek().text == "for":
                self.skip("}")
                self.brackets -= 1
                return FunctionCall("for", (), opening.start, self.at)
            key = self.expression(depth + 1)
            if isinstance(key, Name) and len(key.path) == 1:
                key = Literal(key.path[0], key.start, key.end)
            if not self.take("="):
                self.need(":")
            entries.append((key, self.expression(depth + 1)))
            token = self.peek()
            if not self.take(",") and token.text != "}" and "\n" not in self.text[self.at : token.start]:
                raise HclError(token.start, "a comma or a line end is missing here")
        self.brackets -= 1
        return Object(tuple(entries), opening.start, self.at)

    def skip(self, closing: str) -> None:
        """Pass over what is not read, up to the bracket that closes it."""
        depth = 0
        while True:
            token = self.next()
            if token.kind == "end":
                raise HclError(token.start, f"{closing!r} is missing here")
            if token.kind == "quote":
                self.template(token)
            elif token.text in ("(", "[", "{"):
                depth += 1
            elif token.text in (")", "]", "}"):
                if depth == 0:
                    return
                depth -= 1

    def template(self, opening: Token) -> Template:
        """A quoted text behind its opening quote."""
        return self._template(opening.start, closing='"')

    def heredoc(self, opening: Token) -> Template:
        mark = opening.text.strip().lstrip("<-")
        end = re.compile(rf"^[ \t]*{re.escape(mark)}[ \t]*$", re.MULTILINE).search(self.text, self.at, self.end)
        if end is None:
            raise HclError(opening.start, f"the end mark {mark} is missing")
        inner = _Parser(self.text, self.at, end.start())
        found = inner._template(opening.start, closing="")
        self.at = end.end()
        return found._replace(end=self.at)

    def _template(self, start: int, closing: str) -> Template:
        parts: list[Union[str, Expression]] = []
        places: list[tuple[int, int]] = []
        text: list[str] = []
        begin = self.at

        def flush(end: int) -> None:
            if text:
                parts.append("".join(text))
                places.append((begin, end))
                text.clear()

        while self.at < self.end:
            char = self.text[self.at]
            two = self.text[self.at : self.at + 2]
            if closing and char == closing:
                flush(self.at)
                self.at += 1
                return _made(parts, places, start, self.at)
            if two in ("${", "%{"):
                flush(self.at)
                opened = self.at
                self.at += 2
                self.brackets += 1
                parts.append(self._interpolated(two))
                self.brackets -= 1
                places.append((opened, self.at))
                begin = self.at
            elif self.text.startswith(("$${", "%%{"), self.at):  # the text `${`
                text.append(self.text[self.at + 1 : self.at + 3])
                self.at += 3
            elif closing and char == "\\":
                escaped = self.text[self.at + 1 : self.at + 2]
                text.append(_ESCAPES.get(escaped, escaped))
                self.at += 2
            elif closing and char == "\n":
                break
            else:
                text.append(char)
                self.at += 1
        if closing:
            raise HclError(start, "a closing quote is missing")
        flush(self.at)
        return _made(parts, places, start, self.at)

    def _interpolated(self, opening: str) -> Expression:
        """What stands between the braces of a template; a directive, as `%{ if a }` is one, is not followed."""
        start = self.at
        if opening == "%{":
            self.skip("}")
            return FunctionCall(_DIRECTIVE, (), start, self.at)
        self.take("~")
        found = self.expression(1)
        self.take("~")
        self.need("}")
        return found


def _made(parts: list[Union[str, Expression]], places: list[tuple[int, int]], start: int, end: int) -> Template:
    """A template; one with directives, which may leave out or repeat what stands between them, is unknown."""
    directive = next((part for part in parts if isinstance(part, FunctionCall) and part.name == _DIRECTIVE), None)
    if directive is not None:
        return Template((directive,), ((start, end),), start, end)
    return Template(tuple(parts), tuple(places), start, end)


def template_of(text: str, start: int, end: int) -> Expression:
    """A stretch of a file that is a template without quotes, as in JSON; its own text where it is not one."""
    try:
        return _Parser(text, start, end)._template(start, closing="")
    except HclError:
        return Literal(text[start:end], start, end)
