"""What is known of a repository that a policy is to be written for."""

from __future__ import annotations

from wxlint.core.tuples import NamedTuple


class Built(NamedTuple):
    """One image that somebody builds under a name.

    name: without registry host and tag, the variant's word in it as {variant}. tag: likewise, versions as {version},
    architectures as {arch}.
    word: the variant's word as it stands there, "" for none. accelerator: cpu, cuda, rocm, other or "". path: of the
    Dockerfile, below the root. channel: torch's, "" where there is none or it is not known. upstream: the external
    base. descends: the paths of the Dockerfiles that it stands on. where: the place of the name. args: known build
    arguments. context: the folder that it is built in, as path; "" where that is not known.
    bases: the names of the images that it stands on, without tags. carriers: build arguments that have the value of the
    version in the tag, and whether they bring it into the tag of a base. bare: nothing accelerated is in it. asked: the
    accelerator that a service asks for which runs it, or "". hint: the one that speaks from its torch of the default
    index or from an argument that is called for CUDA, or "".
    """

    name: str
    tag: str
    word: str
    accelerator: str
    path: str
    target: str
    channel: str
    upstream: str
    descends: tuple[str, ...]
    where: str
    args: tuple[tuple[str, str], ...] = ()
    context: str = ""
    bases: tuple[str, ...] = ()
    carriers: tuple[tuple[str, bool], ...] = ()
    bare: bool = False
    asked: str = ""
    hint: str = ""


class Served(NamedTuple):
    """A compose service. file: where it stands. image: the name of what it runs, without the tag; path: of the
    Dockerfile that it builds, "" for none. tag: of the image, "" where it is not known. alone: no other file is below.
    """

    name: str
    file: str
    image: str
    tag: str
    path: str
    alone: bool = True


class NamedReference(NamedTuple):
    """A reference that a script makes (made) or a service runs; as in Built."""

    name: str
    tag: str
    word: str
    where: str
    made: bool = False


class Survey(NamedTuple):
    """built: every image with a name. unnamed: each Dockerfile that nobody builds under one. scripts: the files that
    build or run. computed: names that are not known in the source, each with its place. open_accounts: the names of
    images that somebody builds with a variable in front of the last part. has_gpu: any image is proven to be for a GPU.
    called: the repository's own name. documented: Dockerfiles that only a readme file builds under a name, with that.
    forgotten: builds without a target that are called for another stage than the last, with that.
    """

    built: tuple[Built, ...]
    unnamed: tuple[Built, ...]
    services: tuple[Served, ...]
    scripts: tuple[str, ...]
    computed: tuple[str, ...]
    named: tuple[NamedReference, ...] = ()
    open_accounts: frozenset[str] = frozenset()
    has_gpu: bool = False
    called: str = ""
    documented: tuple[str, ...] = ()
    forgotten: tuple[str, ...] = ()
