"""Run inside the tmdb image: a server that answers like The Movie Database, and the stage asking it.

Prints the film.json that the stage made; leaves with the stage's exit code.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

FILM = {
    "id": 7,
    "title": "Movie Title",
    "original_title": "Movie Title",
    "original_language": "en",
    "release_date": "2024-05-01",
    "credits": {
        "cast": [{"name": "Kit Harington", "character": "Jon Snow", "order": 0}],
        "crew": [{"name": "A Director", "job": "Director"}, {"name": "Another", "job": "Gaffer"}],
    },
}


class Service(BaseHTTPRequestHandler):
    """The two requests that the stage makes."""

    def do_GET(self) -> None:
        asked = urlsplit(self.path)
        query = parse_qs(asked.query)
        status = 200
        body: dict[str, object] = {}
        if query.get("api_key") != ["good"]:
            status = 401
        elif query.get("query") == ["Broken"]:
            status = 500
        elif asked.path == "/3/search/movie":
            body = {"results": [{"id": 7}] if query["query"] == ["Movie Title"] else []}
        elif asked.path == "/3/movie/7" and query.get("append_to_response") == ["credits"]:
            body = FILM
        else:
            status = 404
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", 0), Service)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    os.environ["TMDB_API_URL"] = f"http://127.0.0.1:{server.server_address[1]}/3"
    from stagekit import run
    from tmdb_stage import STAGE

    sys.stdout = sys.stderr
    with tempfile.TemporaryDirectory() as folder:
        code = run(STAGE, [*sys.argv[1:], "--out", folder])
        if code == 0:
            print((Path(folder) / "tmdb" / "film.json").read_text(encoding="utf-8"), file=sys.__stdout__)
    raise SystemExit(code)
