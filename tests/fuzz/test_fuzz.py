"""Damaged text: every reader ends in an answer, or in an error for the user."""

from __future__ import annotations

from pathlib import Path

from damaged import FEW, damaged, inside, lies_in, source
from fuzz_samples import (
    BATCH,
    COMPOSE,
    CONDA,
    DOCKERFILE,
    ENV,
    PIPFILE,
    POLICY,
    PYPROJECT,
    REQUIREMENTS,
    SAMPLES,
    SHELL,
)
from hypothesis import given
from hypothesis import strategies as st

from wxlint.core.errors import PolicyError
from wxlint.core.values import HOLE, Value
from wxlint.documents.compose.interpolation import interpolate, read_env
from wxlint.documents.compose.reader import ComposeReader
from wxlint.documents.dockerfile.reader import read_dockerfile
from wxlint.documents.dockerfile.validation import syntax_problems
from wxlint.documents.manifests.conda_environment import read_environment
from wxlint.documents.manifests.pipfile import read_pipfile
from wxlint.documents.manifests.pyproject import read_pyproject
from wxlint.documents.manifests.requirements_txt import read_requirements
from wxlint.documents.source import Source, decode
from wxlint.documents.yaml import YamlError, load, parse, plain
from wxlint.lint.suppressions import find_suppressions
from wxlint.policy.expectations import expected_images
from wxlint.policy.image_names import named_member
from wxlint.policy.load import load_policy
from wxlint.shell.bash.reader import read_shell
from wxlint.shell.batch.reader import read_batch


@FEW
@given(damaged(DOCKERFILE))
def test_dockerfiles(text: str) -> None:
    file = source(text, "Dockerfile")
    read = read_dockerfile(file)
    inside([(p.start, p.end) for p in syntax_problems(read)], file.text)
    for instruction in read.instructions:
        assert "".join(file.text[instruction.at(i)] for i in range(len(instruction.text))) == instruction.text
    find_suppressions(file, "dockerfile", read)


@FEW
@given(damaged(COMPOSE))
def test_yaml(text: str) -> None:
    file = source(text)
    read = parse(file)
    inside([(p.start, p.end) for p in read.problems], file.text)
    try:
        node = load(file)
    except YamlError:
        return
    if node is not None:
        inside([(node.start, node.end)], file.text)
        plain(node)


@FEW
@given(damaged(COMPOSE), damaged(COMPOSE), damaged(ENV))
def test_compose(text: str, other: str, env: str) -> None:
    files = {
        "compose.yaml": source(text, "compose.yaml"),
        "other.yml": source(other, "other.yml"),
        ".env": source(env, ".env"),
    }
    reader = ComposeReader(files.get)
    for path in ("compose.yaml", "other.yml"):
        file = reader.file(path)
        for problem in file.problems if file else ():
            lies_in(problem.span, files)
    project = reader.project(["compose.yaml", "other.yml"])
    for service in project.services:
        lies_in(service.key.span, files)
        for text_of in (service.image, service.runtime, service.platform):
            if text_of is not None:
                lies_in(text_of.place.span, files)
    find_suppressions(files["compose.yaml"], "compose")


@FEW
@given(damaged(SHELL))
def test_shell(text: str) -> None:
    file = source(text)
    for variables in (None, {"X": Value(HOLE, ("$X",)), "A": Value("a b")}):
        read = read_shell(file.text, variables, script="build.sh")
        inside([(c.start, c.end) for c in read.commands], file.text)
        inside([(w.start, w.end) for c in read.commands for w in c.words], file.text)
        inside([(error.start, error.end) for error in read.errors], file.text)
    find_suppressions(file, "shell")


@FEW
@given(damaged(BATCH))
def test_batch(text: str) -> None:
    file = source(text)
    read = read_batch(file.text)
    inside([(c.start, c.end) for c in read.commands], file.text)
    inside([(w.start, w.end) for c in read.commands for w in c.words], file.text)
    find_suppressions(file, "batch")


@FEW
@given(damaged(REQUIREMENTS))
def test_requirements(text: str) -> None:
    file = source(text)
    inside([(line.start, line.end) for line in read_requirements(file)], file.text)
    find_suppressions(file, "requirements")


@FEW
@given(damaged(PYPROJECT), damaged(PIPFILE), damaged(CONDA))
def test_projects_and_environments(project: str, pipfile: str, environment: str) -> None:
    for file, read_project in ((source(project), read_pyproject), (source(pipfile), read_pipfile)):
        for dependency in read_project(file).dependencies:
            assert 0 <= dependency.line <= len(file.starts)
    file = source(environment)
    read = read_environment(file)
    if read is not None:
        inside([(start, end) for _, start, end in (*read.packages, *read.pip)], file.text)


@FEW
@given(damaged(ENV), st.sampled_from((HOLE, "", "a", "$A", "${B:-x}")))
def test_interpolation(text: str, value: str) -> None:
    variables = {"A": Value(value, ("$A",) * value.count(HOLE))}
    file = source(text)
    read_env(file, variables)
    found = interpolate(file.text, variables)
    assert found.value.text.count(HOLE) == len(found.value.holes)


@FEW
@given(damaged(POLICY))
def test_policies(text: str) -> None:
    file = source(text, "wxlint.yaml")
    try:
        policy = load_policy(file, Path("wxlint.yaml"))
    except PolicyError as error:
        assert error.problems
        assert all(problem.startswith("wxlint.yaml:") for problem in error.problems), error.problems
        return
    for expectation in expected_images(policy):
        named_member(policy, Value(expectation.reference.rpartition(":")[0]))
        policy.level("latest-tag", expectation.dockerfile)


@given(st.binary(max_size=200))
def test_bytes_become_text_of_the_same_lines(data: bytes) -> None:
    text = decode(data)
    assert "\0" not in text and "\r\n" not in text
    assert text.count("\n") == data.count(b"\n")
    for name in SAMPLES:
        read_dockerfile(Source(name, text))
        parse(Source(name, text))
