"""The Python environments of an image while its steps are followed: each has a state of its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from wxlint.core.paths import in_image
from wxlint.core.reasons import Reason
from wxlint.core.values import HOLE
from wxlint.images.graph.state import (
    Addition,
    Package,
    PythonEnvironment,
    State,
    Stored,
    additions,
    cuda_packages,
    distinct,
)
from wxlint.images.installs.model import Install
from wxlint.images.installs.places import SYSTEM, in_home, moved, of_prefix, shown
from wxlint.images.model.records import BY_PATH, StageCopy
from wxlint.images.stack.torch.model import Torch
from wxlint.images.stack.torch.selection import choices
from wxlint.images.stack.torch.state import after

_INSTALLERS = frozenset(
    "pip setuptools wheel uv poetry poetry-core poetry-plugin-export pdm pipenv virtualenv pipx pip-tools conda mamba"
    " conda-lock conda-pack hatch build ninja cmake packaging python".split()
)
"""Packages that only make environments and fill them."""


class Environments:
    """The environments of an image, by their prefixes; the system's is always there.

    led: the one that PATH leads to where nothing else is said.
    """

    def __init__(self, base: State) -> None:
        system = PythonEnvironment(SYSTEM, base.torch, base.packages, base.others, base.installs, base.external_torch)
        self.held = {one.place: one for one in base.environments or (system,)}
        self.led = base.led

    def place_of(self, install: Install) -> str | None:
        """The environment that an install acts in; None where it is not known."""
        place = install.place
        if place in self.held:
            return place
        if install.makes and HOLE not in place:
            return SYSTEM if install.tool == "uv-project" and self._may_be_project() else place
        if place in ("", SYSTEM):
            return self.led if not place else SYSTEM
        return None if len(self.held) > 1 else SYSTEM

    def install(self, install: Install) -> None:
        """Follow one install."""
        if install.makes and install.place not in self.held and self.place_of(install) == install.place:
            self._make(install)
        if install.tool == "venv":
            if install.exact:
                self._make(install)
            return
        place = self.place_of(install)
        everywhere = install.tool in ("apt", "script") or place is None
        if place is None:
            install = install._replace(conditional=True)
        for name in tuple(self.held) if everywhere else (place or SYSTEM,):
            before = self.held[name]
            own = install.tool == "uv-project" and not self._may_be_project()
            torch = _synced(before.torch, install) if own else after(before.torch, install)
            self.held[name] = now = installed(before, install, torch)
            if name == SYSTEM and not everywhere:
                self._share(before, now)

    def _may_be_project(self) -> bool:
        """Whether uv has installed to an environment that is not known, which may be that of the project."""
        return any(step.tool == "uv" and not step.place for step in self.held[SYSTEM].installs)

    def torch_before(self, install: Install) -> Torch:
        """The torch that an install finds; of a project with an environment of its own, the one that lies beside it."""
        place = self.place_of(install)
        beside = place not in self.held or (install.makes and self.held[place].torch.channel == "none")
        return self.held[SYSTEM if beside or place is None else place].torch

    def torch_after(self, install: Install) -> Torch:
        """The torch that an install leaves in the environment that it acts in."""
        self.install(install)
        return self.held[self.place_of(install) or SYSTEM].torch

    def _make(self, install: Install) -> None:
        """Make an environment: an empty one, but for what the packages of the distribution bring."""
        system = self.held[SYSTEM]
        if install.shares:
            self.held[install.place] = system._replace(place=install.place, shares=True)
            return
        packages = tuple(p for p in system.packages if p.row.get("ecosystem") == "apt")
        installs = tuple(one for one in system.installs if one.tool == "apt")
        self.held[install.place] = PythonEnvironment(install.place, packages=packages, installs=installs)

    def _share(self, before: PythonEnvironment, now: PythonEnvironment) -> None:
        """Let environments that see the system's packages have what it has got, where they have none of their own."""
        for name, one in self.held.items():
            if one.shares:
                torch = now.torch if one.torch == before.torch else one.torch
                packages = tuple(distinct(list(one.packages), now.packages))
                self.held[name] = one._replace(torch=torch, packages=packages)

    def bring(self, source: State, step: StageCopy, reason: Reason) -> bool:
        """Bring the environments of another stage that a COPY --from copies, and say whether there are any."""
        brought = False
        for one in source.environments:
            place = moved(one.place, step.paths, step.dest)
            if place is None:
                continue
            brought = True
            if place == SYSTEM:
                self._extend(self.led, one.torch, one.packages, one.installs, reason)
            else:
                self._place(one, place, reason)
        return brought

    def bring_foreign(self, place: str, reason: Reason) -> None:
        """Put an environment of an image that nothing here builds where it lies now: what it holds is not known."""
        before = self.held.get(place) or PythonEnvironment(place)
        if before.torch.channel == "none":
            torch = Torch("unknown", because=(*before.torch.because, reason))
            before = before._replace(torch=torch, external_torch=torch)
        self.held[place] = before

    def _place(self, one: PythonEnvironment, place: str, reason: Reason) -> None:
        """Put an environment of another stage where it lies now, with the packages of this stage's distribution."""
        system = self.held[SYSTEM]
        torch = one.torch if one.torch.channel == "none" else _copied(one.torch, reason)
        packages = [p for p in system.packages if p.row.get("ecosystem") == "apt"]
        packages += (p for p in one.packages if p.row.get("ecosystem") != "apt")
        installs = [step for step in system.installs if step.tool == "apt"]
        installs += (step for step in one.installs if step.tool != "apt")
        self.held[place] = one._replace(place=place, torch=torch, packages=tuple(packages), installs=tuple(installs))

    def extend(self, source: State, step: StageCopy, reason: Reason) -> None:
        """Add what a COPY --from brings of another stage's site-packages to those that it copies to, else to those that
        PATH leads to.

        They are of the environments that its paths lie in, else of what the stage computes with: not of one that lies
        in a user's home, which is brought by its place.
        """
        to = _around(step.dest)
        target = to if to in self.held else self.led
        inside = {_around(path) for path in step.paths}
        named = [one for one in source.environments if one.place in inside]
        for one in named:
            self._extend(target, one.torch, one.packages, one.installs, reason)
        if named:
            return
        if any(map(in_home, source.in_use)):
            system = source.environments[0]
            source = source._replace(torch=system.torch, packages=system.packages, installs=system.installs)
        if source.torch.channel != "none" or source.packages or source.installs:
            self._extend(target, source.torch, source.packages, source.installs, reason)

    def _extend(
        self, target: str, torch: Torch, packages: Sequence[Package], installs: Sequence[Install], reason: Reason
    ) -> None:
        one = self.held[target]
        there = set(map(id, one.installs))
        added = [step for step in installs if step.tool != "apt" and id(step) not in there]
        found = distinct(list(one.packages), (p for p in packages if p.row.get("ecosystem") != "apt"))
        now = one.torch
        if now.channel in ("none", "unknown") and torch.channel != "none":
            now = _copied(torch, reason)
        self.held[target] = one._replace(torch=now, packages=tuple(found), installs=(*one.installs, *added))

    def libraries(self, searched: Iterable[str]) -> Iterator[Stored]:
        """The environments whose site-packages are among folders that Python searches."""
        for folder in searched:
            one = self.held.get(of_prefix(folder.partition("/lib/")[0]))
            if one is not None and one.place != SYSTEM and folder.endswith("/site-packages"):
                yield Stored(folder, one.torch, one.packages)

    def merge(self, item: Stored, how: Reason) -> None:
        """Let a folder count that the Python which PATH leads to searches too."""
        one = self.held[self.led]
        torch = one.torch
        if torch.channel in ("none", "unknown") and item.torch.channel != "none":
            torch = _copied(item.torch, how)
        packages = tuple(distinct(list(one.packages), item.packages))
        self.held[self.led] = one._replace(torch=torch, packages=packages)

    def seen(self, base: State, led: str, used: str) -> State:
        """The state of an image that has these environments. led, used: as Stage's."""
        if not led or (led not in self.held and base.led != SYSTEM):
            led = base.led  # PATH may begin with a folder that holds no Python
        used = used or base.used
        in_use = self._in_use(led, used)
        first = in_use[0]
        torch = first.torch if len(in_use) == 1 else _torch_of(in_use)
        return base._replace(
            torch=torch,
            packages=first.packages if len(in_use) == 1 else _joined_packages(in_use),
            others=first.others if len(in_use) == 1 else _joined_others(in_use),
            installs=first.installs if len(in_use) == 1 else _joined_installs(in_use),
            environments=tuple(self.held.values()) if len(self.held) > 1 else (),
            in_use=tuple(one.place for one in in_use) if len(self.held) > 1 else (),
            led=led if led in self.held else SYSTEM,
            used=used,
        )

    def _in_use(self, led: str, used: str) -> list[PythonEnvironment]:
        """The environments that the image may compute with, all where that is not known."""
        if used.startswith(f"{BY_PATH}/"):
            owners = self._owners(used.removeprefix(f"{BY_PATH}/"), led)
            if owners:
                return owners
            used = BY_PATH
        if used == BY_PATH and not (led == SYSTEM and _is_empty(self.held[SYSTEM])):
            used = led
        if used in self.held:
            return [self.held[used]]
        if led in self.held and led != SYSTEM:
            return [self.held[led]]
        projects = [one for one in self.held.values() if one.torch.channel != "none" and _holds_project(one)]
        if len(projects) == 1:
            return projects  # what the image is built for
        system, *others = self.held.values()
        untouched = system.torch.channel == "unknown" and all(step.tool == "apt" for step in system.installs)
        untouched = untouched and any(one.torch.channel != "none" for one in others)
        return others if others and untouched else [system, *others]

    def _owners(self, program: str, led: str) -> list[PythonEnvironment]:
        """The environments that a program may be of which PATH does not find in the first one; none where it may."""
        first, system = self.held.get(led, self.held[SYSTEM]), self.held[SYSTEM]
        if first is system or _names(first, program) or not _names(system, program):
            return []
        return [system] if _is_empty(first) else [first, system]


def _names(environment: PythonEnvironment, package: str) -> bool:
    """Whether a package was installed by its name."""
    installs = (step for step in environment.installs if not step.removes)
    return any(one.name == package for step in installs for one in step.requirements)


def _around(path: str) -> str | None:
    """The environment whose libraries a path lies in: `/opt/venv/lib/python3.11/site-packages`; None for another."""
    prefix, found, _ = in_image("/", path).partition("/lib/python")
    return of_prefix(prefix) if found else None


def _is_empty(environment: PythonEnvironment) -> bool:
    """Whether nothing is known to be in an environment: what is started lies somewhere else then."""
    return environment.torch.channel == "none" and all(
        step.tool == "apt" or (not step.unread and all(one.name in _INSTALLERS for one in step.requirements))
        for step in environment.installs
    )


def _holds_project(environment: PythonEnvironment) -> bool:
    """Whether an environment is the one that a project of uv has of its own."""
    return environment.place != SYSTEM and any(step.tool == "uv-project" for step in environment.installs)


def _copied(torch: Torch, how: Reason) -> Torch:
    return torch._replace(because=(*torch.because, how))


def _synced(torch: Torch, install: Install) -> Torch:
    """The torch after an install of a project of uv into the very environment that it is in: what others have installed
    there counts as the project's, but for its release, of which the project's lock takes no heed."""
    if torch.channel == "none":
        return after(torch, install)
    foreign = torch.by != install.tool and torch.version is not None
    before = torch._replace(by=install.tool, version=None if foreign else torch.version)
    now = after(before, install)
    if now != before:
        return now
    return before if foreign and choices(install) else torch


def installed(environment: PythonEnvironment, install: Install, torch: Torch) -> PythonEnvironment:
    """An environment after one install. torch: the one that it leaves."""
    packages, others = environment.packages, environment.others
    if install.exact and install.tool != "uv-project" and not (install.unread or install.conditional):
        packages, others = (), ()
    if install.removes:
        gone = set() if install.conditional else {r.name for r in install.requirements}
        packages = tuple(p for p in packages if p.name not in gone)
        others = tuple(o for o in others if o.name not in gone)
    else:
        packages = (*packages, *cuda_packages(install))
        others = (*others, *additions(install))
    return environment._replace(
        torch=torch, packages=packages, others=others, installs=(*environment.installs, install)
    )


def _torch_of(environments: Sequence[PythonEnvironment]) -> Torch:
    """What is known of the torch of an image whose environment in use is not."""
    holding = [one for one in environments if one.torch.channel != "none"]
    if not holding:
        return environments[0].torch
    first = holding[0]
    others = [one for one in holding if (one.torch.channel, one.torch.version) != _build(first)]
    if not others:
        return first.torch
    text = " or ".join(f"{shown(one.place)} ({one.torch.channel})" for one in holding)
    reason = Reason("image", f"which Python the image computes with is not known: {text}")
    because = tuple(dict.fromkeys(why for one in holding for why in one.torch.because))
    present = all(one.torch.channel != "unknown" for one in holding)
    return Torch("unknown", None, (*because, reason), first.torch.span, present=present)


def _build(environment: PythonEnvironment) -> tuple[str, str | None]:
    return environment.torch.channel, environment.torch.version


def _joined_packages(environments: Sequence[PythonEnvironment]) -> tuple[Package, ...]:
    return tuple(distinct([], (package for one in environments for package in one.packages)))


def _joined_others(environments: Sequence[PythonEnvironment]) -> tuple[Addition, ...]:
    return tuple(dict.fromkeys(other for one in environments for other in one.others))


def _joined_installs(environments: Sequence[PythonEnvironment]) -> tuple[Install, ...]:
    """The installs of all of them; those of the distribution stand in each."""
    found = {id(step): step for one in environments for step in one.installs}
    return tuple(found.values())
