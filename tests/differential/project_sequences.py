"""Random projects that uv installs: dependencies, extras, groups, indexes, sources and limits, with a lock or without,
and sequences of the commands that install them."""

from __future__ import annotations

from tests.differential.dummy_index import CHANNEL_URL, CHANNELS
from tests.differential.install_sequences import PYTHON, Case, Maker, Step
from wxlint import facts

_OF_MAC = "sys_platform == 'darwin'"
_OF_LINUX = "sys_platform == 'linux' and platform_machine == 'x86_64'"


class ProjectMaker(Maker):
    """Makes projects and sequences of commands that install them."""

    def __init__(self, seed: str) -> None:
        super().__init__(seed, "uv")
        self.extras: list[str] = []
        self.groups: list[str] = []

    def case(self) -> Case:
        self.files["pyproject.toml"] = self.pyproject()
        lock: tuple[str, ...] = ()
        made = ""
        kind = self.rng.random()
        if kind < 0.55:
            lock, made = ("uv", "lock"), "uv.lock"
        elif kind < 0.75:
            made = self.rng.choice(("pylock.toml", "requirements.txt"))
            lock = ("uv", "export", "--no-hashes", "-o", made, *self.parts())
        exported = made not in ("", "uv.lock")
        steps = [self.of_export(made) if exported else self.sync()]
        steps += [self.later(exported) for _ in range(self.rng.choice((0, 0, 1, 2)))]
        environment = dict([self.rng.choice(_VARIABLES)]) if self.chance(0.08) else {}
        return Case(steps, self.files, environment, False, lock, made)

    # -- the project

    def pyproject(self) -> str:
        indexes = self.rng.sample(CHANNELS, self.rng.choice((0, 1, 1, 2)))
        lines = ["[project]", 'name = "app"', 'version = "0.1"', f'requires-python = ">={PYTHON}"']
        lines.append(f"dependencies = {self.listed(self.rng.choice((1, 1, 2)))}")
        split = len(indexes) == 2 and self.chance(0.6)
        self.extras = ["cpu", "gpu"] if split else [name for name in ("audio", "all") if self.chance(0.35)]
        self.groups = [name for name in ("dev", "train") if self.chance(0.35)]
        if self.extras:
            lines.append("[project.optional-dependencies]")
            wanted = f'["{self.torch_of(indexes)}"]' if split else ""
            lines += [f"{name} = {wanted or self.listed(1)}" for name in self.extras]
        if self.groups:
            lines.append("[dependency-groups]")
            lines += [f"{name} = {self.listed(1)}" for name in self.groups]
            if len(self.groups) == 2 and self.chance(0.3):
                lines[-1] = 'train = [{include-group = "dev"}]'
        lines += self.settings_of_project(split)
        for name in indexes:
            lines += ["[[tool.uv.index]]", f'name = "{name}"', f'url = "{CHANNEL_URL}/{name}"']
            lines += self.rng.choice((["explicit = true"], ["explicit = true"], [], ["default = true"]))
        lines += self.sources_of(indexes, split)
        return "\n".join(lines) + "\n"

    def torch_of(self, indexes: list[str]) -> str:
        """A torch that all of these channels have."""
        shared = [v for v in self.versions if all(v in facts.torch_releases(c) for c in indexes)]
        return f"torch=={self.rng.choice(shared)}" if shared else "torch"

    def listed(self, count: int) -> str:
        found = [self.one() for _ in range(count)]
        if self.chance(0.08):
            found[0] += f"; {self.rng.choice((_OF_LINUX, _OF_MAC))}"
        return "[" + ", ".join(f'"{text}"' for text in found) + "]"

    def settings_of_project(self, split: bool) -> list[str]:
        lines = ["[tool.uv]"]
        if self.chance(0.5):
            lines.append(f'environments = ["{_OF_LINUX}"]')
        if split:
            lines.append('conflicts = [[{extra = "cpu"}, {extra = "gpu"}]]')
        if self.groups and self.chance(0.25):
            chosen = self.rng.choice(("[]", f'["{self.groups[-1]}"]', '"all"'))
            lines.append(f"default-groups = {chosen}")
        if self.chance(0.08):
            lines.append(f'constraint-dependencies = ["{self.torch()}"]')
        if self.chance(0.06):
            lines.append(f'override-dependencies = ["{self.torch()}"]')
        if self.chance(0.04):
            lines.append(self.rng.choice(('resolution = "lowest-direct"', 'index-strategy = "unsafe-best-match"')))
        return lines

    def sources_of(self, indexes: list[str], split: bool) -> list[str]:
        if not indexes or self.chance(0.15):
            return []
        if split:
            both = ", ".join(f'{{ index = "{i}", extra = "{e}" }}' for i, e in zip(indexes, self.extras, strict=True))
            return ["[tool.uv.sources]", f"torch = [{both}]"]
        extra = f', extra = "{self.extras[0]}"' if self.extras and self.chance(0.2) else ""
        marker = f', marker = "{_OF_LINUX}"' if not extra and self.chance(0.2) else ""
        names = self.rng.sample(("torch", "torchvision", "torchaudio"), self.rng.choice((1, 2, 3)))
        return ["[tool.uv.sources]", *(f'{name} = {{ index = "{indexes[0]}"{extra}{marker} }}' for name in names)]

    # -- commands

    def parts(self) -> list[str]:
        """Options that choose extras and groups."""
        words: list[str] = []
        for extra in self.extras:
            if self.chance(0.5 if len(self.extras) < 2 or extra == "audio" else 0.4):
                words += ["--extra", extra]
        if self.extras and self.chance(0.06):
            words = ["--all-extras"]
        for group in self.groups:
            if self.chance(0.35):
                words += [self.rng.choice(("--group", "--group", "--no-group", "--only-group")), group]
        shares = {"--no-dev": 0.15, "--no-default-groups": 0.06, "--all-groups": 0.05, "--only-dev": 0.02}
        return [*words, *(word for word, share in shares.items() if self.chance(share))]

    def sync(self) -> Step:
        words = ["uv", "sync", *self.parts()]
        shares = {
            "--frozen": 0.3, "--locked": 0.1, "--no-install-project": 0.15, "--inexact": 0.06, "--upgrade": 0.04,
            "-U": 0.01, "--no-sources": 0.02, "--package=app": 0.02, "--reinstall": 0.02, "--no-editable": 0.05,
            "--upgrade-package=torch": 0.03, "--no-install-package=torch": 0.03, "--all-packages": 0.01,
            "--no-install-package=torchvision": 0.01, "--resolution=lowest-direct": 0.01,
        }  # fmt: skip
        words += [word for word, share in shares.items() if self.chance(share)]
        if self.chance(0.03):
            words += ["--index", self.url()]
        return Step(dict([self.rng.choice(_VARIABLES)]) if self.chance(0.05) else {}, words)

    def of_export(self, made: str) -> Step:
        return Step({}, self.rng.choice((["uv", "pip", "sync", made], ["uv", "pip", "install", "-r", made])))

    def later(self, exported: bool) -> Step:
        choice = self.rng.random()
        if exported or choice < 0.25:
            return self.step()
        if choice < 0.5:
            return self.sync()
        if choice < 0.6:
            return Step({}, ["uv", "run", *self.parts(), *self.rng.choice(([], ["--frozen"], ["--no-sync"])), "true"])
        if choice < 0.8:
            where = self.rng.choice(([], [], ["--dev"], ["--optional", "more"], ["--group", "train"]))
            how = self.rng.choice(([], [], ["--frozen"], ["--no-sync"], ["--index", self.url()]))
            return Step({}, ["uv", "add", self.one(), *where, *how])
        if choice < 0.85:
            return Step({}, ["uv", "remove", self.rng.choice(("torch", "torchvision", "flask"))])
        extras = [word for extra in self.extras for word in ("--extra", extra) if self.chance(0.5)]
        return Step({}, ["uv", "pip", "install", "-r", "pyproject.toml", *extras])


_VARIABLES = (
    ("UV_FROZEN", "1"), ("UV_LOCKED", "1"), ("UV_NO_DEV", "1"), ("UV_NO_SYNC", "1"), ("UV_NO_DEFAULT_GROUPS", "1"),
    ("UV_INDEX", f"{CHANNEL_URL}/cu126"), ("UV_NO_GROUP", "dev"), ("UV_NO_SOURCES", "1"),
    ("UV_NO_INSTALL_PROJECT", "1"),
)  # fmt: skip
