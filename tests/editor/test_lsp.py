"""The language server, over the protocol, with a client of its own kind; and what it knows of a policy."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

pytest.importorskip("pygls")

from lsprotocol import types as lsp
from pygls.lsp.client import LanguageClient

from wxlint.editor.session import policy_words

GPU = (
    "FROM nvidia/cuda:12.1.0-cudnn8-runtime-ubuntu22.04\n"
    "RUN apt-get update && apt-get install -y python3-pip && pip install torch==2.3.1 -i {}\n"
)
CPU = "https://download.pytorch.org/whl/cpu"


class Editor:
    """A client that keeps what the server says of each file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.client = LanguageClient("test", "1")
        self.said: dict[str, asyncio.Queue[list[lsp.Diagnostic]]] = {}

        @self.client.feature(lsp.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
        def keep(params: lsp.PublishDiagnosticsParams) -> None:
            self.queue(params.uri).put_nowait(list(params.diagnostics))

    def queue(self, uri: str) -> asyncio.Queue[list[lsp.Diagnostic]]:
        return self.said.setdefault(uri, asyncio.Queue())

    def uri(self, name: str) -> str:
        return (self.folder / name).resolve().as_uri()

    async def start(self) -> None:
        await self.client.start_io(sys.executable, "-m", "wxlint", "lsp", "--stdio")
        await self.client.initialize_async(
            lsp.InitializeParams(capabilities=lsp.ClientCapabilities(), root_uri=self.folder.resolve().as_uri())
        )
        self.client.initialized(lsp.InitializedParams())

    async def open(self, name: str, text: str) -> list[lsp.Diagnostic]:
        item = lsp.TextDocumentItem(self.uri(name), "dockerfile", 1, text)
        self.client.text_document_did_open(lsp.DidOpenTextDocumentParams(item))
        return await self.queue(self.uri(name)).get()

    async def change(self, name: str, text: str, version: int) -> list[lsp.Diagnostic]:
        self.client.text_document_did_change(
            lsp.DidChangeTextDocumentParams(
                lsp.VersionedTextDocumentIdentifier(version, self.uri(name)),
                [lsp.TextDocumentContentChangeWholeDocument(text)],
            )
        )
        return await self.queue(self.uri(name)).get()

    async def stop(self) -> None:
        await self.client.shutdown_async(None)
        self.client.exit(None)
        await self.client.stop()

    def at(self, name: str, line: int) -> dict[str, object]:
        return {"text_document": lsp.TextDocumentIdentifier(self.uri(name)), "position": lsp.Position(line, 6)}


def talk(folder: Path, conversation: Callable[[Editor], Awaitable[None]]) -> None:
    async def whole() -> None:
        editor = Editor(folder)
        await editor.start()
        try:
            await conversation(editor)
        finally:
            await editor.stop()

    (folder / ".git").mkdir(exist_ok=True)
    asyncio.run(asyncio.wait_for(whole(), 60))


def test_findings_come_from_the_buffer_and_a_fix_clears_them(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile.gpu").write_text("FROM scratch\n")

    async def conversation(editor: Editor) -> None:
        text = "# 😀\n" + GPU.format(CPU)
        (found,) = await editor.open("Dockerfile.gpu", text)
        assert (found.code, found.range.start.line) == ("torch-index", 2)
        assert found.code_description is not None and found.code_description.href.endswith("/torch-index.md")
        where = lsp.CodeActionParams(
            lsp.TextDocumentIdentifier(editor.uri("Dockerfile.gpu")), found.range, lsp.CodeActionContext([])
        )
        actions = await editor.client.text_document_code_action_async(where)
        assert actions is not None
        (action,) = actions
        assert isinstance(action, lsp.CodeAction) and action.edit is not None and action.edit.changes is not None
        (edit,) = action.edit.changes[editor.uri("Dockerfile.gpu")]
        assert edit.new_text == "cu121"
        line = text.split("\n")[2]
        assert line[edit.range.start.character : edit.range.end.character] == "cpu"
        assert await editor.change("Dockerfile.gpu", text.replace("/cpu", "/cu121"), 2) == []

    talk(tmp_path, conversation)


def test_columns_are_those_of_the_editor(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("")

    async def conversation(editor: Editor) -> None:
        (found,) = await editor.open("Dockerfile", 'FROM python:3.11-slim\nRUN echo "😀" && pip install flask>=2\n')
        assert found.range.start == lsp.Position(1, len('RUN echo "') + 2 + len('" && pip install '))

    talk(tmp_path, conversation)


def test_hover_and_the_way_to_the_base(tmp_path: Path) -> None:
    (tmp_path / "base").mkdir()
    (tmp_path / "base/Dockerfile").write_text("FROM python:3.11-slim\n")
    (tmp_path / "Dockerfile").write_text("")
    (tmp_path / "b.sh").write_text("docker build -t x/base:cpu base\ndocker build -t x/app:cpu .\n")

    async def conversation(editor: Editor) -> None:
        await editor.open("Dockerfile", "FROM x/base:cpu\nRUN pip install onnxruntime\n")
        hover = await editor.client.text_document_hover_async(lsp.HoverParams(**editor.at("Dockerfile", 0)))
        assert hover is not None and isinstance(hover.contents, lsp.MarkupContent)
        assert "x/app:cpu" in hover.contents.value and "holds: onnxruntime" in hover.contents.value
        assert "FROM names x/base:cpu" in hover.contents.value
        place = await editor.client.text_document_definition_async(lsp.DefinitionParams(**editor.at("Dockerfile", 0)))
        assert isinstance(place, lsp.Location)
        assert (place.uri, place.range.start.line) == (editor.uri("base/Dockerfile"), 0)

    talk(tmp_path, conversation)


def test_a_policy_is_checked_and_completed(tmp_path: Path) -> None:
    (tmp_path / "wxlint.yaml").write_text("")

    async def conversation(editor: Editor) -> None:
        text = "wxlint: 1\nimage: x/{stage}\nvariants:\n  cpu:\n    accelerater: cpu\n    \n"
        (found,) = await editor.open("wxlint.yaml", text)
        assert found.range.start.line == 4 and "accelerater" in found.message
        listed = await editor.client.text_document_completion_async(lsp.CompletionParams(**editor.at("wxlint.yaml", 5)))
        assert listed is not None and not isinstance(listed, lsp.CompletionList)
        assert {"accelerator", "torch-channel", "stages"} <= {item.label for item in listed}

    talk(tmp_path, conversation)


def test_a_file_that_is_none_of_ours_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("")

    async def conversation(editor: Editor) -> None:
        assert await editor.open("notes.txt", "FROM python:latest\n") == []

    talk(tmp_path, conversation)


@pytest.mark.parametrize(
    "text, line, some",
    [
        ("wxlint: 1\n\n", 2, {"image", "variants", "rules"}),
        ("variants:\n  cpu:\n    base:\n      \n", 4, {"stage", "dockerfile"}),
        ("stages:\n  a:\n    variants:\n      cpu:\n        \n", 5, {"target", "build-args"}),
    ],
)
def test_words_of_a_policy(text: str, line: int, some: set[str]) -> None:
    words = policy_words(text.split("\n"), line)
    assert some <= {word.text for word in words}
    assert all(word.about for word in words)
