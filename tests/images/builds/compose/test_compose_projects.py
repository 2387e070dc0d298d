"""Which compose files make a project; and that many of them cost what their number says."""

from __future__ import annotations

from collections import Counter

import pytest

from wxlint.documents.compose.reader import ComposeReader, ReadProject
from wxlint.documents.source import Source
from wxlint.images.builds.compose import projects as projects_module
from wxlint.images.builds.compose.projects import ComposeProjects, read_projects

OVERLAY = "services: {a: {gpus: all}}\n"
BASE = "services: {a: {image: a:1}}\n"
ALONE = [(("compose.yaml",), True)]


class Counting(ComposeReader):
    """A reader that counts what it is wanted for. scanned: texts that were searched for tags."""

    def __init__(self, files: dict[str, str]) -> None:
        super().__init__(lambda path: Source(path, files[path]) if path in files else None)
        self.counts: Counter[str] = Counter()

    def project(self, paths: object, *rest: object) -> ReadProject:
        self.counts["projects"] += 1
        return super().project(paths, *rest)  # type: ignore[arg-type]


def read(files: dict[str, str], **options: object) -> tuple[ComposeProjects, Counter[str]]:
    reader = Counting(files)
    return read_projects(list(files), reader, **options), reader.counts  # type: ignore[arg-type]


def shown(files: dict[str, str], **options: object) -> list[tuple[tuple[str, ...], bool]]:
    return [(project.paths, project.whole) for project in read(files, **options)[0].projects]


@pytest.mark.parametrize(
    ("files", "projects"),
    [
        ({"compose.yaml": BASE}, [(("compose.yaml",), True)]),
        (
            {"compose.yaml": BASE, "compose.override.yaml": OVERLAY, "compose.gpu.yaml": OVERLAY},
            [
                (("compose.yaml", "compose.override.yaml"), True),
                (("compose.yaml", "compose.override.yaml", "compose.gpu.yaml"), False),
            ],
        ),
        (
            {"compose.yaml": BASE, "compose.other.yaml": BASE},
            [(("compose.yaml",), True), (("compose.other.yaml",), False)],
        ),
        *(
            ({"compose.yaml": BASE, "compose.min.yaml": f"services: {{a: {{{service}}}}}\n"}, [*ALONE, (own, False)])
            for service, own in (
                ("image: a-min:1, build: {dockerfile: Dockerfile.min}", ("compose.min.yaml",)),
                ("build: {dockerfile: Dockerfile.min}, ports: ['80:80']", ("compose.min.yaml",)),
                ("build: {dockerfile: Dockerfile.min}", ("compose.yaml", "compose.min.yaml")),
                ("build: {target: dev}, volumes: ['.:/app']", ("compose.yaml", "compose.min.yaml")),
                ("image: a-min:1, build: {args: {A: b}}", ("compose.yaml", "compose.min.yaml")),
            )
        ),
        (
            {"dev.compose.yml": BASE, "dev.gpu.compose.yml": OVERLAY, "x.compose.yml": OVERLAY},
            [
                (("dev.compose.yml",), False),
                (("dev.gpu.compose.yml",), False),
                (("x.compose.yml",), False),
            ],
        ),
        (
            {"docker-compose.dev.yml": BASE, "docker-compose.dev.gpu.yml": OVERLAY},
            [
                (("docker-compose.dev.yml",), False),
                (("docker-compose.dev.yml", "docker-compose.dev.gpu.yml"), False),
            ],
        ),
        (
            {"a/compose.yaml": BASE, "b/compose.gpu.yaml": OVERLAY},
            [(("a/compose.yaml",), True), (("b/compose.gpu.yaml",), False)],
        ),
    ],
)
def test_files_that_belong_together(files: dict[str, str], projects: list[tuple[tuple[str, ...], bool]]) -> None:
    assert shown(files) == projects


def test_groups_of_the_policy_and_lists_of_scripts() -> None:
    files = {"compose.yaml": BASE, "compose.gpu.yaml": OVERLAY, "x.yaml": OVERLAY}
    group = ("compose.yaml", "compose.gpu.yaml")
    assert shown(files, groups=[group, group]) == [(group, True), (("compose.yaml", "x.yaml"), False)]
    listed = ("compose.yaml", "x.yaml")
    assert (listed, False) in shown(files, lists=[listed])


def test_the_base_of_many_overlays_is_read_once_for_all() -> None:
    overlays = {f"compose.{n}.yaml": OVERLAY for n in range(200)}
    _, counts = read({"compose.yaml": BASE, **overlays})
    assert counts["projects"] <= 1 + 1 + len(overlays)


def test_overlays_over_a_huge_base_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(projects_module, "_MAX_SERVICES", 20)
    base = "services:\n" + "".join(f"  s{n}: {{image: a:1}}\n" for n in range(9)) + "  a: {image: a:1}\n"
    projects, _ = read({"compose.yaml": base, **{f"compose.{n}.yaml": OVERLAY for n in range(4)}})
    assert [len(project.paths) for project in projects.projects] == [1, 2, 2, 1, 1]
    refused = [problem for problem in projects.problems() if "more than 20 services" in problem.message]
    assert [problem.span.path for problem in refused] == ["compose.2.yaml", "compose.3.yaml"]


def test_a_chain_of_extends_searches_no_text_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    searched = 0

    class Text(str):
        def __contains__(self, what: object) -> bool:
            nonlocal searched
            searched += what in ("!reset", "!override")
            return super().__contains__(what)  # type: ignore[operator]

    chain = "services:\n  s0: {image: a}\n" + "".join(f"  s{n + 1}: {{extends: s{n}}}\n" for n in range(40))
    reader = ComposeReader(lambda path: Source(path, Text(chain)))
    assert len(reader.project(["compose.yaml"]).services) == 41
    assert searched <= 2 * 2
