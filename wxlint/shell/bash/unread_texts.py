"""What a text that runs in this very shell, and is not read, may change: a file of `source`, a text of `eval`."""

from __future__ import annotations

from wxlint.core.patterns import late
from wxlint.core.reasons import Reason
from wxlint.core.values import Value
from wxlint.shell.bash.walker import Walker
from wxlint.shell.branches import resting
from wxlint.shell.state import UNREAD
from wxlint.shell.values import hole, known_names

_KEEPS = late(
    r"(?:/|^)(?:activate|(?:conda|mamba|micromamba|nvm|sdkman-init|setvars|set_env)\.sh|setup\.(?:ba)?sh|cargo/env"
    r"|\.?(?:bashrc|bash\.bashrc|profile|bash_profile|zshrc))$"
    r"|\b(?:hook|shellenv|ssh-agent|docker-env|completion|direnv|thefuck)\b"
    r"|\b(?:pyenv|rbenv|nodenv|jenv|goenv)\b.* init\b|\bdircolors\b"
)
"""Files that make an environment or a prompt ready, and programs that print text to do so: they set names of their own,
none that a script uses for images and versions."""
_OS_RELEASE = frozenset(
    "NAME VERSION ID ID_LIKE VERSION_ID VERSION_CODENAME PRETTY_NAME UBUNTU_CODENAME HOME_URL SUPPORT_URL"
    " BUG_REPORT_URL PRIVACY_POLICY_URL LOGO CPE_NAME VARIANT VARIANT_ID BUILD_ID PLATFORM_ID ANSI_COLOR".split()
)
"""What /etc/os-release sets: the manual page os-release(5), with what Debian, Ubuntu, Fedora and RHEL have in it."""


def forget_all(walk: Walker, text: Value) -> None:
    """A text that is not read has run: what it may have set is unknown.

    Args:
        walk: the walk. text: the path that `source` was given, or the text of `eval`.
    """
    shown = text.shown()
    if _KEEPS.search(shown):
        return
    state = walk.state
    if shown.endswith("/os-release"):
        for name in sorted(_OS_RELEASE):
            state.put(name, hole(state.named(name)))
        return
    names = known_names(state.vars)
    state.steps += len(names) + len(state.vars) // 64
    if not state.presumes:  # a RUN: a file of the image seldom sets what a Dockerfile does
        for name in names:
            assumed = Reason("assumed", f"{shown[:80]}, which is not read, leaves {name} as it is")
            state.put(name, resting(name, state.vars[name], (assumed,)))
        return
    for name in names:
        state.put(name, hole(state.named(name) if isinstance(state.vars[name], Value) else f"${{{name}[@]}}"))
    state.put(UNREAD, Value("1"))
