"""What a repository publishes: the names under which its workflows and scripts push images, and by which tags.

A tag of the registry that nothing here makes may still be there, pushed in earlier days or by hand; where some push is
not understood, nothing is said at all.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from wxlint.core import disk
from wxlint.core.patterns import late
from wxlint.core.values import HOLE, Value
from wxlint.images.graph.names.open_names import own_name_in
from wxlint.images.graph.names.own_names import NAME, OWNER, WHOLE, OwnNames, variable_of
from wxlint.images.graph.names.tag_shapes import may_become
from wxlint.images.model.reference import parse_reference

if TYPE_CHECKING:
    from wxlint.images.builds.model import DockerCall, Script
    from wxlint.images.graph.documents import Documents
    from wxlint.images.graph.sources import SourceStore
    from wxlint.images.model.records import Use
    from wxlint.images.model.reference import Reference

_ELSEWHERE = (
    *(".circleci", ".buildkite", ".drone.yml", ".travis.yml", ".woodpecker.yml", ".woodpecker", ".semaphore"),
    *("Jenkinsfile", "azure-pipelines.yml", ".azure-pipelines", "bitbucket-pipelines.yml", "cloudbuild.yaml"),
    *("cloudbuild.yml", ".goreleaser.yml", ".goreleaser.yaml", "Earthfile", "hooks", "buildspec.yml", ".tekton"),
    *(".forgejo", ".gitea", "flake.nix", "project.clj", "BUILD.bazel", "pom.xml", "cog.yaml", "copilot"),
)
"""Files and folders at the root of a repository whose tools may push images, and that are not read."""
_REMOTE_WORKFLOW = late(r"(?m)^\s*-?\s*uses:\s*['\"]?[\w.-]+/[\w./-]+\.ya?ml@")
_OTHER_TOOL = late(
    r"\b(?:jib|ko|earthly|depot|repo2docker|pack|werf|nixpacks|s2i|bazel|apko|melange|img|cog)\s+(?:build|publish|push)\b"
    r"|\bdocker-?compose\b[^\n]{0,200}\bpush\b|\bdocker\s+compose\b[^\n]{0,200}\bpush\b"
    r"|\bmanifest-tool\b|\bgcloud\s+builds\b|\baz\s+acr\b"
)
"""Commands that may push images, and of which it is not read what."""
_MAY_CHANGE = frozenset(("default", "assumed", "way"))
"""Kinds of reasons for values that whoever starts the script or the workflow may give otherwise."""
_SET_FROM_OUTSIDE = frozenset(("make", "bake", "just", "taskfile", "gitlab", "tox"))
"""Kinds of files whose variables may be given from outside, too."""
_WITH_COMMANDS = frozenset("workflow make shell gitlab just taskfile python powershell batch tox".split())


class Published:
    """What a repository pushes, and all that it makes.

    is_own: whether an owner and a name are those of the repository.
    """

    def __init__(
        self, documents: Documents, store: SourceStore, uses: Iterable[Use], is_own: Callable[[str, str], bool]
    ) -> None:
        self._documents, self._store, self._is_own = documents, store, is_own
        self._uses = tuple(uses)
        self._kinds = {item.path: item.kind for item in documents.given}

    def instead_of(self, use: Use) -> list[Use]:
        """What is pushed under the very name that a place uses, where no push and no build can make its tag; nothing
        where that may be."""
        reference = use.reference
        if reference is None or not reference.tag_known:
            return []
        wanted = reference.tag or "latest"
        pushed = [one for one in self._pushed if self._is_same(one, use)]
        if not pushed or self._is_open:
            return []
        if any(self._may_make(one, wanted) and self._may_be_same(one, use) for one in self._made):
            return []
        return pushed

    @cached_property
    def _scripts(self) -> Mapping[str, Script]:
        return self._documents.scripts

    @cached_property
    def _made(self) -> list[Use]:
        """The names that builds and commands give, and those that are pushed, documents among them."""
        scripts = (*self._scripts.values(), *self._documents.documented.values())
        every = (*self._uses, *(use for script in scripts for use in script.uses))
        return [use for use in dict.fromkeys(every) if use.produces or use.kind == "docker push"]

    @cached_property
    def _pushed(self) -> list[Use]:
        """The names that workflows and scripts push."""
        scripts = self._scripts.values()
        found = [tag for script in scripts for build in script.builds if build.pushes for tag in build.tags]
        found += [use for script in scripts for use in script.uses if use.kind == "docker push"]
        if any(call.docker.verb == "bake" and _says_push(call) for script in scripts for call in script.calls):
            found += [use for script in scripts for use in script.uses if use.kind == "bake tag"]
        return [use for use in dict.fromkeys(found) if use.reference is not None]

    @cached_property
    def _is_open(self) -> bool:
        """Whether something may be pushed that is not known."""
        scripts = self._scripts.values()
        if self._store.unread or any(script.open_pushes for script in scripts):
            return True
        if any(build.open_tags and (build.pushes or not build.tags) for script in scripts for build in script.builds):
            return True
        if any(_is_open_call(call) for script in scripts for call in script.calls):
            return True
        if any(disk.lexists(posixpath.join(self._store.root, name)) for name in _ELSEWHERE):
            return True
        return any(map(self._names_others, self._kinds))

    def _names_others(self, path: str) -> bool:
        """Whether a file calls what is not read and may push images."""
        source = self._store.read(path) if self._kinds[path] in _WITH_COMMANDS else None
        if source is None:
            return False
        calls = self._kinds[path] == "workflow" and _REMOTE_WORKFLOW.search(source.text) is not None
        return calls or _OTHER_TOOL.search(source.text) is not None

    def _may_make(self, use: Use, wanted: str) -> bool:
        """Whether a place may give a tag."""
        reference = use.reference
        if reference is None or self._may_be_given(use):
            return True
        if reference.tag is None and not reference.tag_known:
            return True
        return may_become(tag_of(use), wanted)

    def _may_be_given(self, use: Use) -> bool:
        """Whether somebody may give a tag otherwise than the file has it."""
        kind = self._kinds.get(use.span.path, "")
        reasons = [
            reason
            for reason in use.because
            if reason.kind in _MAY_CHANGE or (reason.kind == "variable" and kind in _SET_FROM_OUTSIDE)
        ]
        return bool(reasons) and not self._stands_there(use)

    def _stands_there(self, use: Use) -> bool:
        """Whether the tag is written in the line as it is."""
        source, tag = self._store.read(use.span.path), tag_of(use).text
        if source is None or HOLE in tag:
            return False
        line = source.text[source.starts[use.span.line - 1] :].partition("\n")[0]
        return re.search(rf":{re.escape(tag)}(?![\w.-])", line) is not None

    def _is_same(self, one: Use, other: Use) -> bool:
        """Whether two places surely name one image, tags aside."""
        if _name(one) == _name(other):
            return True
        reference = other.reference
        if reference is None or not reference.name_known:
            return False
        own = own_name_in(reference.path, self._is_own)
        filled = self._filled(one, own) if own is not None else None
        if own is None or filled is None or filled.registry != reference.registry:
            return False
        last = filled.path.rpartition("/")[2]  # behind an account that a secret names
        return reference.path == (filled.path if filled.name_known else f"{own[0]}/{last}")

    def _may_be_same(self, one: Use, other: Use) -> bool:
        """Whether two places may name one image, tags aside."""
        mine, wanted = one.reference, other.reference
        if mine is None or wanted is None:
            return False
        registries = {each.registry for each in (mine, wanted)}
        if len(registries) > 1 and _knows_registry(mine) and _knows_registry(wanted):
            return False
        lasts = [each.path.rpartition("/")[2] for each in (mine, wanted)]
        return any(HOLE in last for last in lasts) or lasts[0] == lasts[1]

    def _filled(self, one: Use, own: tuple[str, str]) -> Reference | None:
        """A name with the forge's variables filled in. own: the owner and the name of this repository."""
        whole = {**dict.fromkeys(WHOLE, "/".join(own)), **dict.fromkeys(OWNER, own[0]), **dict.fromkeys(NAME, own[1])}
        return parse_reference(OwnNames(whole, "").value(one.value))


def tag_of(use: Use) -> Value:
    """The tag that a place gives; `latest` where it says none."""
    reference = use.reference
    tag = (reference.tag if reference is not None else None) or "latest"
    count = tag.count(HOLE)
    holes = reference.value.holes if reference is not None else ()
    return Value(tag, holes[len(holes) - count :])


def _name(use: Use) -> tuple[str, tuple[str, ...]]:
    """A name without its tag, and what its unknown parts stand for."""
    name = use.reference.name if use.reference is not None else ""
    return name, tuple(map(variable_of, use.value.holes[: name.count(HOLE)]))


def _knows_registry(reference: Reference) -> bool:
    return HOLE not in (reference.registry or reference.path.partition("/")[0])


def _says_push(call: DockerCall) -> bool:
    given = [option.value.text for option in call.docker.values("--set") if option.value is not None]
    return any(option.name == "--push" for option in call.docker.options) or any("output" in text for text in given)


def _is_open_call(call: DockerCall) -> bool:
    """Whether a command pushes, or names, what is not known."""
    docker = call.docker
    if docker.verb == "bake":
        return any("tags" in option.value.text for option in docker.values("--set") if option.value is not None)
    if docker.verb not in ("push", "tag"):
        return False
    words = docker.arguments[-1:] if docker.verb == "tag" else docker.arguments
    return any(word.value.text in ("", HOLE) for word in words) or not words
