"""Arguments, ENV, stages and their names as BuildKit scopes them, and what an evaluation costs at most."""

from __future__ import annotations

import pytest

from wxlint.core.reasons import Reason
from wxlint.core.values import Value
from wxlint.documents.dockerfile.reader import read_dockerfile
from wxlint.documents.source import Source
from wxlint.images.evaluation import evaluator
from wxlint.images.evaluation.evaluator import MOST_CHARACTERS, evaluate
from wxlint.images.evaluation.files.build_files import Files
from wxlint.images.evaluation.files.copied_files import Copies, Copy
from wxlint.images.model.records import Build, Evaluated, StageCopy


def run(text: str, args: dict[str, str] | None = None, **build: object) -> Evaluated:
    given = tuple((name, Value(value)) for name, value in (args or {}).items())
    made = Build("Dockerfile", (".",), args=given, **build)  # type: ignore[arg-type]
    return evaluate(read_dockerfile(Source("Dockerfile", text)), made, Files(lambda _: None, (".",)))


def env(text: str, args: dict[str, str] | None = None, **build: object) -> str:
    """The ENV variable L at the end, as shown."""
    return run(text, args, **build).stages[-1].env["L"].shown()


# BuildKit's own converter says the same of each
SCOPES = [
    ("ARG A=1\nFROM scratch\nENV L=x$A\n", {}, "x$A"),
    ("ARG A=1\nFROM scratch\nARG A\nENV L=x$A\n", {}, "x1"),
    ("ARG A=1\nFROM scratch\nARG A=\nENV L=x$A\n", {}, "x"),
    ("FROM scratch\nARG A=1 B=$A\nENV L=$B\n", {}, "1"),
    ("FROM scratch\nARG A=1\nENV A=2 L=$A\n", {}, "1"),
    ("FROM scratch\nARG A=1\nENV A=2\nENV L=$A\n", {}, "2"),
    ("FROM scratch\nENV A=1\nARG A\nENV L=$A\n", {}, "1"),
    ("FROM scratch\nENV A=1\nARG A=1\nENV L=$A\n", {}, "1"),
    ("FROM scratch\nENV 'A'=1 \"B\"=2\nENV L=$A$B\n", {}, "12"),
    ("FROM scratch\nENV N=A\nENV $N=1\nENV L=$A\n", {}, "1"),
    ("FROM scratch AS a\nARG Z=1\nFROM a\nENV L=x$Z\n", {}, "x1"),
    ("FROM scratch AS a\nARG Z=1\nFROM a\nARG Z\nENV L=x$Z\n", {}, "x1"),
    ("FROM scratch AS a\nARG Z\nFROM a\nENV L=x$Z\n", {"Z": "5"}, "x5"),
    ("FROM scratch\nARG TARGETARCH\nENV L=$TARGETARCH\n", {"TARGETARCH": "foo"}, "foo"),
    ("FROM scratch\nARG TARGETARCH=zz\nENV L=$TARGETARCH\n", {}, "zz"),
    ("FROM scratch\nARG TARGETARCH\nENV L=$TARGETARCH\n", {}, "amd64"),
]


@pytest.mark.parametrize(("text", "args", "expected"), SCOPES)
def test_scopes(text: str, args: dict[str, str], expected: str) -> None:
    assert env(text, args) == expected


def test_an_argument_over_an_env_counts_for_some_builders_only() -> None:
    """BuildKit lets the argument count, the classic builder the ENV: measured with both."""
    value = run("FROM scratch\nENV A=1\nARG A=2\nENV L=$A\n").stages[-1].env["L"]
    assert not value.known
    assert any("depends on the builder" in reason.text for reason in value.because)


@pytest.mark.parametrize(
    ("text", "args", "platform", "base"),
    [
        ("FROM x:$TARGETARCH\n", {}, "linux/arm64", "x:arm64"),
        ("FROM x:$TARGETARCH\n", {"TARGETARCH": "foo"}, "linux/amd64", "x:foo"),
        ("ARG TARGETARCH\nFROM x:$TARGETARCH\n", {"TARGETARCH": "foo"}, "linux/amd64", "x:foo"),
        ("ARG TARGETARCH=zz\nFROM x:$TARGETARCH\n", {}, "linux/arm64", "x:zz"),
        ("ARG A=1 B=$A\nFROM x:$B\n", {}, "linux/amd64", "x:1"),
        ("ARG A=1\nARG A\nFROM x:$A\n", {}, "linux/amd64", "x:1"),
        ("FROM x:$BUILDARCH\n", {}, "linux/amd64", "x:amd64"),
        ("FROM x:$BUILDARCH\n", {}, "linux/arm64", "x:${BUILDARCH}"),
        ("FROM 'x:1'\n", {}, "linux/amd64", "x:1"),
        ("FROM {{ image }}:1\n", {}, "linux/amd64", "{{ image }}:1"),
        ('ARG X="12\nFROM x:$X\n', {}, "linux/amd64", 'x:"12'),
    ],
)
def test_bases(text: str, args: dict[str, str], platform: str, base: str) -> None:
    assert run(text, args, platform=platform).stages[0].base.value.shown() == base


def test_an_open_quote_is_never_a_known_value() -> None:
    assert not run('ARG X="12\nFROM debian:$X\n').stages[0].base.value.known


def test_a_mount_takes_no_number_of_a_stage() -> None:
    uses = run("FROM a:1\nFROM b:1\nCOPY --from=0 x y\nRUN --mount=from=0,target=/x true\n").uses
    assert [(use.kind, use.value.text) for use in uses] == [("FROM", "a:1"), ("FROM", "b:1"), ("RUN --mount", "0")]


def test_a_stage_takes_over_what_its_base_has() -> None:
    text = "FROM a:1 AS one\nENV X=1\nWORKDIR /w\nUSER u\nFROM one\nENV L=$X\nFROM b:1\nENV L=$X\n"
    stages = run(text).stages
    assert [stages[1].env["L"].shown(), stages[2].env["L"].shown()] == ["1", "$X"]
    assert [stage.user for stage in stages] == ["u", "u", None]
    assert "L" not in stages[0].env


USES = [
    # text, kind and image of each use
    ("FROM a:1\nCOPY --from=b:1 x y\nADD --from=c:1 x y\n", ["FROM a:1", "COPY --from b:1", "COPY --from c:1"]),
    ("FROM a:1\nONBUILD COPY --from=b:1 x y\n", ["FROM a:1", "ONBUILD COPY --from b:1"]),
    ("FROM a:1\nONBUILD ADD --from=b:1 x y\n", ["FROM a:1", "ONBUILD COPY --from b:1"]),
    ("FROM a:1\nONBUILD RUN --mount=from=b:1,target=/x true\n", ["FROM a:1", "ONBUILD RUN --mount b:1"]),
    ("FROM a:1\nONBUILD ENV X=1\n", ["FROM a:1"]),
    ("# syntax=docker/dockerfile:1 and more\nFROM a:1\n", ["syntax docker/dockerfile:1", "FROM a:1"]),
    ("FROM a:1 AS x\nFROM x\nCOPY --from=0 a b\nCOPY --from=x a b\n", ["FROM a:1"]),
    ("FROM a:1\nCOPY --from=7 a b\n", ["FROM a:1"]),
    ("FROM a:1\nCOPY --from=scratch a b\n", ["FROM a:1"]),
    ("FROM a:1 b\nFROM a:1 as x\nFROM a:1 to x\n", ["FROM a:1 b", "FROM a:1", "FROM a:1 to x"]),
    ("FROM a:1\nRUN --mount=type=cache,target=/x true\nRUN --mount=from=b:1,target=/x true\n",
     ["FROM a:1", "RUN --mount b:1"]),
    ("FROM a:1\nRUN --mount=from=b:1,target=/x --mount=from=c:1,target=/y true\n",
     ["FROM a:1", "RUN --mount b:1", "RUN --mount c:1"]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "uses"), USES)
def test_the_images_that_a_dockerfile_names(text: str, uses: list[str]) -> None:
    assert [f"{use.kind} {use.value.shown()}" for use in run(text).uses] == uses


def test_where_an_image_stands() -> None:
    text = "FROM a:1\nCOPY --from=b:1 x y\nRUN --mount=target=/x,from=c:1 true\nRUN true \\\n  && true\n"
    spans = [(use.span.line, use.span.column, use.span.end_column) for use in run(text).uses]
    assert spans == [(1, 6, 9), (2, 13, 16), (3, 28, 31)]


def test_why_a_value_is_what_it_is() -> None:
    text = "ARG A=1\nARG B\nARG C\nFROM a:$A$B$C\nENV X=1 \\\n  Y=2\nENV Z=$Y\n"
    evaluated = run(text, {"B": "2"}, built_by=(Reason("build", "a script", "build.sh", 3),))
    (use,) = evaluated.uses
    assert [(reason.kind, reason.text, reason.line) for reason in use.because] == [
        ("arg", "ARG A=1", 1),
        ("arg", "ARG C has no default", 3),
        ("build", "a script", 3),
    ]
    z = evaluated.stages[0].env["Z"]
    assert [(reason.kind, reason.text, reason.line) for reason in z.because] == [
        ("env", "ENV Y=2", 6),
        ("env", "ENV Z=2", 7),
    ]


def test_a_long_value_is_shown_shortened() -> None:
    value = run(f"FROM a:1\nENV L={'x' * 5000}\n").stages[0].env["L"]
    assert value.text == "x" * 5000 and value.because[-1].text.endswith("x…") and len(value.because[-1].text) < 500


@pytest.mark.parametrize(
    ("base", "version"),
    [
        ("nvidia/cuda:12.1.0-base-ubuntu22.04", "12.1.0"),
        ("registry.example/nvidia/cuda:11.8.0-devel", "11.8.0"),
        ("nvidia/cuda:latest", "x$CUDA_VERSION"),
        ("nvcr.io/nvidia/pytorch:24.02-py3", "${CUDA_VERSION}"),
        ("nvcr.io/other/pytorch:24.02-py3", "x$CUDA_VERSION"),
        ("example/nvidia:1", "x$CUDA_VERSION"),
    ],
)
def test_the_cuda_version_that_a_base_sets(base: str, version: str) -> None:
    shown = env(f"FROM {base}\nENV L=x$CUDA_VERSION\n")
    assert shown.removeprefix("x") == version.removeprefix("x")


@pytest.mark.parametrize(
    ("text", "folder"),
    [
        ("WORKDIR /a\nWORKDIR b\n", "/a/b"),
        ("WORKDIR /a\nWORKDIR /b\n", "/b"),
        ("ENV D=/x\nWORKDIR $D/y\n", "/x/y"),
        ("WORKDIR ../x\n", "/x"),
    ],
)
def test_the_folder_of_copied_files(text: str, folder: str) -> None:
    stage = run(f"FROM a:1 AS x\nFROM b:1\n{text}COPY --from=x f .\n").stages[-1]
    (copy,) = [step for step in stage.steps if isinstance(step, StageCopy)]
    assert copy.dest.rstrip("/") == folder


# -- hostile input: counts of what is kept, not times


def test_a_chain_of_arguments_keeps_a_bounded_number_of_reasons() -> None:
    chain = "".join(f"ARG A{i + 1}=${{A{i}}}\n" for i in range(500))
    value = run(f"ARG A0=x\n{chain}FROM a:$A500\n").stages[0].base.value
    assert value.text == "a:x"
    assert len(value.because) < 20
    assert value.because[-1].text == "ARG A500=x"


def test_values_of_one_file_are_bounded_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluator, "MOST_CHARACTERS", 10_000)
    chain = "".join(f"ARG A{i + 1}=${{A{i}}}y\n" for i in range(1000))
    evaluated = run(f"ARG A0=x\n{chain}FROM a:$A1000\nFROM b:1\n")
    assert [stage.base.value.known for stage in evaluated.stages] == [False, False]
    assert evaluated.unknown_from is not None and 100 < evaluated.unknown_from.line < 200
    assert run("FROM a:1\n").unknown_from is None
    assert MOST_CHARACTERS > 1_000_000


def test_a_thousand_stages_from_each_other_and_relative_folders() -> None:
    stages = "".join(f"FROM s{i} AS s{i + 1}\nCOPY --from=s{i} a /b{i}\nWORKDIR w\n" for i in range(1000))
    evaluated = run(f"FROM a:1 AS s0\n{stages}")
    assert [stage.parents for stage in evaluated.stages[1:]] == [(i,) for i in range(1000)]


def test_what_stages_copy_is_not_copied_from_stage_to_stage() -> None:
    levels = [Copies()]
    for number in range(200):
        levels[-1].add(Copy(f"s{number}", f"/d{number}", None, True))
        levels.append(Copies(levels[-1]))
    last = levels[-1]
    assert [copy.source for copy in last] == [f"s{number}" for number in range(200)]
    assert len(last) == 200 and not last._own
    assert [copy.source for copy in last.above("/d7/x")] == ["s7"]


def test_copies_are_found_from_the_last_one_and_taken_back() -> None:
    copies = Copies()
    for number, dest in enumerate(("/", "/app", "/app/x", "/app/", "/other")):
        copies.add(Copy(f"s{number}", dest, None, True))
    assert [copy.source for copy in copies.above("/app/x/y")] == ["s3", "s2", "s1", "s0"]
    copies.drop_to(2)
    assert [copy.source for copy in copies.above("/app/x/y")] == ["s1", "s0"]
    assert copies.may_hold_pip_conf and Copies(copies).may_hold_pip_conf and not Copies().may_hold_pip_conf


def test_an_inline_dockerfile_stands_where_the_compose_file_has_it() -> None:
    """Each is read by itself, not behind as many blank lines as the compose file has before it."""
    from wxlint.images.evaluation.inline_dockerfiles import _Placement

    text = "services:\n  a:\n    build:\n      dockerfile_inline: |\n        ARG T=1\n        FROM b:$T\n"
    start = text.index("ARG")
    place = _Placement(Source("compose.yaml", text), start, text[start:], "ARG T=1\nFROM b:$T\n")
    read = read_dockerfile(Source("compose.yaml", "ARG T=1\nFROM b:$T\n"))
    build = Build("compose.yaml", (".",))
    (use,) = evaluate(read, build, Files(lambda _: None, (".",))).uses
    placed = place.of(use)
    assert (placed.span.line, placed.span.column, placed.span.end_column) == (6, 14, 18)
    assert [(reason.text, reason.line) for reason in placed.because] == [("ARG T=1", 5)]
