"""The language server: the protocol around a session."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import unquote, urlsplit

from lsprotocol import types as lsp
from pygls.lsp.server import LanguageServer
from pygls.workspace import PositionCodec

from wxlint import __version__
from wxlint.core.escape import escape
from wxlint.core.findings import Finding, Severity, Span
from wxlint.core.fix import Fix
from wxlint.editor.session import EditorSession
from wxlint.output import page

_SEVERITIES = {
    Severity.ERROR: lsp.DiagnosticSeverity.Error,
    Severity.WARNING: lsp.DiagnosticSeverity.Warning,
    Severity.INFO: lsp.DiagnosticSeverity.Information,
}
_PAUSE = 0.15
"""Seconds without a key before a run: each reads the repository."""


class EditorServer(LanguageServer):
    """A server for one folder."""

    def __init__(self) -> None:
        super().__init__("wxlint", __version__)
        self.session = EditorSession()
        self.found: dict[str, list[Finding]] = {}
        self.uris: dict[str, str] = {}
        self.changes = 0

    # -- places

    def codec(self) -> PositionCodec:
        return self.workspace.position_codec

    def range_of(self, span: Span) -> lsp.Range:
        """A stretch as the editor counts it."""
        source = self.session.source(span.path)
        lines = [f"{line}\n" for line in source.text.split("\n")] if source is not None else []
        start = lsp.Position(span.line - 1, span.column - 1)
        end = lsp.Position(span.end_line - 1, span.end_column - 1)
        return self.codec().range_to_client_units(lines, lsp.Range(start, end))

    def uri_of(self, path: str) -> str:
        return self.uris.get(path) or Path(path).resolve().as_uri()

    # -- findings

    def open(self, uri: str) -> None:
        path = path_of(uri)
        if path is not None:
            self.uris[path] = uri
            self.session.texts[path] = self.workspace.get_text_document(uri).source.replace("\r\n", "\n")

    def close(self, uri: str) -> None:
        path = path_of(uri)
        if path is not None:
            self.session.texts.pop(path, None)
            self.uris.pop(path, None)

    def refresh(self) -> None:
        """Check the buffers, and show what is found in those files and in the ones that had findings before."""
        before = set(self.found)
        self.found = self.session.check()
        for path in sorted(before | set(self.found)):
            findings = self.found.get(path, [])
            self.text_document_publish_diagnostics(
                lsp.PublishDiagnosticsParams(self.uri_of(path), [self.diagnostic(finding) for finding in findings])
            )

    async def refresh_later(self) -> None:
        """Refresh when nobody has typed for a moment."""
        self.changes += 1
        mine = self.changes
        await asyncio.sleep(_PAUSE)
        if mine == self.changes:
            self.refresh()

    def diagnostic(self, finding: Finding) -> lsp.Diagnostic:
        lines = [finding.message, *(f"because: {reason.shown(finding.span.path)}" for reason in finding.because)]
        lines += [f"help: {finding.hint}"] if finding.hint else []
        return lsp.Diagnostic(
            range=self.range_of(finding.span),
            severity=_SEVERITIES[finding.severity],
            code=finding.rule,
            code_description=lsp.CodeDescription(page(finding.rule)),
            source="wxlint",
            message="\n".join(map(escape, lines)),
        )

    def action(self, finding: Finding, fix: Fix) -> lsp.CodeAction:
        changes: dict[str, Sequence[lsp.TextEdit]] = {}
        for edit in fix.edits:
            uri = self.uri_of(edit.span.path)
            changes[uri] = [*changes.get(uri, ()), lsp.TextEdit(self.range_of(edit.span), edit.text)]
        return lsp.CodeAction(
            title=escape(f"{finding.rule}: {fix.text}"),
            kind=lsp.CodeActionKind.QuickFix,
            diagnostics=[self.diagnostic(finding)],
            is_preferred=fix.safe,
            edit=lsp.WorkspaceEdit(changes=changes),
        )


def path_of(uri: str) -> str | None:
    """The path of a file's address, relative to the working folder; None for what is no file."""
    parts = urlsplit(uri)
    if parts.scheme != "file":
        return None
    return os.path.relpath(os.path.realpath(unquote(parts.path))).replace(os.sep, "/")


def server() -> EditorServer:
    """A server that answers an editor."""
    found = EditorServer()

    @found.feature(lsp.INITIALIZE)
    def initialize(given: EditorServer, params: lsp.InitializeParams) -> None:
        folders = params.workspace_folders or ()
        uri = folders[0].uri if folders else params.root_uri
        if uri is not None and urlsplit(uri).scheme == "file":
            os.chdir(unquote(urlsplit(uri).path))

    @found.feature(lsp.TEXT_DOCUMENT_DID_OPEN)
    def did_open(given: EditorServer, params: lsp.DidOpenTextDocumentParams) -> None:
        given.open(params.text_document.uri)
        given.refresh()

    @found.feature(lsp.TEXT_DOCUMENT_DID_CHANGE)
    async def did_change(given: EditorServer, params: lsp.DidChangeTextDocumentParams) -> None:
        given.open(params.text_document.uri)
        await given.refresh_later()

    @found.feature(lsp.TEXT_DOCUMENT_DID_SAVE)
    def did_save(given: EditorServer, params: lsp.DidSaveTextDocumentParams) -> None:
        given.refresh()

    @found.feature(lsp.TEXT_DOCUMENT_DID_CLOSE)
    def did_close(given: EditorServer, params: lsp.DidCloseTextDocumentParams) -> None:
        given.close(params.text_document.uri)
        given.refresh()

    @found.feature(lsp.TEXT_DOCUMENT_HOVER)
    def hover(given: EditorServer, params: lsp.HoverParams) -> lsp.Hover | None:
        path = path_of(params.text_document.uri)
        lines = given.session.about(path, params.position.line + 1) if path is not None else []
        if not lines:
            return None
        return lsp.Hover(lsp.MarkupContent(lsp.MarkupKind.PlainText, "\n".join(map(escape, lines))))

    @found.feature(lsp.TEXT_DOCUMENT_DEFINITION)
    def definition(given: EditorServer, params: lsp.DefinitionParams) -> lsp.Location | None:
        path = path_of(params.text_document.uri)
        place = given.session.base_of(path, params.position.line + 1) if path is not None else None
        if place is None:
            return None
        at = lsp.Position(place.line - 1, 0)
        return lsp.Location(given.uri_of(place.path), lsp.Range(at, at))

    options = lsp.CodeActionOptions(code_action_kinds=[lsp.CodeActionKind.QuickFix])

    @found.feature(lsp.TEXT_DOCUMENT_CODE_ACTION, options)
    def code_actions(given: EditorServer, params: lsp.CodeActionParams) -> list[lsp.CodeAction]:
        path = path_of(params.text_document.uri)
        first, last = params.range.start.line + 1, params.range.end.line + 1
        return [
            given.action(finding, finding.fix)
            for finding in given.found.get(path or "", ())
            if finding.fix is not None and finding.span.line <= last and finding.span.end_line >= first
        ]

    @found.feature(lsp.TEXT_DOCUMENT_COMPLETION)
    def completion(given: EditorServer, params: lsp.CompletionParams) -> list[lsp.CompletionItem]:
        path = path_of(params.text_document.uri)
        words = given.session.words(path, params.position.line + 1) if path is not None else []
        kind = lsp.CompletionItemKind.Property
        return [lsp.CompletionItem(w.text, kind=kind, documentation=w.about, insert_text=f"{w.text}: ") for w in words]

    return found
