"""What curl and wget download, and to which file: a script that the repository does not have is judged by where it
comes from."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING

from wxlint.core.patterns import late
from wxlint.images.installs.commands import VENDORS
from wxlint.shell.wrappers import unwrap

if TYPE_CHECKING:
    from wxlint.shell.model import Command, Word

_VENDOR_URLS = late(
    r"repo\.anaconda\.com/|repo\.continuum\.io/|github\.com/(?:conda-forge/miniforge|mamba-org|bazelbuild|Kitware|pyenv|nvm-sh|microsoft/vcpkg)/"
    r"|//(?:astral\.sh/uv|install\.python-poetry\.org|(?:get|download)\.docker\.com|pyenv\.run|get\.sdkman\.io|ollama\.(?:com|ai)/|bun\.sh/|deno\.land/|julialang\.org/|starship\.rs/"
    r"|get\.helm\.sh|sh\.rustup\.rs|static\.rust-lang\.org/|cmake\.org/|bootstrap\.pypa\.io/|(?:deb|rpm)\.nodesource\.com/|micro\.mamba\.pm/|awscli\.amazonaws\.com/|sdk\.cloud\.google\.com"
    r"|dot\.net/|aka\.ms/|apt\.llvm\.org/|get\.pnpm\.io/|code-server\.dev/|cli\.github\.com/|tailscale\.com/"
    r"|just\.systems/|taskfile\.dev/|get\.k3s\.io|dl\.k8s\.io/|fnm\.vercel\.app/|mise\.(?:run|jdx\.dev)|install\.duckdb\.org|claude\.ai/)",
    re.I,
)
"""Where makers of other software keep their installers."""
_ADDRESS = late(r"https?://[^\s'\"]+")
_TO_FILE = {
    "curl": late(r"-[a-zA-Z#0-9]*o|--output"),
    "wget": late(r"-[a-zA-Z]*O|--output-document"),
}
_WITH_VALUE = {
    "curl": frozenset(
        "-H --header -d --data -u --user -A --user-agent -e -x --proxy -m --max-time --retry --retry-delay"
        " --connect-timeout --cacert -w --output-dir -X --request".split()
    ),
    "wget": frozenset(
        "-P --directory-prefix -t --tries -T --timeout -U --user-agent --header -o --output-file -a"
        " --waitretry -e".split()
    ),
}


def from_vendor(url: str) -> bool:
    """Whether an address is one of other software's makers, whose installers bring no torch for Python."""
    return _VENDOR_URLS.search(url) is not None or VENDORS.search(url) is not None


@lru_cache(maxsize=256)
def of_vendors(text: str) -> bool:
    """Whether a text has an address of such a maker."""
    return any(map(from_vendor, _ADDRESS.findall(text)))


def origin(commands: Iterable[Command], name: str) -> str | None:
    """The address of the last download to a file of this name, folders left aside; None where there is none."""
    found = None
    for command in commands:
        words = unwrap(command).words
        program = posixpath.basename(words[0].value.text)
        if program in _TO_FILE:
            for file, url in _fetched(program, list(words[1:]), command):
                if posixpath.basename(file) == posixpath.basename(name):
                    found = url
    return found


def _fetched(program: str, words: list[Word], command: Command) -> list[tuple[str, str]]:
    """Pairs of file and address of one call."""
    urls: list[str] = []
    files: list[str] = [r.target.value.text for r in command.redirects if r.operator in (">", ">|")]
    at = 0
    while at < len(words):
        text = words[at].value.text
        at += 1
        option, equals, value = text.partition("=") if text.startswith("--") else (text, "", "")
        if option.startswith("-") and len(option) > 1:
            attached = re.fullmatch(r"-[a-zA-Z]*?[oO]([./\w].*\.\w+)", option[:300])
            if _TO_FILE[program].fullmatch(option) and (equals or at < len(words)):
                files.append(value if equals else words[at].value.text)
                at += 0 if equals else 1
            elif attached and program == "wget":
                files.append(attached[1])
            elif option in _WITH_VALUE[program] and not equals:
                at += 1
        else:
            urls.append(text)
    named = [file for file in files if file not in ("-", "/dev/null", "/dev/stdout")]
    if len(named) == 1 and len(urls) == 1:
        return [(named[0], urls[0])]
    if not named:
        return [(url.partition("?")[0], url) for url in urls]
    return list(zip(named, urls, strict=False))
