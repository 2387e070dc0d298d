"""Services of a compose file as typed values, read from the trees of merge.py.

Only what decides about images, variants and devices, with only the checks that concern it: not the compose schema.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from wxlint.core.patterns import late
from wxlint.core.tuples import NamedTuple
from wxlint.core.values import Value
from wxlint.documents.compose.declared import KINDS
from wxlint.documents.compose.devices import DeviceReader, DeviceRequest
from wxlint.documents.compose.fields import Fields, Named, resolve
from wxlint.documents.compose.merge import ComposeProblem, Place, Table, TableMember, Text, Tree, by_name

REMOTE = late(r"https?://|git://|ssh://|github\.com/|git@|[^/]*://")
"""A build context that is not a folder: BuildKit's own prefixes, and any URL."""

_CONDITIONS = ("service_started", "service_healthy", "service_completed_successfully")


class ServiceBuild(NamedTuple):
    """How an image is built.

    context: None when none is written, which stands for the project's folder. folder: the context as a path from the
    root, None when it is remote or not known. dockerfile_path: likewise, None also for `dockerfile_inline`.
    """

    context: Text | None
    folder: str | None
    remote: bool
    dockerfile: Text | None
    dockerfile_path: str | None
    dockerfile_inline: Text | None
    target: Text | None
    args: tuple[Named, ...]
    tags: tuple[Text, ...]
    cache_from: tuple[Text, ...]
    additional_contexts: tuple[Named, ...]
    platforms: tuple[Text, ...]
    place: Place


class ServiceDependency(NamedTuple):
    service: str
    condition: str
    place: Place


class ServiceCommand(NamedTuple):
    """`command` or `entrypoint`. listed: False for one string, which compose splits as a shell would."""

    words: tuple[Text, ...]
    listed: bool
    place: Place


class Extends(NamedTuple):
    service: Text
    file: Text | None


class Service(NamedTuple):
    """key: where its name stands. paths: the files that what it says comes from. extends: only in a file as written."""

    name: str
    key: Place
    image: Text | None
    build: ServiceBuild | None
    devices: tuple[DeviceRequest, ...]
    profiles: tuple[Text, ...]
    depends_on: tuple[ServiceDependency, ...]
    entrypoint: ServiceCommand | None
    command: ServiceCommand | None
    environment: tuple[Named, ...]
    pull_policy: Text | None
    platform: Text | None
    runtime: Text | None
    extends: Extends | None
    provider: bool
    paths: tuple[str, ...]
    only_builds: bool = False
    """Says how an image is built, and nothing of how it runs."""
    says: Mapping[str, Place] = MappingProxyType({})
    """What is said of it: its keys, those that are reset as well, each with its place."""
    idle: bool = False
    """No container of it is started: `scale: 0`."""
    ports: Tree | None = None
    """As written: `ports.py` reads them."""
    container_name: Text | None = None
    containers: Text | None = None
    """How many containers of it are started: `scale`, else `deploy.replicas`."""


_HOW_IT_RUNS = frozenset(("deploy", "gpus", "privileged", "restart", "scale", "volumes_from", *KINDS))
KEYS = frozenset(Service._fields) - {"name", "key", "paths", "only_builds", "says", "idle", "containers"} | _HOW_IT_RUNS
"""What is read of a service."""


_OF_BUILDS = frozenset(("build", "image", "platform", "profiles", "extends", "labels", "pull_policy"))


class ServiceReader:
    """Reads services, noting problems."""

    def __init__(self, problems: dict[ComposeProblem, None]) -> None:
        self.fields = Fields(problems)
        self.devices = DeviceReader(self.fields)

    def service(self, name: str, key: Place, table: Table) -> Service:
        command, entrypoint = (self._command(table, field) for field in ("command", "entrypoint"))
        build = table.get("build")
        return Service(
            name,
            key,
            self.fields.text(table, "image"),
            self._build(build, key.base) if build else None,
            tuple(self.devices.devices(table)),
            self.fields.texts(table, "profiles"),
            self._depends_on(table),
            entrypoint,
            command,
            self.fields.named(table, "environment"),
            self.fields.text(table, "pull_policy"),
            self.fields.text(table, "platform"),
            self.fields.text(table, "runtime"),
            self._extends(table.get("extends")),
            table.get("provider") is not None,
            tuple(dict.fromkeys((key.source.path, *(member.key.source.path for _, member in table.members())))),
            build is not None and all(field in _OF_BUILDS for field, _ in table.members()),
            {field: member.key for field, member in table.entries.items()},
            any(count.value.text == "0" for count in _counts(table)),
            table.get("ports"),
            self.fields.text(table, "container_name"),
            next(iter(_counts(table)), None),
        )

    def _command(self, table: Table, key: str) -> ServiceCommand | None:
        tree = table.get(key)
        if tree is None or (isinstance(tree, Text) and tree.kind == "null"):
            return None
        if isinstance(tree, Text):
            return ServiceCommand((tree,), False, tree.place)
        return ServiceCommand(self.fields.texts(table, key), True, tree.place)

    def _build(self, tree: Tree, project: str) -> ServiceBuild | None:
        if isinstance(tree, Text) and tree.kind == "str":
            tree = Table({"context": TableMember(tree.place, tree)}, tree.place)
        if not isinstance(tree, Table):
            self.fields.problem(tree.place, "build must be a string or a mapping")
            return None
        table, context = tree, self.fields.text(tree, "context", "build.")
        base, value = (context.place.base, context.value) if context else (project, Value(""))
        remote = bool(REMOTE.match(value.text))
        folder = None if remote else resolve(base, value)
        dockerfile, inline = (self.fields.text(table, key, "build.") for key in ("dockerfile", "dockerfile_inline"))
        if dockerfile and inline:
            self.fields.problem(inline.place, "build has both dockerfile and dockerfile_inline")
        path = None
        if folder is not None and not inline:
            path = resolve(folder, dockerfile.value if dockerfile and dockerfile.value.text else Value("Dockerfile"))
        return ServiceBuild(
            context,
            folder,
            remote,
            dockerfile,
            path,
            inline,
            self.fields.text(table, "target", "build."),
            self.fields.named(table, "args", "build."),
            self.fields.texts(table, "tags", "build."),
            self.fields.texts(table, "cache_from", "build."),
            self.fields.named(table, "additional_contexts", "build."),
            self.fields.texts(table, "platforms", "build."),
            tree.place,
        )

    def _depends_on(self, table: Table) -> tuple[ServiceDependency, ...]:
        tree = table.get("depends_on")
        named = by_name(tree, conditions=True) if tree else None
        found = []
        for name, (key, value) in named.members() if isinstance(named, Table) else ():
            condition = value.get("condition") if isinstance(value, Table) else None
            text = condition.value if isinstance(condition, Text) else Value(_CONDITIONS[0])
            if condition and text.known and text.text not in _CONDITIONS:
                self.fields.problem(condition.place, f"depends_on.condition must be one of {', '.join(_CONDITIONS)}")
            found.append(ServiceDependency(name, text.shown(), key))
        if tree and not isinstance(named, Table):
            self.fields.problem(tree.place, "depends_on must be a list or a mapping")
        return tuple(found)

    def _extends(self, tree: Tree | None) -> Extends | None:
        if isinstance(tree, Text) and tree.kind != "null":
            return Extends(tree, None)
        if isinstance(tree, Table):
            service = self.fields.text(tree, "service", "extends.")
            if service:
                return Extends(service, self.fields.text(tree, "file", "extends."))
        if tree:
            self.fields.problem(tree.place, "extends must name a service")
        return None


def _counts(table: Table) -> list[Text]:
    """How many containers of a service are started, as `scale` and `deploy.replicas` say it."""
    deploy = table.get("deploy")
    counts = (table.get("scale"), deploy.get("replicas") if isinstance(deploy, Table) else None)
    return [count for count in counts if isinstance(count, Text)]


def containers_refused(services: list[Service]) -> Iterator[tuple[Service, Text, str]]:
    """Yield what is refused of names of containers, which have to be unique: the service, the name, and why.

    Compose refuses a name for several containers of one service (run with its plugin 2.26), the engine the second of
    two services that start together. Services of different profiles may have the same one: they need not.
    """
    owners: dict[str, list[Service]] = {}
    for service in services:
        name = service.container_name
        if name is None or not name.value.known or not name.value.text:
            continue
        if (
            service.containers is not None
            and service.containers.value.text.isdigit()
            and int(service.containers.value.text) > 1
        ):
            yield service, name, f"{service.containers.value.text} containers of {service.name} cannot have one name"
        for other in owners.setdefault(name.value.text, []):
            profiles = [{profile.value.text for profile in one.profiles} for one in (service, other)]
            if profiles[0] & profiles[1] or profiles == [set(), set()]:
                yield service, name, f"the container of {other.name} has the name {name.value.text} already"
                break
        owners[name.value.text].append(service)
