"""Which programs are taken to succeed: their failure is a failed run, not an answer."""

from __future__ import annotations

from wxlint.shell.model import Word
from wxlint.shell.python_modules import module_run
from wxlint.shell.state import MAYBE, OPEN, RAN, Status

_ASKS = frozenset("grep egrep fgrep rg which type hash diff cmp pgrep read nvidia-smi ping nc getent id".split())
"""Programs whose exit status is an answer: `grep -q x && B` makes B conditional."""
_WORKS = frozenset(
    "docker podman nerdctl buildah docker-compose podman-compose mkdir cp mv rm ln chmod chown touch tee cd"
    " pushd popd echo printf cat export apt-get apt apk yum dnf microdnf tdnf zypper dpkg rpm pip pip3 uv"
    " conda mamba micromamba poetry pipenv pdm npm yarn pnpm curl wget tar unzip gzip gunzip xz make cmake"
    " ninja meson go cargo sleep sync install ldconfig update-ca-certificates gpg apt-key add-apt-repository"
    " useradd groupadd usermod adduser addgroup sed locale-gen update-alternatives rsync wait umask ulimit"
    " trap alias shopt sudo env source . virtualenv".split()
)
_GIT_WORKS = frozenset("clone checkout pull fetch submodule init add commit push reset lfs config switch".split())


def outcome(words: list[Word]) -> Status:
    """The outcome of a program by its name."""
    name = words[0].value.text.rpartition("/")[2]
    if name in _ASKS:
        return MAYBE
    second = words[1].value.text if len(words) > 1 else ""
    if name == "docker" and second in ("inspect", "image", "info", "version", "ps", "manifest"):
        return OPEN if second != "image" or (len(words) > 2 and words[2].value.text == "inspect") else RAN
    if name in _WORKS:
        return RAN
    if name == "git":
        return RAN if second in _GIT_WORKS else OPEN
    if name.startswith("python"):
        run = module_run(words[1:])
        return RAN if run is not None and run.name.value.text in ("pip", "venv", "uv", "poetry", "build") else OPEN
    return OPEN
