"""A stage while its instructions are read: its variables, and what later instructions need of earlier ones."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence

from wxlint.core.reasons import Reason
from wxlint.core.values import HOLE, Value
from wxlint.documents.dockerfile.reader import Instruction
from wxlint.images.evaluation.default_shell import flavor_of, flavor_of_command
from wxlint.images.evaluation.interpreter import (
    brings_system_python,
    chosen_pythons,
    environment_of,
    may_bring_another,
    system_python_of,
    variables_of,
)
from wxlint.images.evaluation.variables.expansion import Scope
from wxlint.images.installs.markers import ANY_LINUX
from wxlint.images.installs.model import Install
from wxlint.images.model.records import BY_PATH, Stage, StageCopy, Use

_SHELLS = frozenset(("sh", "bash", "dash", "ash", "zsh"))
_LOGIN = frozenset(("--login", "-l", "-lc", "-i", "-ic"))
"""Options by which a shell reads the start files of a user."""


class OpenStage:
    """The state of a stage up to the instruction that is read. `child` copies what a stage takes over from its base."""

    def __init__(self, index: int, name: str, instruction: Instruction, base: Use) -> None:
        self.index, self.name, self.instruction, self.base = index, name, instruction, base
        self.root = base
        """What the lowest stage starts from."""
        self.python_texts: list[str] = []
        """Texts of commands that speak of Python."""
        self.parents: tuple[int, ...] = ()
        self.external = True
        self.platform: Value | None = None
        self.steps: list[Install | StageCopy] = []
        self.env: dict[str, Value] = {}
        """What ENV set, here or in the stages below."""
        self.visible: dict[str, Value] = {}
        """What the next instruction sees: arguments and ENV."""
        self.unset: set[str] = set()
        self.workdir = "/"
        self.user: str | None = None
        self.shell = True
        self.flavor = self.base_flavor = "sh"
        """The shell of RUN, and the /bin/sh of the base image, as `read_shell` takes them."""
        self.pip_config: dict[str, Value] = {}
        self.pip_file: dict[str, Value] = {}
        self.triggers: list[Instruction] = []
        """What ONBUILD leaves to a stage or an image that starts from this one."""
        self.triggered: list[Install | StageCopy] = []
        """What the triggers install, as far as it can be seen from here."""
        self.fetches: list[str] = []
        """Texts that may download files."""
        self.environments: dict[str, bool] = {}
        """The Python environments that are there beside the system's, each with whether it has a pip of its own."""
        self.shell_place = ""
        """The environment that SHELL starts the commands of RUN in; "" for none."""
        self.login = False
        """Whether SHELL reads the start files of a user, as `bash --login` does."""
        self.entrypoint: Instruction | None = None
        self.command: Instruction | None = None
        self.inherited: Instruction | None = None
        """The CMD of the stage that this one starts from."""
        self.pip_looked: tuple[int, str, str | None] = 0, "", None
        self.environment = ANY_LINUX
        """The Python and the machine, as the base image has them."""
        self.system_python = ""
        """The Python that the packages of the base's distribution bring; "" where another may come."""
        self.chosen: frozenset[str] = frozenset()
        """The Pythons that RUNs choose by their versions."""

    def child(self, index: int, name: str, instruction: Instruction, base: Use) -> OpenStage:
        """A stage that starts from this one, with everything but its steps."""
        stage = OpenStage(index, name, instruction, base)
        stage.env, stage.visible, stage.unset = dict(self.env), dict(self.visible), set(self.unset)
        stage.workdir, stage.user, stage.shell = self.workdir, self.user, self.shell
        stage.pip_config, stage.pip_file, stage.pip_looked = dict(self.pip_config), self.pip_file, self.pip_looked
        stage.fetches = list(self.fetches)
        stage.root, stage.python_texts = self.root, list(self.python_texts)
        stage.environments, stage.shell_place = dict(self.environments), self.shell_place
        stage.login = self.login
        stage.entrypoint, stage.command, stage.inherited = self.entrypoint, self.command, self.command
        stage.environment, stage.system_python, stage.chosen = self.environment, self.system_python, self.chosen
        stage.flavor, stage.base_flavor = self.flavor, self.base_flavor
        return stage

    @property
    def is_adrift(self) -> bool:
        """Whether commands may start in a folder that only the base image knows."""
        return self.workdir == "/"

    def scope(self) -> Scope:
        """The variables that the next instruction sees."""
        return Scope(self.visible, self.unset)

    def note_python(self, text: str) -> None:
        """Follow which Python the commands of a RUN leave there."""
        if not ("python" in text or "conda" in text or "pyenv" in text or "PYTHON" in text):
            return
        self.python_texts.append(text)
        python = self.environment.python or self.system_python
        if python and may_bring_another(text, python):
            self.forget_python()
        elif python and self.environment.python is None and brings_system_python(text):
            self.environment = self.environment._replace(python=python)
        self.chosen |= chosen_pythons(text, self.visible)
        if self.environment.python is None and len(self.chosen) == 1:
            self.environment = self.environment._replace(python=min(self.chosen))

    def forget_python(self) -> None:
        """Another Python may be there from here on."""
        self.environment = self.environment.without_python()
        self.system_python = ""

    def take_base(self, platform: Value | None, build_platform: str) -> None:
        """Set what the image that the stage starts from is known to hold. platform: FROM's; then the build's."""
        reference = self.base.reference
        self.environment = environment_of(platform, reference, build_platform)
        self.system_python = system_python_of(reference)
        self.flavor = self.base_flavor = flavor_of(reference)
        for name, value in variables_of(reference):
            self.set_env(name, value)

    def set_env(self, name: str, value: Value) -> None:
        self.env[name] = self.visible[name] = value
        self.unset.discard(name)

    def set_shell(self, words: Sequence[str], place: str) -> None:
        """Start commands by SHELL's words from here on. place: the Python environment that they name, "" for none."""
        self.shell = any(posixpath.basename(word) in _SHELLS for word in words)
        self.shell_place = place
        self.login = not _LOGIN.isdisjoint(words)
        self.flavor = flavor_of_command(words, self.base_flavor)

    def set_entrypoint(self, instruction: Instruction) -> None:
        self.entrypoint = instruction
        if self.command is self.inherited:  # a CMD of this very stage stays
            self.command = None

    def set_argument(self, name: str, value: Value) -> None:
        """Set a build argument. Over an ENV of another value BuildKit lets it count, the classic builder does not."""
        set_before = self.env.get(name)
        if set_before is not None and set_before.text != value.text:
            reason = Reason("env", f"{name} is set by ENV too: which of both counts depends on the builder")
            value = Value(HOLE, (f"${{{name}}}",), (*value.because, reason))
        self.visible[name] = value
        self.unset.discard(name)

    def leave_unset(self, name: str, value: Value) -> None:
        """Declare a build argument that nothing gives a value; what was set before under its name stays."""
        if name not in self.visible or name in self.unset:
            self.visible[name] = value
            self.unset.add(name)

    def _started(self) -> str:
        return " ".join(one.args for one in (self.entrypoint, self.command) if one is not None)

    def may_name_environment(self) -> bool:
        """Whether what a container starts may name a Python environment."""
        text = self._started()
        return "/bin/python" in text or "venv" in text or "conda" in text

    def plain_start(self) -> str:
        """What starts a container that names no environment, as Stage.used."""
        text = self._started().lstrip('[" ')
        return (BY_PATH if text.startswith("python") else HOLE) if text else ""

    def closed(self, led: str, used: str) -> Stage:
        """The stage as its end leaves it. led, used: as the stage's."""
        return Stage(
            self.index,
            self.name,
            self.instruction,
            self.base,
            self.parents,
            self.external,
            self.platform,
            tuple(self.steps),
            self.env,
            self.user,
            tuple(self.triggered),
            led,
            used,
        )
