"""What kind of file a name says it is, and, where the name leaves it open, how its text starts."""

from __future__ import annotations

import os
import re

from wxlint.core.patterns import late
from wxlint.core.reading import decode, read_head
from wxlint.core.tuples import NamedTuple

DOCKERFILE, COMPOSE, SHELL, BATCH, OTHER = "dockerfile", "compose", "shell", "batch", "other"
WORKFLOW, MAKE, BAKE, KUBERNETES, GITLAB = "workflow", "make", "bake", "kubernetes", "gitlab"
JUST, TASKFILE, SKAFFOLD, DEVCONTAINER, HELM = "just", "taskfile", "skaffold", "devcontainer", "helm"
POWERSHELL, PYTHON, TOX = "powershell", "python", "tox"
PROSE = "prose"
PROSE_ENDINGS = (".md", ".rst")

_DOCKERFILES = ("dockerfile", "containerfile")
_DOTTED_DOCKERFILES = (".dockerfile", ".containerfile")
_NAMES = {
    **dict.fromkeys(("kustomization.yml", "kustomization.yaml"), KUBERNETES),
    **dict.fromkeys(("devcontainer.json", ".devcontainer.json"), DEVCONTAINER),
    **dict.fromkeys(("noxfile.py", "tasks.py", "fabfile.py", "dodo.py"), PYTHON),
    **dict.fromkeys(("justfile", ".justfile"), JUST),
    "tox.ini": TOX,
}
_SCRIPTS = {"sh": SHELL, "bash": SHELL, "bat": BATCH, "cmd": BATCH}
_ENDINGS = {"mk": MAKE, "just": JUST, "justfile": JUST, "ps1": POWERSHELL, "md": PROSE, "rst": PROSE}
_MAKEFILE = late(r"(?:gnu)?makefile(?:\.(?!(?:am|in|md|txt)\Z)[\w-]+)?")
_COMPOSE = late(r"compose(?:\..+)?|docker-compose(?![a-z]).*|.+\.compose", re.DOTALL)
"""What stands before the ending of a compose file."""
_NO_DOCKERFILE = frozenset(
    """dockerignore containerignore md markdown rst adoc html pdf png svg
    j2 jinja jinja2 tmpl tpl template in erb mustache hbs ejs m4 mako gotmpl
    json yaml yml toml ini lock csv xml properties
    orig rej bak swp swo patch diff log sha256 sig asc gz zip""".split()
)
"""Suffixes behind `Dockerfile.` of what is about a Dockerfile, or makes one, and is none."""
_MAYBE_DOCKERFILE = frozenset(
    "txt py rb js ts go rs java kt pl php lua r cs sh bash zsh ps1 bat cmd tf hcl cfg conf".split()
)
"""Suffixes that name what an image is for (Dockerfile.go, Dockerfile.tf), or the language of a generator: the content
decides."""

_ENDS = (
    *(".yml", ".yaml", ".sh", ".bash", ".bat", ".cmd", ".mk", ".hcl"),
    *(
        ".md",
        ".rst",
        ".ps1",
        ".just",
        "justfile",
        "devcontainer.json",
        "noxfile.py",
        "tasks.py",
        "fabfile.py",
        "dodo.py",
        "tox.ini",
    ),
)
_WORKFLOWS = late(r"(?:^|.*[/\\])\.(?:github|gitea|forgejo)[/\\]workflows[/\\]?", re.DOTALL)
FOLLOWED = late(
    r"(?i)(?:requirements|constraints)(?:[^/]*|/.+)\.(?:txt|in)$|(?:^|/)(?:pyproject\.toml|Pipfile|pip\.conf)$"
    r"|\.ya?ml$|\.(?:ba)?sh$"
)
"""Files that are read only where a Dockerfile or a policy leads to them; a hook may give them by name."""
OTHER_PIPELINES = {
    "travis.yml": "Travis CI",
    "azure-pipelines.yml": "Azure Pipelines",
    "bitbucket-pipelines.yml": "Bitbucket Pipelines",
    "drone.yml": "Drone",
    "woodpecker.yml": "Woodpecker CI",
    "appveyor.yml": "AppVeyor",
    "cloudbuild.yaml": "Cloud Build",
    "buildspec.yml": "CodeBuild",
}
"""Files that build images, too, whose form is not read, with what reads them."""
_HEAD = 65536
"""Bytes of a file that tell its kind."""
_PASSED = r"(?:[^\S\n]*(?:#[^\n]*)?\n)*"
"""Blank lines and comments: each line in one way only, since a text of blank lines has 2^n otherwise."""
_FROM = late(rf"{_PASSED}(?:[ \t]*ARG[ \t][^\n]*\n{_PASSED})*[ \t]*FROM[ \t]+\S", re.IGNORECASE)
_SERVICES = late(
    r"""^(?:\{[ \t]*)?["']?(?:include["']?[ \t]*:|services["']?[ \t]*:(?![ \t]*(?:#[^\n]*)?\n[ \t]*-[ \t]))""",
    re.MULTILINE,
)
"""A list of services is another program's: `services: [docker]` of Travis and its like."""
_MANIFEST = late(
    r"^apiVersion:[ \t]*\S(?=.*?(?:\bimage:[ \t]*[^ \t\n#]|^images:[ \t]*\n|^kind:[ \t]*Application(?:Set)?\b))",
    re.MULTILINE | re.DOTALL,
)
"""A manifest that names images, or may set those of a chart; a schema (`image:` with more below it) names none."""
_VALUES = late(
    r"""(?:^[ \t]*(?:-[ \t]+)*|[{,][ \t]*)(["']?)(?:repository|image|tag)\1:"""
    r"""[ \t]*["']?[a-z0-9][\w./:-]+["']?[ \t]*(?:[#,}]|$)""",
    re.MULTILINE,
)
"""A name or a tag in block style or in flow style (`image: {repository: acme/asr, tag: "1.0"}`)."""
_RUNS_CONTAINERS = late(r"""["'](?:docker|podman|nerdctl|buildah)(?:-compose)?["' ]""")
"""A text of a Python program that begins as a command line of an engine does."""
_PROGRAM_FOLDERS = frozenset(
    ("", "bin", "build", "ci", ".ci", "deploy", "dev", "docker", "hack", "release", "script", "scripts", "tools")
)
"""What folders are called whose Python files may run containers; "" is the top of the repository."""
_SHEBANG = late(r"#![^\n]*\b(?:sh|bash|dash|ash|ksh|zsh)\b")
_ECHO_OFF = late(r"\s*@?echo[ \t]+off\b|\s*(?:@?rem[ \t]|::)", re.IGNORECASE)


class NamedKind(NamedTuple):
    """kind: "" where the name says none. sure: whether the name is enough, or the content has to agree."""

    kind: str
    sure: bool


def may_be_ours(name: str) -> bool:
    """A fast first look, since nearly all files of a tree are none of ours."""
    name = name.lower()
    return (
        name.endswith(_ENDS) or "dockerfile" in name or "containerfile" in name or "makefile" in name or "bake" in name
    )


def kind_of_name(name: str, folder: str = "") -> NamedKind:
    """The kind that a file's name says, and the folder that it lies in."""
    if name.endswith((".yml", ".yaml")) and folder.endswith("workflows") and _WORKFLOWS.fullmatch(folder):
        return NamedKind(WORKFLOW, True)
    name = name.lower()
    if name.startswith(_DOCKERFILES) or name.endswith(_DOCKERFILES):
        return _kind_of_dockerfile(name)
    stem, _, ending = name.rpartition(".")
    if stem and ending in _SCRIPTS:
        return NamedKind(_SCRIPTS[ending], True)
    if "makefile" in name and _MAKEFILE.fullmatch(name):
        return NamedKind(MAKE, True)
    if name in _NAMES:
        return NamedKind(_NAMES[name], True)
    if stem and ending in ("yml", "yaml"):
        return _kind_of_yaml(stem)
    if ending in ("hcl", "json") and "bake" in _words(stem):
        return NamedKind(BAKE, True)
    return NamedKind(_ENDINGS.get(ending, "") if stem else "", True)


def may_be_dockerfile(name: str) -> bool:
    """Whether a file whose name says no kind may be a Dockerfile all the same, where a build names it as its own."""
    return not kind_of_name(name).kind and name.lower().rpartition(".")[2] not in _NO_DOCKERFILE


def _kind_of_dockerfile(name: str) -> NamedKind:
    """The kind of a name that begins or ends as those of Dockerfiles: Dockerfile.cpu, cpu.Dockerfile, my-Dockerfile."""
    base, dot, rest = name.partition(".")
    if base in _DOCKERFILES:
        sure, suffix = True, rest.rpartition(".")[2]
    elif name.endswith(_DOTTED_DOCKERFILES):
        sure, suffix = True, ""
    else:
        sure, suffix = False, rest.rpartition(".")[2] if dot else "txt"
    if suffix in _NO_DOCKERFILE:
        return NamedKind("", True)
    return NamedKind(DOCKERFILE, sure and suffix not in _MAYBE_DOCKERFILE)


def _kind_of_yaml(stem: str) -> NamedKind:
    """The kind of a YAML file by what stands before its ending."""
    if "compose" in stem:
        return NamedKind(COMPOSE, _COMPOSE.fullmatch(stem) is not None)
    if stem == "gitlab-ci" or stem.endswith(".gitlab-ci"):
        return NamedKind(GITLAB, True)
    words = _words(stem)
    if words[0] in (TASKFILE, SKAFFOLD):
        return NamedKind(words[0], True)
    return NamedKind(HELM if "values" in words else KUBERNETES, False)


def _words(stem: str) -> list[str]:
    return stem.replace("_", ".").replace("-", ".").split(".")


def kind_of(path: str) -> str:
    """The kind of a file, from its name, then from how it starts. Raises OSError when that cannot be read."""
    folder, name = os.path.split(os.path.abspath(path))
    kind, sure = kind_of_name(name, folder)
    return kind if kind and sure else kind_of_text(name, _head(path))


def kind_of_text(name: str, text: str) -> str:
    """The kind of a text, from the name of its file where that tells, then from how it starts; else OTHER."""
    kind, sure = kind_of_name(name)
    if not kind and name.endswith(".py"):
        return PYTHON if _RUNS_CONTAINERS.search(text) else OTHER
    if kind == HELM and not _confirms(kind, text):
        kind = KUBERNETES
    if kind and (kind != KUBERNETES or _confirms(kind, text)):
        return kind if sure or _confirms(kind, text) else OTHER
    for kind, pattern in ((SHELL, _SHEBANG), (DOCKERFILE, _FROM), (BATCH, _ECHO_OFF)):
        if pattern.match(text):
            return kind
    return COMPOSE if _SERVICES.search(text) else OTHER


def is_shell_program(path: str) -> bool:
    """Whether the first line of a file names a shell."""
    return _SHEBANG.match(read_head(path, 128, follow=False).decode("latin-1")) is not None


def may_hold_programs(folder: str) -> bool:
    """Whether Python files of a folder may be about containers. folder: below the top of the repository, "a/b/"."""
    return folder.rstrip("/").rpartition("/")[2].lower() in _PROGRAM_FOLDERS


def runs_containers(path: str) -> bool:
    """Whether a Python file holds command lines of an engine. Raises OSError when it cannot be read."""
    return _RUNS_CONTAINERS.search(_head(path)) is not None


def _confirms(kind: str, text: str) -> bool:
    if kind in (KUBERNETES, HELM):
        return (_MANIFEST if kind == KUBERNETES else _VALUES).search(text) is not None
    return bool(_SERVICES.search(text) if kind == COMPOSE else _FROM.match(text))


def _head(path: str) -> str:
    return decode(read_head(path, _HEAD))
