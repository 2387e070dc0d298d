"""What the services of a compose file build and use: tags, arguments, targets, platforms, images of other places."""

from __future__ import annotations

import pytest
from built_by_scripts import first_of

from wxlint.documents.compose.reader import ComposeReader
from wxlint.documents.source import Source
from wxlint.images.builds.compose.from_compose import service_builds, service_uses
from wxlint.images.builds.compose.projects import ComposeProjects, read_projects
from wxlint.images.model.records import Build


def projects(**files: str) -> ComposeProjects:
    texts = {f"{name}.yaml": text for name, text in files.items()}
    return read_projects(list(texts), ComposeReader(lambda p: Source(p, texts[p]) if p in texts else None))


def uses(text: str) -> list[tuple[str, str, bool]]:
    return [(use.kind, use.value.shown(), use.produces) for use in service_uses(projects(compose=text))]


def builds(text: str, *dockerfiles: str) -> list[Build]:
    return list(service_builds(projects(compose=text), first_of(*(dockerfiles or ("Dockerfile",)))))


USES = [
    ("{image: a:1}", [("compose image", "a:1", False)]),
    ("{image: a:1, build: .}", [("compose image", "a:1", True)]),
    ("{build: .}", []),
    ("{image: ''}", []),
    ("{build: {context: ., tags: [b:1, c:1]}}",
     [("compose build tag", "b:1", True), ("compose build tag", "c:1", True)]),
    (
        "{build: {context: ., additional_contexts: {base: 'docker-image://python:3.11', other: ../x}}}",
        [("compose additional context", "python:3.11", False)],
    ),
    ("{build: {context: ., additional_contexts: ['base=docker-image://a:1']}}",
     [("compose additional context", "a:1", False)]),
    ("{build: {context: ., additional_contexts: {base: 'service:other'}}}", []),
]  # fmt: skip


@pytest.mark.parametrize(("service", "found"), USES, ids=[row[0] for row in USES])
def test_what_a_service_names(service: str, found: list[tuple[str, str, bool]]) -> None:
    assert uses(f"services:\n  x: {service}\n") == found


def test_where_an_image_of_a_context_stands() -> None:
    text = "services:\n  x:\n    build:\n      context: .\n      additional_contexts:\n        b: docker-image://a:1\n"
    (use,) = service_uses(projects(compose=text))
    assert (use.span.line, use.reference and use.reference.name, use.reference and use.reference.tag) == (6, "a", "1")


def test_a_service_of_a_file_that_is_included_counts_once() -> None:
    included = projects(
        compose="include: [part.yaml]\nservices: {x: {image: a:1}}\n", part="services: {y: {image: b:1}}\n"
    )
    assert sorted(use.value.text for use in service_uses(included)) == ["a:1", "b:1"]


BUILDS = [
    # service, path, target, platform, tags
    ("{build: .}", "Dockerfile", None, "linux/amd64", []),
    ("{build: app}", "app/Dockerfile", None, "linux/amd64", []),
    ("{build: {context: app, dockerfile: Dockerfile.gpu}}", "app/Dockerfile.gpu", None, "linux/amd64", []),
    ("{build: {context: ., target: run}}", "Dockerfile", "run", "linux/amd64", []),
    ("{build: {context: ., target: ''}}", "Dockerfile", None, "linux/amd64", []),
    ("{build: {context: ., target: '${T}'}}", "Dockerfile", None, "linux/amd64", []),
    ("{build: ., platform: linux/arm64}", "Dockerfile", None, "linux/arm64", []),
    ("{build: ., platform: windows/amd64}", "Dockerfile", None, "windows/amd64", []),
    ("{build: ., platform: arm64}", "Dockerfile", None, "linux/amd64", []),
    ("{build: ., platform: 'linux/${ARCH}'}", "Dockerfile", None, "linux/amd64", []),
    ("{build: ., image: a:1}", "Dockerfile", None, "linux/amd64", ["a:1"]),
    ("{build: {context: ., tags: [b:1]}, image: a:1}", "Dockerfile", None, "linux/amd64", ["a:1", "b:1"]),
    ("{build: {context: ., tags: [b:1]}, image: ''}", "Dockerfile", None, "linux/amd64", ["b:1"]),
]


@pytest.mark.parametrize(("service", "path", "target", "platform", "tags"), BUILDS, ids=[row[0] for row in BUILDS])
def test_what_a_service_builds(service: str, path: str, target: str | None, platform: str, tags: list[str]) -> None:
    (build,) = builds(f"services:\n  x: {service}\n", path)
    assert (build.dockerfile, build.target, build.platform) == (path, target, platform)
    assert [tag.value.text for tag in build.tags] == tags and all(tag.produces for tag in build.tags)
    assert [(reason.kind, reason.text, reason.line) for reason in build.built_by] == [("build", "compose service x", 2)]


@pytest.mark.parametrize(
    "service",
    [
        "{image: a:1}",
        "{build: missing}",
        "{build: 'https://github.com/acme/app.git'}",
        "{build: {context: 'https://github.com/acme/app.git', dockerfile: Dockerfile}}",
        '{build: {context: ., dockerfile_inline: "FROM scratch"}}',
        "{build: '${FOLDER}'}",
    ],
)
def test_what_builds_no_dockerfile_of_the_repository(service: str) -> None:
    assert builds(f"services:\n  x: {service}\n") == []


PLATFORMS = [
    ("{build: .}", ()),
    ("{build: ., platform: linux/arm64}", ("linux/arm64",)),
    ("{build: {context: ., platforms: [linux/amd64, linux/arm64]}}", ("linux/amd64", "linux/arm64")),
    ("{build: {context: ., platforms: [linux/amd64]}, platform: linux/arm64}", ("linux/amd64",)),
    ("{build: {context: ., platforms: ['${P}', linux/arm64]}}", ("linux/arm64",)),
]


@pytest.mark.parametrize(("service", "platforms"), PLATFORMS, ids=[row[0] for row in PLATFORMS])
def test_the_platforms_that_a_service_says(service: str, platforms: tuple[str, ...]) -> None:
    (build,) = builds(f"services:\n  x: {service}\n")
    assert build.platforms == platforms


def test_arguments_of_a_build_and_where_they_come_from() -> None:
    text = (
        "services:\n  x:\n    build:\n      context: .\n      args:\n        A: '1'\n        B:\n        C: ${D:-2}\n"
    )
    (build,) = builds(text)
    shown = {name: (value.shown(), value.because[-1].text, value.because[-1].line) for name, value in build.args}
    assert shown == {
        "A": ("1", "build arg A=1", 6),
        "B": ("${B}", "build arg B is taken from the environment", 7),
        "C": ("2", "build arg C=2", 8),
    }
    assert {reason.kind for _, value in build.args for reason in value.because[-1:]} == {"build-arg"}


def test_contexts_of_a_build_by_name() -> None:
    text = "services: {x: {build: {context: ., additional_contexts: {base: 'docker-image://a:1', lib: ../lib}}}}\n"
    (build,) = builds(text)
    assert [(name, value.text) for name, value in build.named_contexts] == [
        ("base", "docker-image://a:1"),
        ("lib", "../lib"),
    ]
