"""Long options of pip that are written short, `--extra-index URL`: it takes what only one option starts with."""

from __future__ import annotations

from collections.abc import Sequence

from wxlint.images.installs.call import Call
from wxlint.images.installs.model import Unread, UnreadKind
from wxlint.shell.model import Word

_ALWAYS = frozenset(
    "--cache-dir --cert --client-cert --compile --constraint --default-timeout --disable-pip-version-check --editable"
    " --exists-action --extra-index-url --find-links --force-reinstall --global-option --help --ignore-installed"
    " --ignore-requires-python --index-url --isolated --log --log-file --no-binary --no-build-isolation --no-cache-dir"
    " --no-clean --no-color --no-compile --no-dependencies --no-deps --no-index --no-input --only-binary --pre"
    " --prefer-binary --prefix --progress-bar --proxy --pypi-url --quiet --require-hashes --require-virtualenv"
    " --requirement --retries --root --src --target --timeout --trusted-host --upgrade --upgrade-strategy --use-pep517"
    " --user --verbose --version".split()
)
"""What pip 20 to 25 know behind `install`."""
_SOMETIMES = frozenset(
    "--abi --all-releases --always-unzip --break-system-packages --build --build-constraint --build-dir --build-option"
    " --check-build-dependencies --config-settings --debug --dry-run --egg --group --implementation --install-option"
    " --keyring-provider --local-log --no-python-version-warning --no-use-pep517 --no-user --no-verify"
    " --no-proxy-env --no-require-hashes --no-warn-conflicts --no-warn-script-location --only-deps --only-final"
    " --platform --process-dependency-links --python --python-version --refresh-package --report --require-venv"
    " --resume-retries --root-user-action --source --source-dir --source-directory"
    " --uploaded-prior-to --use-deprecated --use-feature --wheel-dir --yes".split()
)
"""What some of them know, or other commands."""


def spelt_out(words: Sequence[Word], call: Call) -> tuple[tuple[Word, ...], tuple[Unread, ...]]:
    """The words with long options in full, and those that pip refuses since they may be several."""
    found: list[Word] = []
    refused: list[Unread] = []
    for number, word in enumerate(words):
        name, equals, value = word.value.text.partition("=")
        if name == "--":
            return (*found, *words[number:]), tuple(refused)
        meant = _meant(name) if name.startswith("--") else [name]
        if len(meant) == 1:
            word = word._replace(value=word.value._replace(text=f"{meant[0]}{equals}{value}"))
        elif meant:
            either = " or ".join(meant)
            refused.append(Unread(UnreadKind.INVALID, name, call.where(word), f"it may be {either}"))
        found.append(word)
    return tuple(found), tuple(refused)


def _meant(name: str) -> list[str]:
    """The options that a name may stand for; none where pip knows no such option.

    Those of some versions do not count beside one of all: where they make it ambiguous, pip ends with an error.
    """
    if name in _ALWAYS or name in _SOMETIMES:
        return [name]
    always, sometimes = (sorted(option for option in some if option.startswith(name)) for some in (_ALWAYS, _SOMETIMES))
    return always or sometimes
