"""Who to be at a registry: docker's config.json, and the helpers that it names."""

from __future__ import annotations

import base64
import binascii
import json
import os
import re
from pathlib import Path
from typing import Any, NamedTuple

from wxlint.core import processes
from wxlint.core.errors import EngineError, ImageError

_LIMIT = 1 << 20
"""Bytes of a config.json that are read."""


class Credentials(NamedTuple):
    """user, password: "" for nobody. token: in the place of both, to get others with."""

    user: str = ""
    password: str = ""
    token: str = ""

    def __bool__(self) -> bool:
        return bool(self.user or self.token)

    @property
    def basic(self) -> str:
        """The header of basic authentication."""
        return "Basic " + base64.b64encode(f"{self.user}:{self.password}".encode()).decode("ascii")


def credentials_for(host: str) -> Credentials:
    """Return what docker's configuration has for a registry. Raises ImageError for a helper that fails."""
    config = _config()
    names = (host, f"https://{host}", f"https://{host}/v1/", f"https://{host}/v2/")
    helpers = config.get("credHelpers")
    helper = next((helpers[name] for name in names if name in helpers), None) if isinstance(helpers, dict) else None
    listed = config.get("auths")
    auths: dict[str, Any] = listed if isinstance(listed, dict) else {}
    known = next((name for name in names if name in auths), None)
    if helper is None and known is not None:
        helper = config.get("credsStore")
    if helper is not None:
        return _ask(str(helper), known or host)
    return _written(auths[known]) if known is not None else Credentials()


def _config() -> dict[str, Any]:
    folder = os.environ.get("DOCKER_CONFIG") or os.path.expanduser("~/.docker")
    try:
        with open(Path(folder) / "config.json", encoding="utf-8") as file:
            found = json.loads(file.read(_LIMIT))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _written(entry: Any) -> Credentials:
    if not isinstance(entry, dict):
        return Credentials()
    token = entry.get("identitytoken")
    if isinstance(token, str) and token:
        return Credentials(token=token)
    try:
        text = base64.b64decode(str(entry.get("auth") or "")).decode("utf-8")
    except (binascii.Error, ValueError):
        return Credentials()
    user, _, password = text.partition(":")
    return Credentials(user, password)


def _ask(helper: str, server: str) -> Credentials:
    """What a credential helper says; nobody when it knows none."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,60}", helper):
        raise ImageError(f"docker's config.json names a credential helper {helper!r}, which is no name of a program")
    try:
        done = processes.run([f"docker-credential-{helper}", "get"], server.encode(), timeout=30)
    except EngineError as error:
        raise ImageError(f"the credential helper of docker's config.json: {error}") from None
    if done.code:
        if "not found" in done.message:
            return Credentials()
        raise ImageError(f"docker-credential-{helper} failed with exit code {done.code}")
    try:
        answer = json.loads(done.out)
        user, secret = str(answer["Username"]), str(answer["Secret"])
    except (ValueError, TypeError, KeyError):
        raise ImageError(f"docker-credential-{helper} gave an answer that is none") from None
    return Credentials(token=secret) if user == "<token>" else Credentials(user, secret)
