"""The command lsp."""

from __future__ import annotations

import argparse

from wxlint.cli.exit_codes import OK
from wxlint.core.errors import UsageError


def lsp(arguments: argparse.Namespace) -> int:
    """Answer an editor over standard input and output, until it says that it is done."""
    try:
        from wxlint.editor.server import server
    except ImportError as error:
        raise UsageError("the server needs pygls: pip install 'wxlint[lsp]'") from error
    server().start_io()
    return OK
