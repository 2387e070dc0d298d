"""A registry's HTTP interface (OCI distribution): manifests, blobs as streams and in parts, tokens, redirects."""

from __future__ import annotations

import hashlib
import http.client
import json
import re
import ssl
from collections.abc import Iterator, Mapping
from typing import NamedTuple
from urllib.parse import urlencode, urljoin, urlsplit

from wxlint import __version__
from wxlint.core.errors import ImageError
from wxlint.inspection.registry.credentials import Credentials, credentials_for

MANIFESTS = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)
TIMEOUT = 60
"""Seconds without an answer."""
TEXT_LIMIT = 8 << 20
"""Bytes of a manifest, a configuration or a token."""
_PIECE = 1 << 16
_TRIES = 4
"""Connections that one blob is read over, when they break."""
_REDIRECTS = 5
_LOOPBACK = re.compile(r"localhost|127(?:\.\d{1,3}){3}|\[?::1\]?")
_HUB, _HUB_API, _HUB_KEY = "docker.io", "registry-1.docker.io", "https://index.docker.io/v1/"


class ImageAddress(NamedTuple):
    """Where an image is. reference: a tag or a digest."""

    host: str
    repository: str
    reference: str

    @property
    def name(self) -> str:
        return f"{self.host}/{self.repository}{'@' if ':' in self.reference else ':'}{self.reference}"


def place_of(name: str) -> ImageAddress | None:
    """The place that a name with a registry's host says; None for a name without one."""
    found = re.fullmatch(
        r"(?P<host>[A-Za-z0-9][A-Za-z0-9.-]*(?::\d{1,5})?|\[[0-9a-fA-F:]+\](?::\d{1,5})?)/"
        r"(?P<path>[a-z0-9]+(?:[._/-]+[a-z0-9]+)*)(?::(?P<tag>\w[\w.-]{0,127}))?(?:@(?P<digest>sha256:[0-9a-f]{64}))?",
        name,
        re.ASCII,
    )
    if found is None or not ("." in found["host"] or ":" in found["host"] or found["host"] == "localhost"):
        return None
    path = found["path"]
    if found["host"] == _HUB and "/" not in path:
        path = f"library/{path}"
    return ImageAddress(found["host"], path, found["digest"] or found["tag"] or "latest")


class _Answer(NamedTuple):
    response: http.client.HTTPResponse
    connection: http.client.HTTPConnection


class Registry:
    """One repository of a registry. received: bytes of all answers' bodies; requests: how many were made."""

    def __init__(self, place: ImageAddress, insecure: bool = False) -> None:
        """Raises ImageError where `insecure` is asked of a registry that is not on this machine."""
        self.place = place
        host = place.host.rpartition(":")[0] if re.search(r":\d+$", place.host) else place.host
        if insecure and not _LOOPBACK.fullmatch(host):
            raise ImageError(f"--insecure is for registries on this machine; {place.host} is none")
        self._scheme = "http" if insecure else "https"
        self._api = f"{self._scheme}://{_HUB_API if place.host == _HUB else place.host}"
        self._token = ""
        self.received = self.requests = 0

    # -- what is there

    def manifest(self, reference: str) -> tuple[bytes, str]:
        """(a manifest or index, its media type); one that is asked for by digest has that digest."""
        path = f"/v2/{self.place.repository}/manifests/{reference}"
        answer = self._get(path, {"Accept": ", ".join(MANIFESTS)})
        raw = self._text(answer, f"manifest {reference}")
        if ":" in reference:
            self._check(hashlib.sha256(raw).hexdigest(), reference)
        return raw, str(answer.response.headers.get_content_type())

    def text(self, digest: str) -> bytes:
        """A small blob."""
        raw = self._text(self._get(f"/v2/{self.place.repository}/blobs/{digest}"), digest)
        self._check(hashlib.sha256(raw).hexdigest(), digest)
        return raw

    def part(self, digest: str, start: int, end: int) -> bytes | None:
        """The bytes [start, end) of a blob; None where the registry gives no parts. Not checked by the digest."""
        headers = {"Range": f"bytes={start}-{end - 1}"}
        answer = self._get(f"/v2/{self.place.repository}/blobs/{digest}", headers, (200, 206))
        try:
            if answer.response.status != 206:
                return None
            data = answer.response.read(end - start)
            self.received += len(data)
            return data if len(data) == end - start else None
        except (OSError, http.client.HTTPException) as error:
            raise self._broken(digest, error) from None
        finally:
            answer.connection.close()

    def stream(self, digest: str, size: int) -> Iterator[bytes]:
        """A blob in pieces; taken up again where a connection breaks, and refused in the end with another digest."""
        path, at, tries = f"/v2/{self.place.repository}/blobs/{digest}", 0, 0
        seen = hashlib.sha256()
        problem: Exception | None = None
        while at < size:
            tries += 1
            if tries > _TRIES:
                raise self._broken(digest, problem)
            headers = {"Range": f"bytes={at}-"} if at else {}
            answer = self._get(path, headers, (206,) if at else (200,))
            try:
                while piece := answer.response.read(_PIECE):
                    self.received += len(piece)
                    at += len(piece)
                    if at > size:
                        raise ImageError(f"{self.place.name}: {digest} is longer than the {size} bytes it should have")
                    seen.update(piece)
                    yield piece
            except (OSError, http.client.HTTPException) as error:
                problem = error
            finally:
                answer.connection.close()
        self._check(seen.hexdigest(), digest)

    def _check(self, hexadecimal: str, digest: str) -> None:
        if f"sha256:{hexadecimal}" != digest:
            raise ImageError(
                f"{self.place.name}: what the registry gives for {digest} has the digest sha256:{hexadecimal}"
            )

    def _broken(self, digest: str, error: Exception | None) -> ImageError:
        return ImageError(
            f"{self.place.name}: the connection broke off while {digest} was read ({error or 'too short'})"
        )

    def _text(self, answer: _Answer, what: str) -> bytes:
        try:
            raw = answer.response.read(TEXT_LIMIT + 1)
        except (OSError, http.client.HTTPException) as error:
            raise self._broken(what, error) from None
        finally:
            answer.connection.close()
        self.received += len(raw)
        if len(raw) > TEXT_LIMIT:
            raise ImageError(f"{self.place.name}: {what} has more than {TEXT_LIMIT} bytes")
        return raw

    # -- requests

    def _get(self, path: str, headers: Mapping[str, str] | None = None, good: tuple[int, ...] = (200,)) -> _Answer:
        """The answer to a request, after authentication and redirects."""
        answer = self._send(self._api + path, {**(headers or {}), **self._own()})
        if answer.response.status == 401:
            challenges = answer.response.headers.get_all("WWW-Authenticate") or []
            answer.connection.close()
            self._token = self._authenticate(challenges)
            answer = self._send(self._api + path, {**(headers or {}), **self._own()})
        url = self._api + path
        for _ in range(_REDIRECTS):
            location = answer.response.headers.get("Location")
            if answer.response.status not in (301, 302, 303, 307, 308) or not location:
                break
            answer.connection.close()
            before, url = url, urljoin(url, location)
            same = urlsplit(before)[:2] == urlsplit(url)[:2]
            answer = self._send(url, {**(headers or {}), **(self._own() if same else {})})
        status = answer.response.status
        if status not in good and not (206 in good and len(good) > 1 and status == 416):
            said = answer.response.read(2000).decode("utf-8", "replace").strip()
            answer.connection.close()
            raise ImageError(
                f"{self.place.name}: {_meaning(status)} (HTTP {status}{': ' + said[:300] if said else ''})"
            )
        return answer

    def _own(self) -> dict[str, str]:
        return {"Authorization": self._token} if self._token else {}

    def _send(self, url: str, headers: Mapping[str, str], body: bytes | None = None) -> _Answer:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
        if parts.scheme == "https":
            secure = ssl.create_default_context()
            connection: http.client.HTTPConnection = http.client.HTTPSConnection(
                host, port, timeout=TIMEOUT, context=secure
            )
        elif parts.scheme == "http" and self._scheme == "http" and _LOOPBACK.fullmatch(host):
            connection = http.client.HTTPConnection(host, port, timeout=TIMEOUT)
        else:
            raise ImageError(f"{self.place.name}: the registry leads to {parts.scheme}://{host}, which is not secure")
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        sent = {"User-Agent": f"wxlint/{__version__}", "Accept-Encoding": "identity", **headers}
        self.requests += 1
        try:
            connection.request("POST" if body is not None else "GET", path, body=body, headers=sent)
            return _Answer(connection.getresponse(), connection)
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            raise ImageError(f"{self.place.name}: the registry {host} cannot be reached: {error}") from None

    def _authenticate(self, challenges: list[str]) -> str:
        """The header that a registry asks for."""
        key = _HUB_KEY if self.place.host == _HUB else self.place.host
        known = credentials_for(key)
        bearer = next((c for c in challenges if c.lower().startswith("bearer ")), None)
        if bearer is None:
            if not known.user:
                raise ImageError(f"{self.place.name}: the registry asks who this is; `docker login {self.place.host}`")
            return known.basic
        asked = {name.lower(): value for name, value in re.findall(r'(\w+)="([^"]*)"', bearer)}
        realm = asked.get("realm", "")
        query = {"service": asked.get("service", ""), "scope": f"repository:{self.place.repository}:pull"}
        answer = self._token_from(realm, query, known)
        if answer.response.status != 200:
            answer.connection.close()
            who = "the credentials of docker's configuration are" if known else "without `docker login`, one is"
            raise ImageError(f"{self.place.name}: {who} not let in (HTTP {answer.response.status} of {realm})")
        try:
            found = json.loads(self._text(answer, "the token"))
            token = found.get("token") or found.get("access_token")
        except (ValueError, AttributeError, RecursionError):
            token = None
        if not isinstance(token, str) or not re.fullmatch(r"[\x21-\x7e]+", token):
            raise ImageError(f"{self.place.name}: {realm} gives no token")
        return f"Bearer {token}"

    def _token_from(self, realm: str, query: dict[str, str], known: Credentials) -> _Answer:
        if known.token:
            form = {**query, "grant_type": "refresh_token", "refresh_token": known.token, "client_id": "wxlint"}
            kind = {"Content-Type": "application/x-www-form-urlencoded"}
            return self._send(realm, kind, urlencode(form).encode("ascii"))
        join = "&" if "?" in realm else "?"
        return self._send(realm + join + urlencode(query), {"Authorization": known.basic} if known.user else {})


def _meaning(status: int) -> str:
    return {
        401: "the registry does not let us in",
        403: "the registry does not allow it",
        404: "the registry has no such image",
        416: "the registry does not have that part",
        429: "the registry says that there were too many requests",
    }.get(status, "the registry does not give it")
