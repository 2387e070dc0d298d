"""How the options of install commands are told from their arguments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from wxlint.core.tuples import NamedTuple
from wxlint.core.values import Value
from wxlint.shell.options import read_options

if TYPE_CHECKING:
    from wxlint.shell.model import Word
    from wxlint.shell.options import Option

WITH_VALUE = frozenset(
    "-i --index-url --pypi-url --extra-index-url -f --find-links -r --requirement --requirements -c --constraint"
    " --constraints -b --build-constraint -e --editable -w --wheel-dir -t --target --prefix --root"
    " --python -p --platform"
    " --python-version --python-platform --implementation --abi --timeout --retries --trusted-host"
    " --allow-insecure-host"
    " --cache-dir --proxy --cert --client-cert --no-binary --only-binary --progress-bar --src --upgrade-strategy"
    " --report --all-releases --only-final --uploaded-prior-to --refresh-package --requirements-from-script"
    " --config-settings -C --global-option --install-option --index-strategy --torch-backend --index --default-index"
    " --prerelease --resolution --optional --keyring-provider --link-mode --exclude-newer --log --no-build-package"
    " --exclude-newer-package"
    " --upgrade-package -P --override --overrides --extra --group --no-build-isolation-package --package"
    " --reinstall-package --extras -E -G --categories --with --without --only --directory --project"
    " --color --use-feature"
    " --use-deprecated --exists-action --root-user-action --no-group --only-group --no-extra --no-install-package"
    " --no-binary-package --python-preference --config-file --build-constraints --exclude --excludes --pypi-mirror"
    " --fork-strategy".split()
)
"""The options of pip, uv, poetry, pdm and pipenv that take a value."""
WITHOUT_NEEDS = ("--no-deps", "--no-dependencies")
"""pip's option that leaves out what packages need. Source: `pip install --help`."""


class Arguments(NamedTuple):
    """What stands behind a verb."""

    positional: tuple[Word, ...]
    options: tuple[Option, ...]

    def has(self, *names: str) -> bool:
        return any(option.name in names for option in self.options)

    def given(self, *names: str) -> list[Option]:
        """The options of these names that have a value, in order."""
        return [option for option in self.options if option.value is not None and option.name in names]

    def last(self, *names: str) -> Value | None:
        """The value of the last of these options; None where none is given."""
        found = self.given(*names)
        return found[-1].value if found else None

    def texts(self, *names: str) -> list[str]:
        """The values of these options as texts, in order."""
        return [option.value.text for option in self.given(*names) if option.value is not None]


def read_arguments(words: Sequence[Word], valued: frozenset[str] = WITH_VALUE) -> Arguments:
    """Options with their values, and what is left. valued: the options that take a value."""
    found = read_options(words, valued)
    return Arguments(tuple(found.positional), tuple(found.options))


def behind_options(words: Sequence[Word], valued: frozenset[str] = WITH_VALUE) -> tuple[Word, ...]:
    """What stands behind the options that a tool takes before its verb."""
    return tuple(read_options(words, valued, stop=True).positional)
