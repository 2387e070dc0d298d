"""The tree of a shell text, which the parser makes and the interpreter walks. Offsets are characters of the text."""

from __future__ import annotations

from typing import Union

from wxlint.core.reasons import Reason
from wxlint.core.tuples import NamedTuple


class Lit(NamedTuple):
    """Text as it stands; quoted: by quotes or a backslash."""

    text: str
    quoted: bool


class Param(NamedTuple):
    """`$name` or `${...}`.

    op: "" plain, "len" `${#x}`, "!" `${!x}`, "keys" `${!x[@]}`, else the operator as written (":-", "%%", "/", ":"
    for a substring). rest: the replacement of `/`. raw: as written.
    """

    name: str
    op: str
    arg: tuple[Part, ...]
    rest: tuple[Part, ...]
    subscript: tuple[Part, ...] | None
    quoted: bool
    raw: str


class Subst(NamedTuple):
    """`$(...)` or backquotes. body: None when it was not read."""

    body: Node | None
    quoted: bool
    raw: str


class Opaque(NamedTuple):
    """Arithmetic, process substitution, and a `${...}` that the shell refuses when it comes to it.

    body: the commands of a process substitution.
    """

    raw: str
    quoted: bool
    body: Node | None


Part = Union[Lit, Param, Subst, Opaque]


class WordText(NamedTuple):
    """A word. literal: its value when nothing in it needs evaluation, else None. quoted: any quote or backslash in it.

    parts: empty for a plain argument, of which `literal` says all.
    """

    start: int
    end: int
    parts: tuple[Part, ...]
    literal: str | None
    quoted: bool


class Assign(NamedTuple):
    """`name=value`, `name[index]+=value`, `name=(...)`. items: (subscript or None, word) of an array."""

    name: str
    subscript: tuple[Part, ...] | None
    append: bool
    value: WordText | None
    items: tuple[tuple[tuple[Part, ...] | None, WordText], ...] | None
    start: int
    end: int


class Redir(NamedTuple):
    """A redirection. operator includes the descriptor ("2>"). body: of a heredoc, filled in when its lines have been
    read."""

    operator: str
    target: WordText
    start: int
    end: int
    body: list[WordText]


class Simple(NamedTuple):
    """`A=b cmd word > file`.

    declared: the arguments of export, local, declare, readonly, typeset that are assignments, by place in `words`.
    """

    start: int
    end: int
    assigns: tuple[Assign, ...]
    words: tuple[WordText, ...]
    redirects: tuple[Redir, ...]
    declared: dict[int, Assign]


class Pipe(NamedTuple):
    items: tuple[Node, ...]
    negated: bool


class AndOr(NamedTuple):
    """first (&& or ||) node ..., from left to right."""

    first: Node
    rest: tuple[tuple[str, Node], ...]


class Seq(NamedTuple):
    items: tuple[Node, ...]


class WholeText(NamedTuple):
    """A whole text: the shell reads a line, with all that its commands span, and runs it before it reads the next."""

    items: tuple[Node, ...]


class Group(NamedTuple):
    body: Node
    subshell: bool


class If(NamedTuple):
    branches: tuple[tuple[Node, Node], ...]
    otherwise: Node | None


class For(NamedTuple):
    """words: None for `for x; do` (the positional parameters). chosen: `select`."""

    name: str
    words: tuple[WordText, ...] | None
    body: Node
    start: int
    chosen: bool


class While(NamedTuple):
    condition: Node
    body: Node
    until: bool


class Count(NamedTuple):
    """`for ((first; condition; step))`. parts: the three expressions as written; none when they could not be read."""

    parts: tuple[str, ...]
    body: Node
    start: int


class Background(NamedTuple):
    """`command &`."""

    body: Node


class Unsupported(NamedTuple):
    """What only bash reads, in a text for a plain sh: some shells end here, others go on."""

    body: Node
    start: int


class Case(NamedTuple):
    """arms: (patterns, body, the mark behind it: ";;", ";&" or ";;&")."""

    word: WordText
    arms: tuple[tuple[tuple[WordText, ...], Node, str], ...]


class Function(NamedTuple):
    """private, resting: of the text that is read again in which it stands (see expansion.Expander). path: of the file
    that `source` names in which it stands; empty for the text itself.
    """

    name: str
    body: Node
    start: int
    private: tuple[str, ...] = ()
    resting: tuple[Reason, ...] = ()
    path: str = ""


class Test(NamedTuple):
    """`[[ ... ]]`: ("or"|"and", a, b), ("not", a), ("word", w), ("unary", op, w), ("binary", op, a, b),
    ("unknown",)."""

    expression: tuple[object, ...]


class Arith(NamedTuple):
    """`(( ... ))`."""

    raw: str


class Redirected(NamedTuple):
    """A compound command with redirections (`done < list.txt`)."""

    body: Node
    redirects: tuple[Redir, ...]


Node = Union[
    Simple, Pipe, AndOr, Seq, Group, If, For, While, Count, Case, Function, Test, Arith, Redirected,
    Background, Unsupported, WholeText
]  # fmt: skip
EMPTY = Seq(())
