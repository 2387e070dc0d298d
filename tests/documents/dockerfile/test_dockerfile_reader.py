"""The Dockerfile reader against BuildKit's own parser (PyPI's `dockerfile`), and its positions against the text."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import dockerfile as buildkit
import pytest
from case_files import read_cases
from hypothesis import example, given
from hypothesis import strategies as st

from wxlint.documents.dockerfile.reader import Dockerfile, Instruction, read_dockerfile
from wxlint.documents.dockerfile.validation import syntax_problems
from wxlint.documents.dockerfile.words import SPACE
from wxlint.documents.source import Source, decode

ROOT = Path(__file__).resolve().parents[3]
NAMED = re.compile(r"(Dockerfile|Containerfile)(\..*)?|.*\.Dockerfile")

SPACED_HEREDOC = re.compile(r"<<-?[ \t\r\v\x85\xa0\u2003\u2028\u3000]")

TAB_HEREDOC = "FROM a\nRUN <<-EOF\n\tone\n\t\ttwo\n\tEOF\nRUN true\n"
NASTY = {
    "plain": "FROM a:1 AS b\nRUN true\n",
    "no-newline-at-the-end": "FROM a\nRUN true",
    "lower-case": "from a\nrun true\nEnV a=b\n",
    "space-before-instructions": "  FROM a\n\t RUN true\n",
    "space-behind-instructions": "FROM a  \nRUN true \t\n",
    "continuations": "FROM a\nRUN one \\\n  && two \\\n\t&& three\nRUN four\n",
    "space-behind-a-continuation": "FROM a\nRUN one \\ \t\n  two\n",
    "two-backslashes-continue-nothing": "FROM a\nRUN one \\\\\nRUN two\n",
    "three-backslashes": "FROM a\nRUN one \\\\\\\nRUN two\n",
    "comment-inside": "FROM a\nRUN one \\\n# comment \\\n  # another\n  two\n",
    "blank-lines-inside": "FROM a\nRUN one \\\n\n  \n\t\n  two\nRUN three\n",
    "continued-to-the-end": "FROM a\nRUN one \\\n",
    "continued-to-the-end-by-blank-lines": "FROM a\nRUN one \\\n\n\n",
    "continued-to-a-last-comment": "FROM a\nRUN one \\\n# end",
    "only-a-continuation": "FROM a\n\\\nRUN true\n",
    "keyword-and-continuation": "FROM a\nRUN \\\ntrue\n",
    "keyword-split-by-a-continuation": "FROM a\nRU\\\nN true\n",
    "continuation-before-the-keyword": "FROM a\n  \\\n  RUN true\n",
    "comments-between": "# one\nFROM a\n# two\n   # three\nRUN true # not one\n",
    "hash-in-a-word": "FROM a\nRUN echo '#' a#b\n",
    "escape-directive": "# escape=`\nFROM a\nRUN one `\n  two\nRUN dir C:\\\nRUN three\n",
    "escape-directive-with-space": "#  escape =  ` \nFROM a\nRUN one `\n  two\n",
    "escape-directive-in-capitals": "# ESCAPE=`\nFROM a\nRUN one `\n  two\n",
    "escape-too-late": "# a comment\n# escape=`\nFROM a\nRUN one `\nRUN two\n",
    "escape-behind-another-directive": "# syntax=docker/dockerfile:1\n# escape=`\nFROM a\nRUN one `\n  two\n",
    "escape-behind-an-unknown-directive": "# foo=bar\n# escape=`\nFROM a\nRUN one `\n  two\n",
    "escape-behind-a-blank-line": "\n# escape=`\nFROM a\nRUN one `\nRUN two\n",
    "escape-of-something-else": "# escape=x\nFROM a\n",
    "escape-twice": "# escape=`\n# escape=\\\nFROM a\n",
    "syntax-twice": "# syntax=a\n# syntax=b\nFROM a\n",
    "check-directive": "# check=skip=all;error=true\nFROM a\n",
    "shebang": "#!/usr/bin/env docker\n# escape=`\nFROM a\nRUN one `\n two\n",
    "crlf": "FROM a\r\nRUN one \\\r\n  two\r\n# c\r\nRUN <<EOF\r\nbody\r\nEOF\r\n",
    "lone-carriage-returns": "FROM a\rb\nRUN one\r\r\nRUN two \\\r\r\nRUN three\n",
    "byte-order-mark": "\ufeffFROM a\nRUN true\n",
    "byte-order-mark-and-directive": "\ufeff# escape=`\nFROM a\nRUN one `\n two\n",
    "byte-order-mark-later": "FROM a\n\ufeffRUN true\n",
    "unicode-spaces": "\u3000FROM\u3000a\n\xa0RUN true\u2003\n\x85RUN\x85two\nRUN \u2028x\n",
    "vertical-tabs": "FROM\x0ba\nRUN\x0ctrue\n\x0bRUN x\n",
    "separators-of-python-only": "FROM a\n\x1cRUN true\n",
    "heredoc": "FROM a\nRUN <<EOF\none\ntwo\nEOF\nRUN three\n",
    "heredoc-with-tabs": TAB_HEREDOC,
    "heredoc-of-spaces-and-dash": "FROM a\nRUN <<-EOF\n  EOF\n\tEOF\nRUN b\n",
    "heredoc-quoted": 'FROM a\nRUN <<\'EOF\'\n$x\nEOF\nRUN <<"EOF"\n$x\nEOF\nRUN <<E"O"F\n$x\nEOF\n',
    "heredoc-escaped": "FROM a\nRUN <<E\\OF\nx\nEOF\n",
    "heredocs": "FROM a\nRUN <<A cat && <<-'B' cat\none\nA\n\ttwo\n\tB\nRUN three\n",
    "heredoc-with-descriptor": "FROM a\nRUN 3<<EOF cat\nx\nEOF\n",
    "heredoc-behind-a-flag": "FROM a\nRUN --mount=type=cache,target=/c <<EOF\nx\nEOF\n",
    "heredoc-of-copy": "FROM a\nCOPY <<A <<B /d/\n1\nA\n2\nB\nADD --chown=1 <<C /e\n3\nC\n",
    "heredoc-of-onbuild": "FROM a\nONBUILD RUN <<EOF\nx\nEOF\nONBUILD COPY <<A /a\ny\nA\n",
    "heredoc-of-cmd-is-none": "FROM a\nCMD cat <<EOF\nENTRYPOINT x <<EOF\n",
    "heredoc-with-instructions-inside": "FROM a\nRUN <<EOF\nFROM b\n# comment\nRUN x \\\nEOF\nRUN y\n",
    "heredoc-behind-a-continuation": "FROM a\nRUN cat \\\n  <<EOF\nx\nEOF\nRUN y\n",
    "heredoc-continued-behind": "FROM a\nRUN <<EOF \\\n  cat\nx\nEOF\nRUN y\n",
    "heredoc-without-end": "FROM a\nRUN <<EOF\nx\n",
    "heredoc-end-with-space": "FROM a\nRUN <<EOF\nx\nEOF \n",
    "heredoc-end-at-the-end-of-the-file": "FROM a\nRUN <<EOF\nx\nEOF",
    "heredoc-empty": "FROM a\nRUN <<EOF\nEOF\nRUN x\n",
    "heredoc-apart-from-its-name": "FROM a\nRUN << EOF\nRUN x\nEOF\n",
    "here-strings-and-shifts": (
        "FROM a\nRUN cat <<< word\nRUN echo $((1<<2)) $((1 << 2))\nRUN echo '<<EOF' \"<<EOF\"\nRUN a<<b\n"
    ),
    "heredoc-in-an-exec-form": 'FROM a\nRUN ["sh", "-c", "cat <<EOF"]\nRUN [ x <<EOF\ny\nEOF\n',
    "flags": (
        "FROM --platform=linux/amd64 a\nCOPY --from=b --chown=1:2 x y\n"
        "RUN --mount=type=bind,source=x --network=none true --not=one\n"
    ),
    "flags-quoted": "FROM a\nRUN --mount=\"type=bind,source=a b\" true\nCOPY --from='b' x y\nRUN --mount=a\\ b true\n",
    "flags-end": "FROM a\nRUN -- --mount=x true\nCOPY --link x y\nRUN --\n",
    "flags-over-lines": (
        "FROM a\nRUN --mount=type=cache,target=/c \\\n    # comment\n    --mount=type=bind,target=/b \\\n    true\n"
    ),
    "env-forms": 'FROM a\nENV a b c\nENV a=1 b="c d" e=\'f g\' h=i\\ j\nENV k=\nENV l "m" n\n',
    "env-alone": "FROM a\nENV a\n",
    "env-mixed": "FROM a\nENV a=1 b\n",
    "label-alone": "FROM a\nLABEL a\n",
    "label-mixed": "FROM a\nLABEL a=1 b\n",
    "arg-forms": 'ARG a\nARG b=1 c\nARG d="e f"\nFROM a\n',
    "arg-blank": "ARG =x\nFROM a\n",
    "json-forms": (
        'FROM a\nCMD ["a", "b"]\nCMD [ "a" ] \nRUN ["a",]\nENTRYPOINT ["a", 1]\n'
        'SHELL []\nVOLUME ["/a b"]\nCOPY ["a b", "c"]\n'
    ),
    "healthcheck": 'FROM a\nHEALTHCHECK NONE\nHEALTHCHECK --interval=5s CMD true\nHEALTHCHECK CMD ["a"]\n',
    "onbuild": "FROM a\nONBUILD RUN true\nONBUILD COPY --from=b c d\nONBUILD ENV a=b\n",
    "unknown-instructions": "FROM a\nFOO bar\nRUNN x\n",
    "instructions-without-arguments": "FROM\nRUN\nENV\nCOPY\n",
    "empty": "",
    "only-comments": "# a\n\n# b\n",
    "only-space": " \n\t\n\n",
    "only-continuations": "\\\n\\\n",
    "cyrillic-and-emoji": 'FROM a\nLABEL имя=значение 👍="👍🏽 x"\nRUN echo é \\\n  ü\n',
}


def ours(text: str, path: str = "Dockerfile") -> Dockerfile:
    return read_dockerfile(Source(path, decode(text.encode())))


def flag_text(instruction: Instruction) -> list[str]:
    if not instruction.text.isascii():
        return []  # BuildKit reads flags byte by byte
    return [f"--{flag.name}" + ("" if flag.value is None else f"={flag.value}") for flag in instruction.flags]


def lowered(flag: str) -> str:
    name, equals, value = flag.partition("=")
    return name.lower() + equals + value


def agree(text: str) -> None:
    """Both accept the text and split it alike, or both refuse it."""
    if SPACED_HEREDOC.search(text):
        return  # `<< NAME` is a heredoc since BuildKit's Dockerfile frontend 1.16, which is newer than this parser
    read = ours(text)
    try:
        reference = buildkit.parse_string(text)
    except buildkit.GoParseError as error:
        assert list(syntax_problems(read)), f"only BuildKit refuses it: {error}"
        return
    nameless = [command for command in reference if not command.cmd]  # a last line of only `\\`: refused afterwards
    assert len(read.problems) == len(nameless), read.problems
    reference = [command for command in reference if command.cmd]
    assert [shape(i) for i in read.instructions] == [reference_shape(c) for c in reference]
    for instruction, command in zip(read.instructions, reference):
        if command.heredocs:
            assert [(h.name, h.body) for h in instruction.heredocs] == [
                (h.name, chomped(h.content, mine.chomp)) for h, mine in zip(command.heredocs, instruction.heredocs)
            ]


def shape(instruction: Instruction) -> tuple[Any, ...]:
    return instruction.keyword, instruction.line, instruction.end_line, instruction.text, flag_text(instruction)


def reference_shape(command: Any) -> tuple[Any, ...]:
    line = command.original.split("\n")[0].strip(SPACE)  # behind it, a RUN has its heredocs
    flags = [lowered(flag) for flag in command.flags] if line.isascii() else []
    return command.cmd.upper(), command.start_line, command.end_line, line, flags


def chomped(content: str, chomp: bool) -> str:
    content = content.replace("\r\n", "\n")
    return re.sub(r"(?m)^\t+", "", content) if chomp else content


def check_positions(read: Dockerfile) -> None:
    """Every character of an instruction's text stands in the source where the instruction says."""
    source = read.source
    last = 0
    for instruction in read.instructions:
        assert last < instruction.line <= instruction.end_line <= max(len(source.starts), 1)
        last = instruction.end_line
        assert 0 <= instruction.args_at <= len(instruction.text)
        for offset, char in enumerate(instruction.text):
            assert source.text[instruction.at(offset)] == char, (instruction, offset)
        for flag in instruction.flags:
            assert instruction.text[flag.start : flag.start + 2] == "--"
            span = instruction.span(source, flag.start, flag.end)
            assert instruction.line <= span.line <= span.end_line <= instruction.end_line
        for heredoc in instruction.heredocs:
            assert instruction.at(0) < heredoc.start <= heredoc.end <= len(source.text)
    for at, text in read.comments:
        assert source.text[at : at + 1 + len(text)] == f"#{text}"
    for problem in syntax_problems(read):
        assert 0 <= problem.start <= problem.end <= len(source.text)


@pytest.mark.parametrize("text", NASTY.values(), ids=NASTY)
def test_nasty_files_split_as_buildkit_splits_them(text: str) -> None:
    agree(text)


@pytest.mark.parametrize("text", NASTY.values(), ids=NASTY)
def test_nasty_files_stand_where_they_were_written(text: str) -> None:
    check_positions(ours(text))


def repository_files() -> list[Path]:
    found = [
        p
        for folder in ("docker", "tests", "policies")
        for p in (ROOT / folder).rglob("*")
        if NAMED.fullmatch(p.name) and p.is_file()
    ]
    return sorted([*found, *(p for p in ROOT.iterdir() if NAMED.fullmatch(p.name) and p.is_file())])


@pytest.mark.parametrize("path", repository_files(), ids=lambda p: str(p.relative_to(ROOT)))
def test_the_repositorys_dockerfiles(path: Path) -> None:
    text = path.read_bytes().decode()
    agree(text)
    check_positions(ours(text))


@pytest.mark.parametrize("path", sorted((ROOT / "tests" / "cases").glob("*.yaml")), ids=lambda p: p.stem)
def test_the_dockerfiles_of_the_cases(path: Path) -> None:
    for case in read_cases(path):
        for name, text in case["files"].items():
            if NAMED.fullmatch(name.rpartition("/")[2]):
                agree(text)
                check_positions(ours(text))


PIECES = (
    "FROM a", "FROM", "RUN", "COPY", "ADD", "ENV", "ARG", "LABEL", "CMD", "ONBUILD", "HEALTHCHECK", "SHELL",
    "# escape=`", "# syntax=x", "#", "# c", "\\\n", "`\n", "\\ \n", "\\\\\n", "\n", "\n\n", "\r\n", "\\\r\n", "\r",
    " ", "  ", "\t", "\v", "\x85", "\xa0", "\u2003", "\u3000", "\x1c", "\ufeff", "<<EOF", "<<-EOF", "<<'EOF'",
    '<<"E F"', "<<A", "3<<A", "<<", "<", "EOF\n", "\nEOF\n", "\n\tEOF\n", "\nA\n", "a", "b=c", "=", "-", "--",
    "--from=x", "--mount=type=bind,from=y", "--a", '"', "'", "\\", "`", "$", "${x}", "$x", "[", "]", '["a", "b"]',
    '["a', ",", "{", "}", "é", "👍", "&&", ";", "|",
)  # fmt: skip


@given(st.lists(st.sampled_from(PIECES), max_size=30).map("".join))
@example("FROM a\nRUN <<EOF <<EOF\nEOF\nEOF\n")
@example("FROM a\nRUN a \\\n#\n\n\\\n b\n")
def test_pieces_in_any_order(text: str) -> None:
    read = ours("FROM a\n" + text)
    check_positions(read)
    agree("FROM a\n" + text)


@given(st.text(alphabet=st.sampled_from("FROMRUNENVa b=#\\`\n\r\t<>-'\"$[]{}\xa0\u2028é"), max_size=60))
def test_characters_in_any_order(text: str) -> None:
    check_positions(ours(text))
    agree(text)


@st.composite
def written(draw: st.DrawFn) -> str:
    """A Dockerfile as people write it: instructions with continuations, comments, blank lines, heredocs."""
    escape = draw(st.sampled_from("\\\\\\`"))
    end = draw(st.sampled_from(("\n", "\r\n")))
    lines = [f"# escape={escape}"] if escape == "`" or draw(st.booleans()) else []
    lines.append("FROM a:1 AS b")
    word = st.text(alphabet="abcAB01/.:=-_é", min_size=1, max_size=6).filter(lambda w: not w.startswith("--"))
    gap = st.sampled_from(("", "  ", "# comment", "\t# comment " + escape, "   "))
    for _ in range(draw(st.integers(0, 6))):
        kind = draw(st.sampled_from(("RUN", "run", "COPY", "ENV", "LABEL", "WORKDIR", "ONBUILD RUN", "#", "")))
        if kind in ("#", ""):
            lines.append(kind)
            continue
        words = draw(st.lists(word, min_size=2, max_size=5))
        if kind in ("ENV", "LABEL"):
            words = [f"{chr(97 + i)}={w.replace('=', '')}" for i, w in enumerate(words)]
        names: list[tuple[str, str]] = []
        if kind in ("RUN", "COPY", "ONBUILD RUN") and draw(st.booleans()):
            names = draw(
                st.lists(
                    st.tuples(st.sampled_from(("<<", "<<-")), st.sampled_from(("EOF", "'EOT'", '"X"'))),
                    min_size=1,
                    max_size=2,
                )
            )
            words[:1] = [f"{sign}{name}" for sign, name in names]
        text = draw(st.sampled_from(("", "  "))) + kind
        for item in words:
            if draw(st.booleans()):
                lines.append(f"{text} {escape}")
                lines.extend(draw(st.lists(gap, max_size=2)))
                text = draw(st.sampled_from(("", "  ", "\t")))
                text += item
            else:
                text += f" {item}"
        lines.append(text)
        for sign, name in names:
            lines.extend(
                draw(st.lists(st.sampled_from(("FROM x", "# no comment", f"y {escape}", "\tz", "")), max_size=3))
            )
            lines.append(("\t" if sign == "<<-" and draw(st.booleans()) else "") + name.strip("\"'"))
    return draw(st.sampled_from(("", "\ufeff"))) + end.join(lines) + draw(st.sampled_from(("", end)))


@given(written())
def test_files_as_people_write_them(text: str) -> None:
    check_positions(ours(text))
    agree(text)


def test_a_span_covers_what_was_written_over_several_lines() -> None:
    text = "FROM a\nRUN pip install \\\n    # comment\n    torch==2.3.1 flask\n"
    read = ours(text)
    run = read.instructions[1]
    start = run.text.index("torch")
    span = run.span(read.source, start, start + len("torch==2.3.1"))
    assert (span.line, span.column, span.end_line, span.end_column) == (4, 5, 4, 17)
    whole = run.span(read.source, 0, len(run.text))
    assert (whole.line, whole.column, whole.end_line, whole.end_column) == (2, 1, 4, 23)


def test_columns_count_characters_behind_a_byte_order_mark() -> None:
    read = ours("\ufeffFROM é👍 AS b\r\n")
    span = read.instructions[0].span(read.source, 5, 7)
    assert (span.line, span.column, span.end_column) == (1, 6, 8)


def test_heredocs_keep_body_and_place() -> None:
    read = ours(TAB_HEREDOC)
    (heredoc,) = read.instructions[1].heredocs
    assert (heredoc.name, heredoc.body, heredoc.expand, heredoc.chomp) == ("EOF", "one\ntwo\n", True, True)
    assert read.source.text[heredoc.start : heredoc.end] == "\tone\n\t\ttwo\n"


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("RUN << EOF", ["EOF"]),
        ("RUN <<-  EOF", []),
        ("RUN cat <<\t'EOF' > /x", ["EOF"]),
        ("RUN << EOF cat << EOF", ["EOF", "EOF"]),
        ("COPY << EOF /x", ["EOF"]),
        ("RUN echo $((1 << 2))", []),
        ("RUN cat <<< EOF", []),
        ("RUN echo '<< EOF'", []),
        ("RUN a < EOF", []),
    ],
)
def test_space_between_the_arrows_and_the_name_of_a_heredoc(line: str, names: list[str]) -> None:
    read = ours(f"FROM a\n{line}\nbody\nEOF\nEOF\nRUN true\n")
    assert [heredoc.name for heredoc in read.instructions[1].heredocs] == names
    assert not read.problems


@pytest.mark.parametrize(
    ("word", "expand"), [("<<EOF", True), ("<<'EOF'", False), ('<<"EOF"', False), ("<<-EOF", True), ("<<E'O'F", False)]
)
def test_a_quoted_heredoc_is_not_expanded(word: str, expand: bool) -> None:
    (heredoc,) = ours(f"FROM a\nRUN {word}\nx\nEOF\n").instructions[1].heredocs
    assert heredoc.expand == expand


def test_what_could_be_read_beside_a_problem_is_kept() -> None:
    read = ours("FROM a\nRUN true\nRUN <<EOF\nx\n")
    assert [i.keyword for i in read.instructions] == ["FROM", "RUN", "RUN"]
    assert len(read.problems) == 1


def test_directives_and_their_places() -> None:
    read = ours("# syntax = docker/dockerfile:1 \n#escape=`\n# comment\n# check=skip=all\nFROM a\n")
    assert {name: value for name, (value, _) in read.directives.items()} == {
        "syntax": "docker/dockerfile:1",
        "escape": "`",
    }
    assert read.source.span(read.directives["syntax"][1], read.directives["syntax"][1] + 6)[1:4] == (1, 12, 1)
    assert read.escape == "`"
    assert read.syntax() == "docker/dockerfile:1"


def test_one_megabyte_of_continuations_is_read_line_by_line() -> None:
    text = "FROM a\nRUN true \\\n" + "  && true \\\n" * 80_000 + "  && true\n"
    read = ours(text)
    assert [i.end_line for i in read.instructions] == [1, 80_003]
    assert read.instructions[1].text.count("&&") == 80_001
