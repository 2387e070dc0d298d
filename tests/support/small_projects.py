"""Compose projects of tests, and what is read of them."""

from __future__ import annotations

from wxlint.documents.compose.reader import ComposeReader, ReadProject
from wxlint.documents.compose.services import Service
from wxlint.documents.source import Source


class Files:
    """A tree in memory; `read` counts."""

    def __init__(self, files: dict[str, str]) -> None:
        self.files, self.read_paths = files, list[str]()

    def read(self, path: str) -> Source | None:
        self.read_paths.append(path)
        return Source(path, self.files[path]) if path in self.files else None

    def project(self, *paths: str) -> ReadProject:
        return ComposeReader(self.read).project(paths or ["compose.yml"])


def services(files: dict[str, str], *paths: str) -> dict[str, Service]:
    project = Files(files).project(*paths)
    assert [problem.message for problem in project.problems] == []
    return {service.name: service for service in project.services}


def image(service: Service) -> str:
    assert service.image is not None
    return service.image.value.shown()


def messages(files: dict[str, str], *paths: str) -> list[tuple[str, int, str]]:
    return [(span.path, span.line, message) for span, message, *_ in Files(files).project(*paths).problems]


def merged(base: str, over: str) -> Service:
    """The service of a base and an override, each given as the fields of one service."""
    texts = ["services:\n  a:\n" + "".join(f"    {line}\n" for line in text.splitlines()) for text in (base, over)]
    return services({"compose.yml": texts[0], "over.yml": texts[1]}, "compose.yml", "over.yml")["a"]
