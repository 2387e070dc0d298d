"""Tokens and credentials: where they come from, and whom they are not given."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from served_images import Served, layer, look, serving

from wxlint.core.errors import ImageError


def asks(served: Served, path: str, headers: Mapping[str, str]) -> tuple[int, dict[str, str], bytes] | None:
    """A token from another path, for the right user only."""
    if path.startswith("/token"):
        right = "Basic " + base64.b64encode(b"me:secret").decode()
        if headers.get("Authorization") == right and "scope=repository%3At%2Fasr%3Apull" in path:
            return 200, {}, b'{"token": "abc"}'
        return 401, {}, b"no"
    if headers.get("Authorization") == "Bearer abc":
        return None
    return 401, {"WWW-Authenticate": f'Bearer realm="http://{served.host}/token",service="s"'}, b""


def test_the_token_dance(served: Served, tmp_path: Path) -> None:
    served.image([layer()])
    served.guard = asks
    with pytest.raises(ImageError, match="docker login"):
        look(served)
    auth = base64.b64encode(b"me:secret").decode()
    (tmp_path / "config.json").write_text(json.dumps({"auths": {served.host: {"auth": auth}}}))
    assert look(served)[0].torch is not None


def test_a_credential_helper(served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    served.image([layer()])
    served.guard = asks
    helper = tmp_path / "docker-credential-test"
    helper.write_text('#!/bin/sh\ngrep -q "^127" && echo \'{"Username": "me", "Secret": "secret"}\'\n')
    helper.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    (tmp_path / "config.json").write_text(json.dumps({"credHelpers": {served.host: "test"}}))
    assert look(served)[0].torch is not None
    (tmp_path / "config.json").write_text(json.dumps({"credHelpers": {served.host: "../x"}}))
    with pytest.raises(ImageError, match="no name of a program"):
        look(served)


def test_a_redirect_elsewhere_does_not_get_the_token(served: Served, tmp_path: Path) -> None:
    with serving() as other:
        served.image([layer()])
        other.blobs = served.blobs

        def away(one: Served, path: str, headers: Mapping[str, str]) -> tuple[int, dict[str, str], bytes] | None:
            if "/blobs/" in path and headers.get("Authorization") == "Bearer abc":
                return 307, {"Location": f"http://{other.host}{path}"}, b""
            return asks(one, path, headers)

        served.guard = away
        auth = base64.b64encode(b"me:secret").decode()
        (tmp_path / "config.json").write_text(json.dumps({"auths": {served.host: {"auth": auth}}}))
        assert look(served)[0].torch is not None
        assert other.requests and all("Authorization" not in headers for _, headers in other.requests)
