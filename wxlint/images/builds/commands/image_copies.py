"""Images that are copied without a build, in a registry or into it: skopeo, crane, regctl, `docker manifest create`,
`docker buildx imagetools create` and `buildah push`. Each gives what it copies another name, as `docker tag` does.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import TYPE_CHECKING

from wxlint.core.patterns import late
from wxlint.core.tuples import NamedTuple
from wxlint.core.values import HOLE, Value
from wxlint.shell.options import read_options
from wxlint.shell.wrappers import unwrap

if TYPE_CHECKING:
    from wxlint.images.builds.commands.docker_cli import DockerCommand
    from wxlint.shell.model import Command, Word

KIND = "image copy"
"""The kind of the uses: the images that are copied, each time followed by the names that are given."""
_COPIERS = frozenset(("skopeo", "crane", "regctl"))
_REGISTRY = "docker://"
_TRANSPORT = late(r"(?:docker-daemon|containers-storage|docker-archive|oci|oci-archive|dir|tarball|sif):")
"""How containers' tools say that an image is not in a registry."""
_VALUED = frozenset(
    "-f --format --authfile --src-creds --dest-creds --creds --retry-times --sign-by --digestfile --src-tls-verify"
    " --dest-tls-verify --override-os --override-arch --override-variant --platform --platforms -j --jobs --tag -t"
    " --file --annotation --builder --progress --host --referrers-src --referrers-tgt".split()
)


class ImageCopy(NamedTuple):
    """Images that are copied under other names."""

    sources: tuple[Word, ...]
    names: tuple[Word, ...]


def copy_of(command: Command) -> ImageCopy | None:
    """What skopeo, crane or regctl copies; None for other commands of theirs."""
    words = unwrap(command).words
    program = posixpath.basename(words[0].value.text)
    given = read_options(words[1:], _VALUED).positional
    verbs = [word.value.text for word in given[:2]]
    if program == "regctl" and verbs[:1] == ["image"]:
        given, verbs = given[1:], verbs[1:]
    if program not in _COPIERS or not verbs:
        return None
    if verbs[0] in ("copy", "cp") and len(given) == 3:
        return _copy(given[1:2], given[2:])
    if program == "crane" and verbs[0] == "tag" and len(given) == 3:
        return _copy(given[1:2], [_retagged(given[1], given[2])])
    if program == "crane" and verbs[0] == "push" and len(given) == 3:
        return _copy([], given[2:])
    return None


def copy_of_docker(docker: DockerCommand) -> ImageCopy | None:
    """What docker or buildah copies: `buildx imagetools create`, `manifest create`, `push IMAGE docker://NAME`."""
    words = docker.arguments
    if docker.verb == "push" and len(words) == 2 and "://" in words[1].value.text:
        return _copy(words[:1], words[1:])
    if docker.verb not in ("buildx imagetools", "manifest") or not words or words[0].value.text != "create":
        return None
    read = read_options(words[1:], _VALUED)
    if docker.verb == "manifest":
        return _copy(read.positional[1:], read.positional[:1])
    tags = [option for option in read.options if option.name in ("-t", "--tag") and option.value is not None]
    sources = [word for word in read.positional if not _is_command(word.value)]
    first = sources[0] if sources else words[0]
    names = [first._replace(value=t.value, start=t.start, end=t.end) for t in tags if t.value is not None]
    return _copy(sources, names)


def placed(copy: ImageCopy) -> Iterator[tuple[Word, bool]]:
    """The images of a copy as uses: whether each is a name that is given. The last image comes before each name."""
    for word in copy.sources[:-1]:
        yield word, False
    for name in copy.names:
        yield from ((word, False) for word in copy.sources[-1:])
        yield name, True
    if not copy.names:
        yield from ((word, False) for word in copy.sources[-1:])


def _copy(sources: list[Word] | tuple[Word, ...], names: list[Word] | tuple[Word, ...]) -> ImageCopy | None:
    kept = tuple(word for each in sources if (word := _image(each)) is not None)
    given = tuple(word for each in names if (word := _image(each)) is not None)
    return ImageCopy(kept, given) if kept or given else None


def _image(word: Word) -> Word | None:
    """The image that a word names; None for one that lies in no registry, or of which nothing is known."""
    text = word.value.text
    if text.startswith(_REGISTRY):
        word = word._replace(value=word.value._replace(text=text.removeprefix(_REGISTRY)))
    return None if _TRANSPORT.match(text) or not text.strip(HOLE) or "*" in text else word


def _retagged(image: Word, tag: Word) -> Word:
    """The image with another tag, as `crane tag` takes it."""
    folder, slash, name = image.value.text.rpartition("/")
    name = name.partition("@")[0].partition(":")[0]
    text = f"{folder}{slash}{name}:"
    kept = image.value.holes[: text.count(HOLE)]
    return tag._replace(value=Value(text + tag.value.text, (*kept, *tag.value.holes), tag.value.because))


def _is_command(value: Value) -> bool:
    """Whether a word is a substitution that may give any number of words (`$(printf ...)`)."""
    return value.text == HOLE and value.holes[0][:1] in ("$", "`")
