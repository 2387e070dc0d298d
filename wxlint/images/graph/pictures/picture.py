"""The graph of a repository as nodes and edges: images with their variants, what they start from, who runs them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

from wxlint.core.reasons import Reason
from wxlint.images.graph.image_stages import built_stages
from wxlint.images.graph.pictures.summary import Belief, belief_of

if TYPE_CHECKING:
    from wxlint.core.findings import Finding
    from wxlint.core.span import Span
    from wxlint.images.graph.repository import Repository
    from wxlint.images.installs.model import Install, PackageIndex
    from wxlint.images.model.records import Build, Evaluated, Stage, Use
    from wxlint.images.model.reference import Reference

_RUNS = ("compose image", "kubernetes image", "kustomize image", "docker run", "docker create", "job container")
_MORE = ("job service", "docker action", "helm image", "devcontainer image")


class BuiltImage(NamedTuple):
    """One image of one build. name: its first tag, else the Dockerfile with the target.

    builders: everybody who builds it just so.
    """

    name: str
    belief: Belief
    base: Reference | None
    built_by: tuple[Reason, ...]
    tags: tuple[str, ...]
    evaluated: Evaluated
    stage: Stage
    builders: tuple[Reason, ...]


class Node(NamedTuple):
    """kind: built, base (an image from elsewhere) or user (who runs an image).

    variants: what an image is, once for each that its builds make. builders: who builds it. places: Dockerfiles, or
    where the user stands. findings: the rules whose findings stand there, and on no edge.
    """

    name: str
    kind: Literal["built", "base", "user"]
    variants: tuple[str, ...] = ()
    builders: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    findings: tuple[str, ...] = ()


class Edge(NamedTuple):
    """source: what is needed. target: what needs it. label: how. findings: the rules of findings where it is named."""

    source: str
    target: str
    label: str
    findings: tuple[str, ...] = ()


class Picture(NamedTuple):
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]

    def around(self, name: str) -> Picture:
        """The part that an image stands on, and that stands on it."""
        wanted = {name}
        for forward in (True, False):
            waiting = [name]
            while waiting:
                current = waiting.pop()
                for edge in self.edges:
                    start, end = (edge.source, edge.target) if forward else (edge.target, edge.source)
                    if start == current and end not in wanted:
                        wanted.add(end)
                        waiting.append(end)
        return Picture(
            tuple(node for node in self.nodes if node.name in wanted),
            tuple(edge for edge in self.edges if edge.source in wanted and edge.target in wanted),
        )


def builds_of(repository: Repository, scope: frozenset[str] | None) -> Iterator[BuiltImage]:
    """Every image that some build makes, in the order of the Dockerfiles."""
    for path in repository.dockerfiles:
        if scope is not None and path not in scope:
            continue
        for evaluated in repository.graph.evaluations.evaluated_at(path):
            alike: dict[tuple[str, ...], list[Build]] = {}
            for build in repository.graph.evaluations.alike(evaluated.build):
                alike.setdefault(_tags_of(build), []).append(build)
            for index in built_stages(evaluated):
                stage = evaluated.stages[index]
                if evaluated.target(evaluated.build.target) is stage:
                    yield from (_built(repository, evaluated, stage, tags, builds) for tags, builds in alike.items())
                else:
                    yield _built(repository, evaluated, stage, (), [each for same in alike.values() for each in same])


def _tags_of(build: Build) -> tuple[str, ...]:
    """The tags that a build gives, as they are written where they are not known."""
    return tuple(dict.fromkeys(tag.value.shown() for tag in build.tags))


def _built(
    repository: Repository, evaluated: Evaluated, stage: Stage, tags: tuple[str, ...], builds: list[Build]
) -> BuiltImage:
    """An image. builds: those that make it under these tags."""
    target = stage.name if stage is not evaluated.stages[-1] else ""
    label = f"{evaluated.path} [{target}]" if target else evaluated.path
    said = belief_of(repository, evaluated, stage, target or None)
    base = _lowest(evaluated, stage).base.reference
    builders = tuple(dict.fromkeys(each.built_by[0] for each in builds if each.built_by))
    return BuiltImage(tags[0] if tags else label, said, base, builds[0].built_by, tags, evaluated, stage, builders)


def _lowest(evaluated: Evaluated, stage: Stage) -> Stage:
    """The stage of a Dockerfile that a stage is built from in the end; itself where it is not known which."""
    current = stage
    while len(current.parents) == 1 and not current.external:
        current = evaluated.stages[current.parents[0]]  # an earlier one
    return current if not current.parents else stage


def picture_of(repository: Repository, scope: frozenset[str] | None, findings: Iterable[Finding] = ()) -> Picture:
    """The whole graph. findings: what is to be shown on its edges and nodes."""
    found = _Findings(findings)
    built = list(builds_of(repository, scope))
    names = {(id(each.evaluated), each.stage.index): each.name for each in built}
    nodes: dict[str, Node] = {}
    edges: dict[Edge, None] = {}
    """Without their findings, so that each is there once."""
    places: dict[Edge, list[Span]] = {}
    for each in built:
        builders = tuple(reason.shown() for reason in each.builders)
        node = Node(each.name, "built", (each.belief.variant,), builders, (each.evaluated.path,))
        nodes[each.name] = _joined(nodes[each.name], node) if each.name in nodes else node
    for each in built:
        if each.base is None:
            continue
        sources = {names.get((id(e), s.index)) for e, s in repository.graph.producers(each.base)} - {None, each.name}
        for source in sorted(name for name in sources if name) or [each.base.shown()]:
            nodes.setdefault(source, Node(source, "base"))
            edge = Edge(source, each.name, "FROM")
            edges[edge] = None
            places.setdefault(edge, []).append(_lowest(each.evaluated, each.stage).base.span)
    for use in repository.uses:
        for edge in _user_edges(repository, use, names):
            nodes.setdefault(edge.target, Node(edge.target, "user", places=(edge.target,)))
            edges[edge] = None
            places.setdefault(edge, []).append(use.span)
    shown = [edge._replace(findings=found.at(places[edge])) for edge in edges]
    on_nodes = found.elsewhere(list(nodes.values()))
    return Picture(tuple(node._replace(findings=on_nodes[node.name]) for node in nodes.values()), tuple(shown))


class _Findings:
    """Findings by where they stand; each is shown once, on the first edge that it is about, else on nodes."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self._by_path: dict[str, list[Finding]] = {}
        for finding in findings:
            self._by_path.setdefault(finding.span.path, []).append(finding)
        self._on_edges: set[Finding] = set()

    def at(self, spans: Iterable[Span]) -> tuple[str, ...]:
        """The rules of the findings on the lines of some places."""
        rules: dict[str, None] = {}
        for span in spans:
            for finding in self._by_path.get(span.path, ()):
                if finding.span.line <= span.end_line and span.line <= finding.span.end_line:
                    rules[finding.rule] = None
                    self._on_edges.add(finding)
        return tuple(rules)

    def elsewhere(self, nodes: Sequence[Node]) -> dict[str, tuple[str, ...]]:
        """The rules of the other findings in the files of nodes, by the names of these.

        A finding that says which build it is about is shown on what that makes, and on what is of the same variants:
        one finding may stand for several builds.
        """
        found: dict[str, dict[str, None]] = {node.name: {} for node in nodes}
        for path, near in _by_place(nodes).items():
            for finding in self._by_path.get(path, ()):
                if finding in self._on_edges:
                    continue
                said = {reason.shown() for reason in finding.because}
                meant = {node.variants for node in near if not said.isdisjoint(node.builders)}
                for node in near:
                    if not meant or node.variants in meant:
                        found[node.name][finding.rule] = None
        return {name: tuple(rules) for name, rules in found.items()}


def _by_place(nodes: Sequence[Node]) -> dict[str, list[Node]]:
    """What is built, by the files in which it is said how."""
    found: dict[str, list[Node]] = {}
    for node in nodes:
        for place in node.places if node.kind != "user" else ():
            found.setdefault(place, []).append(node)
    return found


def _user_edges(repository: Repository, use: Use, names: dict[tuple[int, int], str]) -> Iterator[Edge]:
    """Who runs an image that the repository builds."""
    if use.produces or use.reference is None or use.kind not in (*_RUNS, *_MORE):
        return
    for evaluated, stage in repository.graph.producers(use.reference):
        source = names.get((id(evaluated), stage.index))
        if source is not None:
            yield Edge(source, use.span.path, use.kind)


def _joined(one: Node, other: Node) -> Node:
    return one._replace(
        variants=tuple(dict.fromkeys((*one.variants, *other.variants))),
        builders=tuple(dict.fromkeys((*one.builders, *other.builders))),
        places=tuple(dict.fromkeys((*one.places, *other.places))),
    )


def joined(pictures: Sequence[Picture]) -> Picture:
    """One picture of several families: what one builds and another takes from elsewhere is one image."""
    if len(pictures) == 1:
        return pictures[0]
    nodes: dict[str, Node] = {}
    edges: dict[tuple[str, str, str], Edge] = {}
    for picture in pictures:
        for node in picture.nodes:
            known = nodes.get(node.name)
            nodes[node.name] = node if known is None else _one_node(known, node)
        for edge in picture.edges:
            key = edge.source, edge.target, edge.label
            findings = tuple(dict.fromkeys((*edges[key].findings, *edge.findings) if key in edges else edge.findings))
            edges[key] = edge._replace(findings=findings)
    return Picture(tuple(nodes.values()), tuple(edges.values()))


def _one_node(one: Node, other: Node) -> Node:
    first, second = sorted((one, other), key=lambda node: node.kind != "built")
    findings = tuple(dict.fromkeys((*first.findings, *second.findings)))
    return _joined(first, second)._replace(findings=findings)


def explained(repository: Repository, built: BuiltImage) -> list[str]:
    """How an image came to be what it is, step by step: who builds it, from what, with what in it, and why."""
    own = built.evaluated.path
    lines = [f"{built.name}: {built.belief.variant}, torch {built.belief.torch}"]
    lines += [f"  built: {reason.shown(own)}" for reason in built.built_by]
    others = [reason for reason in built.builders if reason not in built.built_by]
    lines += [f"  built likewise: {reason.shown(own)}" for reason in others]
    lines += [f"  tag: {tag}" for tag in built.tags]
    lines.append(f"  Dockerfile: {own}")
    for name, value in built.evaluated.build.args:
        place = next((reason for reason in reversed(value.because) if reason.line), None)
        where = f" ({place.path}:{place.line})" if place is not None else ""
        lines.append(f"  argument: {name}={value.shown()}{where}")
    lines.append(f"  base: {built.belief.base or 'unknown'}")
    for use in repository.beliefs.state(built.evaluated, built.stage).lineage[1:]:
        lines.append(f"  which is FROM {use.value.shown()} ({use.span.path}:{use.span.line})")
    lines += [f"  holds: {package}" for package in _stack(repository, built)]
    lines += [f"  because: {reason.shown(own)}" for reason in built.belief.because]
    return lines


def _stack(repository: Repository, built: BuiltImage) -> list[str]:
    """The accelerated packages of an image, as they are written, with their places."""
    for image, stack in repository.graph.images.stacks_at(built.evaluated.path):
        if image.evaluated is built.evaluated and image.stage is built.stage:
            return [
                f"{one.written} ({one.span.path}:{one.span.line})" if one.span is not None else one.written
                for one in stack.packages
            ]
    return []


def _indexes(install: Install) -> list[PackageIndex]:
    """The indexes and folders of wheels that an install is given."""
    sources = install.sources
    return [*([sources.index] if sources.index is not None else []), *sources.extra, *sources.links]


class Fact(NamedTuple):
    """Something that stands on a line: what it is, and why it is so."""

    span: Span
    text: str
    because: tuple[Reason, ...]


def facts_at(repository: Repository, path: str, line: int) -> Iterable[Fact]:
    """What is known of a line: images that it names, arguments that it gives, packages that it installs."""
    found: dict[tuple[str, tuple[Reason, ...]], Fact] = {}

    def add(fact: Fact) -> None:
        found.setdefault((fact.text, fact.because), fact)

    for use in repository.uses:
        if use.span.path == path and use.span.line <= line <= use.span.end_line:
            verb = "makes" if use.produces else "names"
            add(Fact(use.span, f"{use.kind} {verb} {use.value.shown()}", use.because))
    for evaluated in repository.evaluated:
        for name, value in evaluated.build.args:
            place = next((reason for reason in reversed(value.because) if reason.kind == "build-arg"), None)
            span = evaluated.build.span
            if place is not None and span is not None and (place.path, place.line) == (path, line):
                add(Fact(span, f"gives {name}={value.shown()} to {evaluated.path}", value.because))
        for stage in evaluated.stages:
            for install in stage.installs:
                span = install.span
                if span is not None and span.path == path and span.line <= line <= span.end_line:
                    what = ", ".join(r.written or r.name for r in install.requirements) or "what is not known"
                    taken = ", ".join(f"{each.flag} {each.value.shown()}" for each in _indexes(install))
                    text = f"{install.tool} installs {what}" + (f" from {taken}" if taken else "")
                    add(Fact(span, text, (*install.because, *evaluated.build.built_by)))
    return found.values()
