"""docker command lines in scripts: which images they name, and what they build.

Options that take a value are those of the docker 28 CLI reference (build, run, create); podman's and nerdctl's are
the same names.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from wxlint.core.patterns import late
from wxlint.core.tuples import NamedTuple
from wxlint.core.values import HOLE, Value
from wxlint.shell.options import Option, read_options
from wxlint.shell.wrappers import NAMES as WRAPPERS
from wxlint.shell.wrappers import unwrap

if TYPE_CHECKING:
    from wxlint.shell.model import Command, Word

_PROGRAMS = frozenset(
    ("docker", "podman", "nerdctl", "buildah", "sudo-docker", "docker.exe", "podman.exe", "nvidia-docker")
)
_GLOBAL_VALUE = frozenset(
    "-c --context -H --host -l --log-level --config --tlscacert --tlscert --tlskey -n --namespace --address".split()
)
_BUILD_VALUE = frozenset(
    "--add-host --allow --annotation --attest --build-arg --build-context --builder --cache-from --cache-to"
    " --call --cgroup-parent --cpu-period --cpu-quota -c --cpu-shares --cpuset-cpus --cpuset-mems -f --file"
    " --format --iidfile --isolation --label --layers-cache -m --memory --memory-swap --metadata-file --network"
    " --no-cache-filter -o --output --platform --progress --provenance --sbom --secret --security-opt --shm-size"
    " --ssh -t --tag --target --ulimit --policy --timestamp --volume -v --arch --os --runtime --userns --jobs"
    " --authfile".split()
)
_RUN_VALUE = frozenset(
    "--add-host --annotation -a --attach --blkio-weight --blkio-weight-device --cap-add --cap-drop"
    " --cgroup-parent --cgroupns --cidfile --cpu-period --cpu-quota --cpu-rt-period --cpu-rt-runtime -c"
    " --cpu-shares --cpus --cpuset-cpus --cpuset-mems --detach-keys --device --device-cgroup-rule"
    " --device-read-bps --device-read-iops --device-write-bps --device-write-iops --dns --dns-opt --dns-option"
    " --dns-search --domainname --entrypoint -e --env --env-file --expose --gpus --group-add --health-cmd"
    " --health-interval --health-retries --health-start-period --health-start-interval --health-timeout -h"
    " --hostname --ip --ip6 --ipc --isolation --kernel-memory -l --label --label-file --link --link-local-ip"
    " --log-driver --log-opt --mac-address -m --memory --memory-reservation --memory-swap --memory-swappiness"
    " --mount --name --net --net-alias --network --network-alias --oom-score-adj --pid --pids-limit --platform"
    " --pod -p --publish --pull --restart --runtime --security-opt --shm-size --stop-signal --stop-timeout"
    " --storage-opt --sysctl --tmpfs --ulimit -u --user --userns --uts -v --volume --volume-driver --volumes-from"
    " -w --workdir --requires --secret --hooks-dir".split()
)
_BAKE_VALUE = frozenset(
    "--allow --builder --call -f --file --list --metadata-file --progress --provenance --sbom --set".split()
)
_COMPOSE_VALUE = frozenset(
    "-f --file -p --project-name --profile --project-directory --env-file --parallel --ansi --progress".split()
)


_COMPOSE_VERB_VALUE = {
    "run": _RUN_VALUE - {"-c", "-a", "-h"},
    "exec": frozenset("-e --env --index -u --user -w --workdir --detach-keys".split()),
    "up": frozenset("--attach --exit-code-from --no-attach --pull --scale -t --timeout --wait-timeout".split()),
    "create": frozenset("--pull --scale".split()),
    "build": frozenset("--build-arg --builder -m --memory --progress --provenance --sbom --ssh".split()),
    "pull": frozenset(("--policy",)),
    "restart": frozenset(("-t", "--timeout")),
    "down": frozenset(("--rmi", "-t", "--timeout")),
}
"""The options of each command of compose that take a value, as its reference has them."""

_IMAGE_NAME = late(r"IMAGE|IMG|CONTAINER|REPO|TAG|REFERENCE", re.I)
_OPTION_NAME = late(
    r"OPT|ARG|FLAG|PARAM|EXTRA|GPU|DEVICE|RUNTIME|VOL|MOUNT|ENV|PORT|NET|TTY|INTERACTIVE|RUN|USER|CMD|COMMAND|PROXY|CACHE|PLATFORM",
    re.I,
)

_ENGINE = late(
    r"(?i)docker|podman|nerdctl|buildah|(?:container|oci|image)_?(?:\w*_)?(?:runtime|engine|tool|cli|cmd|bin|exe)"
)
"""How variables are called, and commands that look for one of the engines."""
_VERBS = frozenset("build run push pull tag create compose image container buildx login".split())
_KANIKO_NAMES = {
    **dict.fromkeys(("-c", "--context"), "--context"),
    **dict.fromkeys(("-d", "--destination"), "--tag"),
    **dict.fromkeys(("-f", "--dockerfile"), "--file"),
    **dict.fromkeys(("--custom-platform", "--customPlatform"), "--platform"),
}
_KANIKO_VALUE = frozenset(
    (*_KANIKO_NAMES, "--build-arg", "--target", "--cache-repo", "--cache-dir", "--label", "--verbosity")
)
_TAGGED = late(r"[a-z][\w.-]*(?:/[\w.-]+)*:[A-Za-z_][\w.-]*")


class DockerCommand(NamedTuple):
    """One docker command line.

    verb: "build", "run", "create", "pull", "push", "tag", "compose run", "compose up", "stack deploy", ... options:
    those before the first argument. arguments: what follows. start, end: offsets of the whole command.
    """

    verb: str
    options: tuple[Option, ...]
    arguments: tuple[Word, ...]
    command: Command

    def values(self, *names: str) -> list[Option]:
        return [option for option in self.options if option.name in names and option.value is not None]

    def last(self, *names: str) -> Value | None:
        """The value of the option that counts where one value is taken; None where none is given."""
        found = self.values(*names)
        return found[-1].value if found else None

    def is_expanded(self, *names: str) -> bool:
        """Whether the value that counts does not stand there as it is, but for quotes: a shell expands it."""
        found = self.values(*names)
        value = found[-1].value if found else None
        if value is None or value.holes:
            return value is not None
        return found[-1].end - found[-1].start not in (len(value.text), len(value.text) + len('""'))


def docker_command(command: Command) -> DockerCommand | None:
    """Read a simple command as a docker command line; None when it is none."""
    words = list(
        unwrap(command).words if posixpath.basename(command.words[0].value.text) in WRAPPERS else command.words
    )
    program = posixpath.basename(words[0].value.text.replace("\\", "/"))
    if HOLE in program:
        program, words = _behind_unknown(words)
    if program == "executor" and "kaniko" in words[0].value.text:
        return _kaniko(words[1:], command)
    if program in ("docker-compose", "podman-compose"):
        return _compose(words[1:], command)
    if program not in _PROGRAMS:
        return None
    _, words = _options(words[1:], _GLOBAL_VALUE)
    if not words:
        return None
    verb = words[0].value.text
    words = words[1:]
    if verb == "compose":
        return _compose(words, command)
    if verb == "stack" and words:
        options, rest = _options(
            words[1:], frozenset(("-c", "--compose-file", "--orchestrator", "--resolve-image")), anywhere=True
        )
        return DockerCommand(f"stack {words[0].value.text}", tuple(options), tuple(rest), command)
    if verb in ("image", "container", "builder", "buildx") and words:
        if verb == "buildx":
            _, words = _options(words, frozenset(("--builder",)))
            if not words:
                return None
        group, verb, words = verb, words[0].value.text, words[1:]
        if verb == "b":
            verb = "build"
        elif group == "buildx" and verb in ("bake", "f"):
            verb = "bake"
        elif group in ("builder", "buildx") and verb != "build":
            verb = f"{group} {verb}"  # `docker buildx create` makes a builder, not a container
    if verb in ("bud", "build-using-dockerfile"):
        verb = "build"
    takes = (
        _BUILD_VALUE
        if verb == "build"
        else _RUN_VALUE
        if verb in ("run", "create")
        else _BAKE_VALUE
        if verb == "bake"
        else frozenset(("--platform", "--format"))
    )
    options, rest = _options(words, takes, anywhere=verb in ("build", "bake"))
    return DockerCommand(verb, tuple(options), tuple(rest), command)


def _kaniko(words: list[Word], command: Command) -> DockerCommand:
    """A build by kaniko's executor, with the names that docker's options have."""
    from wxlint.shell.model import Word

    read = read_options(words, _KANIKO_VALUE)
    options = [option._replace(name=_KANIKO_NAMES.get(option.name, option.name)) for option in read.options]
    contexts = [option for option in options if option.name == "--context" and option.value is not None]
    context: list[Word] = []
    for option in contexts[-1:]:
        if option.value is not None:
            value = option.value._replace(text=option.value.text.removeprefix("dir://"))
            context.append(Word(value, option.start, option.end, quoted=False))
    return DockerCommand(
        "build", tuple(option for option in options if option.name != "--context"), tuple(context), command
    )


def _behind_unknown(words: list[Word]) -> tuple[str, list[Word]]:
    """The program of a command line that starts with something unknown: a prefix (`$(Q) docker`, `${SUDO}docker`), or a
    variable that names the engine (`$(CONTAINER_RUNTIME) build`)."""
    first = words[0].value
    glued = first.text.lstrip(HOLE)
    if glued or len(words) == 1:
        return glued, words
    if _ENGINE.search(first.written()) and words[1].value.text in _VERBS:
        return "docker", words
    return words[1].value.text, words[1:]


def _compose(words: list[Word], command: Command) -> DockerCommand | None:
    options, words = _options(words, _COMPOSE_VALUE)
    if not words:
        return None
    inner, rest = _options(words[1:], _COMPOSE_VERB_VALUE.get(words[0].value.text, frozenset()))
    return DockerCommand(f"compose {words[0].value.text}", (*options, *inner), tuple(rest), command)


def _holds_options(word: Word, words: Sequence[Word], following: int) -> bool:
    """Whether an unquoted variable whose value is not known holds options, or nothing, rather than the image."""
    name = word.value.written()
    if _IMAGE_NAME.search(name):
        return False
    if _OPTION_NAME.search(name):
        return True
    after = words[following].value.text if following < len(words) else ""
    if after[:1] in ("-", HOLE):  # `docker run $X -d $Y example/app:1`
        return any(_TAGGED.fullmatch(word.value.text) for word in words[following:])
    return after[:1] not in ("", "/", ".") and ("/" in after or ":" in after)  # `docker run $X example/app:1`


def _options(words: list[Word], takes: frozenset[str], anywhere: bool = False) -> tuple[list[Option], list[Word]]:
    """Options with values and what is left. Not `anywhere`: stops at the first argument, as `docker run` does."""
    read = read_options(words, takes, stop=not anywhere, skip=_is_options_anywhere if anywhere else _is_options)
    return read.options, read.positional


def _may_be_several(word: Word) -> bool:
    """Whether a word that is not known may be several, or none: unquoted, or the items of an array."""
    return not word.quoted or any(hole.endswith("[@]}") for hole in word.value.holes)


def _is_options_anywhere(words: Sequence[Word], at: int) -> bool:
    """Whether a word of `docker build` is an unquoted variable, or an array, that may hold options."""
    word = words[at]
    return _may_be_several(word) and word.value.text in ("", HOLE)


def _is_options(words: Sequence[Word], at: int) -> bool:
    """Whether a word in front of an image is an unquoted variable, or an array, that may hold options."""
    word = words[at]
    return _may_be_several(word) and (
        word.value.text == "" or (word.value.text == HOLE and _holds_options(word, words, at + 1))
    )
