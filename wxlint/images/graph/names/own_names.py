"""The repository's own name, which CI files leave to their forge, as the policy's images have it.

The policy says it rather than the clone's remote: a fork has another remote, and the same images.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from wxlint.core.patterns import late
from wxlint.core.reasons import Reason
from wxlint.core.tuples import NamedTuple
from wxlint.core.values import HOLE, Value
from wxlint.discovery.origin import origin_of
from wxlint.images.builds.model import DockerCall, Script
from wxlint.images.graph.family import Family
from wxlint.images.model.records import Build, Use
from wxlint.images.model.reference import parse_reference
from wxlint.policy.model import Policy
from wxlint.policy.reference_pattern import fill
from wxlint.policy.whole_names import values_of

WHOLE = ("${{ github.repository }}", "${GITHUB_REPOSITORY}", "${GITHUB_REPOSITORY,,}", "$GITHUB_REPOSITORY")
OWNER = (
    *("${{ github.repository_owner }}", "${GITHUB_REPOSITORY_OWNER}", "${GITHUB_REPOSITORY_OWNER,,}"),
    "$GITHUB_REPOSITORY_OWNER",
)
NAME = ("${{ github.event.repository.name }}",)
_PARTS_OF = {
    **dict.fromkeys(WHOLE, ("owner", "name")),
    **dict.fromkeys(OWNER, ("owner",)),
    **dict.fromkeys(NAME, ("name",)),
    **dict.fromkeys(("$CI_REGISTRY_IMAGE", "${CI_REGISTRY_IMAGE}"), ("host", "path")),
    **dict.fromkeys(("$CI_PROJECT_PATH", "${CI_PROJECT_PATH}"), ("path",)),
}
"""What each variable of GitHub and GitLab is made of, with a slash between the parts."""
_LOWERED = late(
    r"""\$\(\s*(?:echo\s+(?:-n\s+)?(?P<a>"?[^"|]+"?)\s*\|\s*)?tr\s+(?:-s\s+)?["']?(?:\[:upper:\]|\[?A-Z\]?)["']?\s+"""
    r"""["']?(?:\[:lower:\]|\[?a-z\]?)["']?\s*(?:<<<\s*(?P<b>"?[^"|]+"?)\s*)?\)"""
)
"""A command that prints a variable in small letters, which names of images are in."""
_LONGEST = 200
"""Characters of such a command, so that the time of a match is bounded."""
_WORD = r"[a-z0-9][a-z0-9._-]*"
_PATTERNS = {"owner": _WORD, "name": _WORD, "host": rf"{_WORD}(?::\d+)?", "path": rf"{_WORD}(?:/{_WORD})+"}
_MOST_HOLES = 2
"""Unknown parts of a name, so that the time of a match is bounded."""


def variable_of(hole: str) -> str:
    """The variable that an unknown part of a name stands for, also where a command prints it in small letters."""
    match = _LOWERED.fullmatch(hole) if len(hole) < _LONGEST else None
    return (match["a"] or match["b"] or hole).strip(' "') if match is not None else hole


class _Name(NamedTuple):
    """What an image of the policy is called. start, end: where its stage stands in it; both 0 where it has none."""

    text: str
    start: int = 0
    end: int = 0


def own_names(scripts: Mapping[str, Script], family: Family) -> OwnNames | None:
    """What fills in the forge's variables, as far as the policy's images say what they are; None where they do not."""
    assert family.policy is not None
    parts = _parts(family.policy, (use for script in scripts.values() for use in script.uses))
    name = (parts.get("name") or parts.get("path", "")).rpartition("/")[2]
    remote = origin_of(str(family.root)).rpartition("/")[2] if name else ""
    if not parts or (remote and remote != name):  # the images are not called like the repository
        return None
    words = {hole: "/".join(map(parts.__getitem__, own)) for hole, own in _PARTS_OF.items() if parts.keys() >= set(own)}
    return OwnNames(words, family.path)


def _parts(policy: Policy, uses: Iterable[Use]) -> dict[str, str]:
    """The parts of the repository's name, each where whatever the policy's images say of it is the same."""
    names = set(_names(policy))
    found: dict[str, set[str]] = {}
    for text, holes in {_open_name(use) for use in uses if use.produces}:
        pattern = _pattern(text, holes)
        if pattern is None:
            continue
        for name in names:
            match = pattern.fullmatch(name.text)
            if match is None:
                continue
            for part, value in match.groupdict().items():
                if match.start(part) >= name.end or match.end(part) <= name.start:
                    found.setdefault(part, set()).add(value)
    return {part: values.pop() for part, values in found.items() if len(values) == 1}


def _names(policy: Policy) -> Iterator[_Name]:
    """What the policy's images and the others that it lists are called, without tags."""
    before, stage_part, _ = policy.name_pattern.partition("{stage}")
    for variant in policy.variants.values():
        for stage in variant.members:
            values = {**values_of(policy, variant, stage), "registry": policy.registry}
            reference = parse_reference(Value(fill(policy.name_pattern, values)))
            if reference is None:
                continue
            dropped = len(reference.value.text) - len(reference.name)  # `docker.io/`
            start = len(fill(before, values)) - dropped if stage_part else 0
            yield _Name(reference.name, start, start + len(stage) if stage_part else 0)
    for glob in policy.other_images:
        reference = parse_reference(Value(glob.rpartition(":")[0]))
        if reference is not None:
            yield _Name(reference.name)


def _open_name(use: Use) -> tuple[str, tuple[str, ...]]:
    """A name without its tag, and what its unknown parts stand for."""
    name = use.reference.name if use.reference is not None else ""
    return name, tuple(map(variable_of, use.value.holes[: name.count(HOLE)]))


def _pattern(name: str, holes: tuple[str, ...]) -> re.Pattern[str] | None:
    """A name as a pattern; None where something other than the forge's variables is unknown in it, or nothing."""
    if not 0 < len(holes) <= _MOST_HOLES or any(hole not in _PARTS_OF for hole in holes):
        return None
    seen: set[str] = set()
    first, *rest = name.split(HOLE)
    text = re.escape(first)
    for hole, following in zip(holes, rest):
        own = [f"(?P={part})" if part in seen else f"(?P<{part}>{_PATTERNS[part]})" for part in _PARTS_OF[hole]]
        seen.update(_PARTS_OF[hole])
        text += "/".join(own) + re.escape(following)
    return re.compile(text)


class OwnNames:
    """Fills in what is known of the forge's variables. policy: the path of what says it."""

    def __init__(self, words: Mapping[str, str], policy: str) -> None:
        self.words, self.policy = words, policy

    def value(self, value: Value) -> Value:
        words = {hole: self.words[name] for hole in value.holes if (name := variable_of(hole)) in self.words}
        if not words:
            return value
        text, *rest = value.text.split(HOLE)
        for hole, following in zip(value.holes, rest):
            text += words.get(hole, HOLE) + following
        reasons = [Reason("variable", f"{hole} is {word}", self.policy) for hole, word in words.items()]
        return Value(text, tuple(h for h in value.holes if h not in words), (*value.because, *reasons))

    def use(self, use: Use) -> Use:
        value = self.value(use.value)
        if value is use.value:
            return use
        because = (*use.because, *value.because[len(use.value.because) :])
        return use._replace(value=value, reference=parse_reference(value), because=because)

    def pairs(self, pairs: tuple[tuple[str, Value], ...]) -> tuple[tuple[str, Value], ...]:
        return tuple((name, self.value(value)) for name, value in pairs)

    def build(self, build: Build) -> Build:
        return build._replace(
            args=self.pairs(build.args),
            tags=tuple(map(self.use, build.tags)),
            named_contexts=self.pairs(build.named_contexts),
        )

    def call(self, call: DockerCall) -> DockerCall:
        words = tuple(word._replace(value=self.value(word.value)) for word in call.docker.arguments)
        return call._replace(docker=call.docker._replace(arguments=words))

    def script(self, script: Script) -> Script:
        return script._replace(
            calls=tuple(map(self.call, script.calls)),
            builds=tuple(map(self.build, script.builds)),
            uses=tuple(map(self.use, script.uses)),
        )
