"""An install command for some packages of another one: where and how that one installs, and nothing else of it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from wxlint.core.findings import Span
from wxlint.core.patterns import late
from wxlint.core.tuples import NamedTuple
from wxlint.facts.torch_releases import FAMILY
from wxlint.fixes.context import Context
from wxlint.images.installs.model import Install
from wxlint.images.installs.options import WITH_VALUE

_PROGRAM = late(r"(?:RUN[ \t]+(?:--\S+[ \t]+)*|&&\s*)((?:[\w./=:-]+\s+)+)\Z")
"""The words of an install command before `install`, where it is the first of a RUN or of a list."""
_WORD = late(r"""\s*((?:[^\s'"\\;&|<>()`#$]|\$\w+|\$\{\w+\}|'[^'\n]*'|"[^"`\\\n]*"|(?<=\S)\#)+)""")
_END = late(r"\s*(?:\Z|&&|\|\||;|\n)")
_SHORT = late(r"-\w*[IU]\w*")
_REPLACED = frozenset(("-i", "--index-url", "--pypi-url"))
_LISTS = frozenset(("-r", "--requirement", "--requirements", "-e", "--editable"))
_ALONE = frozenset(
    "--prefix --root -t --target -I --ignore-installed -U --upgrade -P --upgrade-package --force-reinstall --reinstall"
    " --reinstall-package --no-index --index --default-index --dry-run --exact --require-hashes --extra --all-extras"
    " --group --only-group --report".split()
)
"""Options with which a second command does not see what the first one installed, or that go with one of them only."""
_FLAGS = frozenset(
    "--no-deps -q -qq -qqq --quiet -v -vv -vvv --verbose --no-cache-dir --no-cache -n --user --system --pre"
    " --break-system-packages --no-build-isolation --compile --no-compile --compile-bytecode --no-input --isolated"
    " --disable-pip-version-check --no-warn-script-location --no-warn-conflicts --prefer-binary --no-clean --no-color"
    " --ignore-requires-python --use-pep517 --debug --require-virtualenv --no-python-version-warning --native-tls"
    " --strict --no-verify-hashes --no-build --no-sources --no-config --no-progress --refresh".split()
)
"""Options without a value that both commands take; one that is not known may have a word behind it."""


class NotSplit(Exception):
    """Why a command cannot be divided, for a person."""


class InstallCommand(NamedTuple):
    """at: where the command starts in its file. program: the words up to its verb; rest: what stands behind that."""

    at: int
    program: str
    verb: str
    rest: str


def divided(context: Context, install: Install, own: Sequence[Span], option: str) -> tuple[Span, str]:
    """Where a command stands, and what to write before it: a command for torch and its companions, which are at `own`,
    with one more option. Raises NotSplit.
    """
    command = _command(context, install)
    words = list(_words(command.rest))
    taken = [context.text(span) for span in own]
    others = [context.text(r.span) for r in install.requirements if r.span is not None and r.name not in FAMILY]
    if not all(taken) or set(taken) & set(others):
        raise NotSplit("a variable holds torch and other packages")
    kept = _options(words, {_bare(text) for text in (*taken, *others)})
    place = install.span
    source = context.source(place.path) if place is not None else None
    assert source is not None
    text = " ".join((*command.program.split(), command.verb, *kept, *taken))
    return source.span(command.at, command.at), f"{text}{option} && "


def _command(context: Context, install: Install) -> InstallCommand:
    span = install.span
    source = context.source(span.path) if span is not None else None
    if span is None or source is None:
        raise NotSplit("its command is not in a file that was read")
    start, end = source.offsets(span)
    dockerfile = context.repository.dockerfiles.get(span.path)
    for one in dockerfile.instructions if dockerfile is not None else ():
        if not one.line <= span.line <= one.end_line:
            continue
        at = next((n for n in range(len(one.text)) if one.at(n) == start), None)
        if at is not None:
            verb = one.text[at : at + end - start]
            found = _PROGRAM.search(one.text[:at])
            if found is not None and verb == source.text[start:end]:
                return InstallCommand(one.at(found.start(1)), found[1], verb, one.text[at + len(verb) :])
            break
    else:
        line = source.line_text(span.line)
        found = _PROGRAM.search(line[: span.column - 1])
        if found is not None and span.line == span.end_line and not line.endswith(("\\", "^", "`")):
            at = source.starts[span.line - 1] + found.start(1)
            return InstallCommand(at, found[1], source.text[start:end], line[span.end_column - 1 :])
    raise NotSplit("its command is neither the first of a RUN nor behind `&&`")


def _words(rest: str) -> Iterator[str]:
    """The words up to the end of the command, as written."""
    at = 0
    while (match := _WORD.match(rest, at)) is not None:
        yield match[1]
        at = match.end()
    if _END.match(rest, at) is None:
        raise NotSplit("its command holds more than plain words")


def _options(words: Sequence[str], known: Collection[str]) -> list[str]:
    """The options of a command, without those that name packages or the index. known: what else may stand there."""
    kept: list[str] = []
    left = iter(words)
    for word in left:
        if not word.startswith("-"):
            if _bare(word) not in known and not word.startswith((".", "/")):
                raise NotSplit(f"{word} may be more than a package")
            continue
        name, equals, _ = word.partition("=")
        if not name.startswith("--") and name[:2] in WITH_VALUE and len(name) > 2:
            name, equals = name[:2], "attached"
        if name in _ALONE or _SHORT.fullmatch(name) and name not in WITH_VALUE:
            raise NotSplit(f"a command of its own for torch does not go with {name}")
        if name not in WITH_VALUE and name not in _FLAGS and not equals:
            raise NotSplit(f"the option {name} is not known")
        value = [next(left, "")] if name in WITH_VALUE and not equals else []
        if name not in _REPLACED and name not in _LISTS:
            kept += [word, *value]
    return kept


def _bare(word: str) -> str:
    return word.strip("\"'")
