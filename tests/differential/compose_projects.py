"""Random compose projects: merge, extends, include, !reset, !override, devices, profiles, env files, interpolation."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import NamedTuple

Lines = list[str]
SERVICES = ("a", "b", "c", "d")
VARIABLES = ("TAG", "REG", "EMPTY", "N", "GONE")
"""Some of them are set in the env files; GONE nowhere."""


class Project(NamedTuple):
    """files: path to text. given: those that are given with -f, the base first."""

    files: dict[str, str]
    given: tuple[str, ...]


def project(seed: str) -> Project:
    """The project of a seed."""
    return _Maker(random.Random(seed)).project()


class _Maker:
    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.names: tuple[str, ...] = SERVICES
        self.base: tuple[str, ...] = ()
        """The services of the first file."""
        self.defined: tuple[str, ...] = ()
        self.others: list[tuple[str, str]] = []
        self.needed: list[str] = []
        """What the next service may depend on."""
        self.anchors: list[str] = []
        self.extendable: list[tuple[str, str]] = []
        """Pairs of file, "" for the same one, and service, that the next service may extend."""

    def chance(self, share: float) -> bool:
        return self.rng.random() < share

    # -- files

    def project(self) -> Project:
        rng = self.rng
        files: dict[str, str] = {}
        if self.chance(0.6):
            files[".env"] = self.env()
        others: list[tuple[str, str]] = []
        if self.chance(0.4):
            name = rng.choice(("common.yml", "sub/common.yml"))
            files[name] = self.file([])
            others = [(name, service) for service in self.defined]
        included: list[str] = []
        if self.chance(0.25):
            self.names = ("e", "f")
            files["inc/compose.yml"] = self.file([])
            included = ["inc/compose.yml"]
            if self.chance(0.5):
                files["inc/.env"] = self.env()
            if self.chance(0.3):
                files["inc/more.yml"] = self.file([])
                included.append("inc/more.yml")
        self.names = SERVICES
        given = ["compose.yml"]
        self.base = ()
        files["compose.yml"] = self.file(others, self.include(files, included))
        self.base = (*self.defined, *(("e", "f") if included and self.chance(0.3) else ()))
        for n in range(rng.choice((0, 1, 1, 1, 2))):
            name = rng.choice((f"compose.{n}.yml", f"over/{n}.yml"))
            files[name] = self.file(others, over=True)
            given.append(name)
        return Project(files, tuple(given))

    def env(self) -> str:
        rng, lines = self.rng, []
        for name in rng.sample(VARIABLES[:4], rng.randint(1, 4)):
            value = "" if name == "EMPTY" else rng.choice(("1", "2.0", "reg/x", "a", "3", "'q$r'", '"x y"', "${N:-7}"))
            value += rng.choice(("", "", "", " # why", "  "))
            separator = rng.choice(("=", "=", "=", ": ", "= ", " ="))
            lines.append(rng.choice(("", "", "export ")) + f"{name}{separator}{value}")
            if self.chance(0.1):
                lines.append(rng.choice(("# a comment", "", "TAG", "TAG=again")))
        return "\n".join(lines) + "\n"

    def include(self, files: dict[str, str], paths: list[str]) -> Lines:
        if not paths:
            return []
        if len(paths) == 1 and self.chance(0.5):
            return ["include:", f"  - {paths[0]}"]
        lines = ["include:", f"  - path: {paths[0] if len(paths) == 1 else '[' + ', '.join(paths) + ']'}"]
        # no project_directory: compose 2.26 takes one that is not absolute for the main project's own, against its docs
        if self.chance(0.3):
            files["vars.env"] = self.env()
            lines.append("    env_file: vars.env")
        return lines

    def file(self, others: list[tuple[str, str]], head: Lines | None = None, over: bool = False) -> str:
        rng = self.rng
        lines: Lines = list(head or ())
        self.anchors = []
        for name in ("x", "y")[: rng.choice((0, 0, 1, 2))]:
            lines.append(f"x-{name}: &{name}")
            lines += indented(self.fields(rng.randint(1, 3), over, top=True) or ["image: anchored:1"])
            self.anchors.append(name)
        pool = self.names if not over or self.chance(0.15) else self.base
        names = rng.sample(pool, rng.randint(1, min(3, len(pool))))
        self.others = others
        self.defined = tuple(names)
        lines.append("services:")
        for name in names:
            lines += self.service(name, over)
        return "\n".join(lines) + "\n"

    # -- services

    def service(self, name: str, over: bool) -> Lines:
        rng = self.rng
        mostly = not self.chance(0.03)  # cycles, seldom
        self.extendable = [*self.others, *(("", other) for other in self.defined if not mostly or other < name)]
        self.needed = [other for other in (*self.defined, *self.base) if not mostly or other < name]
        if over and self.chance(0.08):
            return [rng.choice((f"  {name}:", f"  {name}: {{}}", f"  {name}: !reset null", f"  {name}: null"))]
        body = self.fields(rng.randint(1, 4), over)
        if (not over or name not in self.base) and not any(
            line.startswith(("image:", "build:", "extends", "<<")) for line in body
        ):
            body.insert(0, f"image: {self.image()}")
        tag = " !override" if over and self.chance(0.06) else ""
        return [f"  {name}:{tag}", *indented(body, "    ")]

    def fields(self, count: int, over: bool, top: bool = False) -> Lines:
        rng = self.rng
        makers: dict[str, Callable[[], Lines]] = {
            "image": lambda: [f"image: {self.image()}"],
            "build": self.build,
            "gpus": self.gpus,
            "deploy": self.deploy,
            "profiles": lambda: self.listed("profiles", ("p", "q", "gpu")),
            "environment": lambda: self.named("environment"),
            "depends_on": self.depends_on,
            "runtime": lambda: [f"runtime: {rng.choice(('nvidia', 'runc', '${RT:-nvidia}'))}"],
            "platform": lambda: [f"platform: linux/{rng.choice(('amd64', 'arm64'))}"],
            "pull_policy": lambda: [f"pull_policy: {rng.choice(('build', 'always', 'never', 'missing'))}"],
            "command": lambda: self.command("command"),
            "entrypoint": lambda: self.command("entrypoint"),
            "devices": self.devices,
        }
        if not top and self.extendable and self.chance(0.25):
            makers["extends"] = self.extends
        weights = [5 if name in ("image", "build", "gpus", "deploy", "extends") else 2 for name in makers]
        chosen = dict.fromkeys(rng.choices(list(makers), weights, k=count))
        lines: Lines = []
        if self.anchors and self.chance(0.2 if top else 0.4):
            lines.append(
                f"<<: {rng.choice((f'*{self.anchors[0]}', '[' + ', '.join(f'*{n}' for n in self.anchors) + ']'))}"
            )
        for name in chosen:
            made = makers[name]()
            if made and (over or lines[:1] and lines[0].startswith("<<")) and self.chance(0.15):
                made = self.tagged(made)
            lines += made
        return lines

    def tagged(self, lines: Lines) -> Lines:
        """The field with !reset or !override behind its key."""
        key, _, rest = lines[0].partition(":")
        if self.chance(0.5) or rest == " null":  # `!override null` is the word "null", but not always
            return [f"{key}: !reset {self.rng.choice(('null', '[]', '{}'))}"]
        return [f"{key}: !override{rest}", *lines[1:]]

    # -- values

    def variable(self) -> str:
        name = self.rng.choice(VARIABLES)
        word = self.rng.choice(("1", "x", "", "${TAG:-2}", "$N"))
        return self.rng.choice(
            (
                f"${name}",
                f"${{{name}}}",
                *(f"${{{name}{op}{word}}}" for op in (":-", ":-", ":-", "-", ":+", "+")),
                "$$N",
            )
        )

    def image(self) -> str:
        text = self.rng.choice(("app", "reg/app", "reg/app:1", "app:latest", "nvidia/cuda:12.1.0-base-ubuntu22.04"))
        if self.chance(0.4):
            text = self.rng.choice(
                (f"reg/app:{self.variable()}", f"{self.variable()}/app:1", f"app:1{self.variable()}")
            )
        return f'"{text}"' if text.startswith("$") or self.chance(0.2) else text

    def word(self) -> str:
        return self.rng.choice(("x", "1", "3.10", '"3.10"', "true", "null", "''", "010", "1e3", "no", self.variable()))

    def named(self, key: str) -> Lines:
        names = self.rng.sample(("A", "B", "TAG", "GONE"), self.rng.randint(1, 3))
        if self.chance(0.5):
            return [f"{key}:", *(f"  {name}: {self.quoted(self.word())}" for name in names)]
        items = (self.rng.choice((f"{name}={self.word().strip(chr(34))}", name, f"{name}=a=b")) for name in names)
        return [f"{key}:", *(f"  - {self.quoted(item)}" for item in items)]

    def quoted(self, text: str) -> str:
        return f'"{text}"' if text[:1] == "$" or self.chance(0.1) and '"' not in text and "'" not in text else text

    def listed(self, key: str, words: tuple[str, ...]) -> Lines:
        items = self.rng.sample(words, self.rng.randint(0 if self.chance(0.2) else 1, len(words)))
        if not items or self.chance(0.6):
            return [f"{key}: [{', '.join(items)}]"]
        return [f"{key}:", *(f"  - {item}" for item in items)]

    def build(self) -> Lines:
        if self.chance(0.3):
            return [f"build: {self.rng.choice(('.', './app', '../up', 'sub/dir', '${CTX:-ctx}'))}"]
        lines = ["build:"]
        if self.chance(0.8):
            lines.append(f"  context: {self.rng.choice(('.', 'app', './app/', '../up', 'app/../b', 'a${GONE:-}'))}")
        if self.chance(0.4):
            lines.append(
                f"  dockerfile: {self.rng.choice(('Dockerfile.gpu', 'docker/Dockerfile', '${DF:-D}', '../D'))}"
            )
        if self.chance(0.3):
            lines.append(f"  target: {self.rng.choice(('gpu', 'cpu', '${GONE:-final}'))}")
        if self.chance(0.5):
            lines += indented(self.named("args"))
        if self.chance(0.2):
            lines += indented(self.listed("tags", ("t:1", "t:2", "reg/t:latest")))
        if self.chance(0.1):
            lines += indented(self.listed("platforms", ("linux/amd64", "linux/arm64")))
        return lines if len(lines) > 1 else ["build: ."]

    def request(self) -> Lines:
        rng, lines = self.rng, []
        kind = rng.choice(("[gpu]", "[gpu]", "[gpu, compute]", "[gpu, utility]", "[tpu]", '["nvidia", "compute"]'))
        if self.chance(0.97):
            lines.append(f"capabilities: {kind}")
        if self.chance(0.6):
            lines.append(f"driver: {rng.choice(('nvidia', 'cdi', 'nvidia'))}")
        choice = rng.random()
        if choice < 0.5:
            lines.append(f"count: {rng.choice(('1', 'all', '2', chr(34) + '1' + chr(34), '${COUNT:-1}'))}")
        elif choice < 0.7:
            lines.append(f"device_ids: {rng.choice(('[' + chr(34) + '0' + chr(34) + ']', '[a, b]'))}")
        rng.shuffle(lines)
        return ["- " + lines[0], *indented(lines[1:])] if lines else ["- capabilities: [gpu]"]

    def gpus(self) -> Lines:
        choice = self.rng.random()
        if choice < 0.4:
            return ["gpus: all"]
        if choice < 0.55:
            return [self.rng.choice(("gpus: []", "gpus: []", "gpus: ${GPUS:-all}", "gpus: ${GPUS:-all}", "gpus:"))]
        return ["gpus:", *indented([line for _ in range(self.rng.choice((1, 1, 2))) for line in self.request()])]

    def deploy(self) -> Lines:
        if self.chance(0.12):
            return [
                self.rng.choice(
                    (
                        "deploy: {}",
                        "deploy: {resources: {reservations: {devices: []}}}",
                        "deploy: {replicas: 1}",
                        "deploy:",
                    )
                )
            ]
        requests = [line for _ in range(self.rng.choice((1, 1, 2))) for line in self.request()]
        tag = self.rng.choice((" !override", " !reset")) if self.chance(0.05) else ""
        return [
            "deploy:",
            "  resources:",
            "    reservations:",
            f"      devices:{tag}",
            *indented(requests, "        "),
        ]

    def devices(self) -> Lines:
        words = (
            "/dev/nvidia0:/dev/nvidia0",
            "/dev/dri",
            "/dev/fuse:/dev/fuse",
            "/dev/x:/dev/dri:rwm",
            "nvidia.com/gpu=all",
        )
        return self.listed("devices", words)

    def depends_on(self) -> Lines:
        if not self.needed:
            return []
        names = [self.rng.choice(self.needed)]
        if self.chance(0.5):
            return ["depends_on:", *(f"  - {name}" for name in names)]
        conditions = ("service_started", "service_healthy", "service_completed_successfully")
        return ["depends_on:", *(f"  {name}: {{condition: {self.rng.choice(conditions)}}}" for name in names)]

    def command(self, key: str) -> Lines:
        texts = ("[a, b]", "a b", "[python, -m, x, '${TAG:-1}']", "[]", '["--gpu"]', "null")
        return [f"{key}: {self.rng.choice(texts)}"]

    def extends(self) -> Lines:
        file, service = self.rng.choice(self.extendable)
        if not file:
            return [f"extends: {service}" if self.chance(0.5) else f"extends: {{service: {service}}}"]
        return ["extends:", f"  file: {file}", f"  service: {service}"]


def indented(lines: Lines, by: str = "  ") -> Lines:
    return [by + line for line in lines]
