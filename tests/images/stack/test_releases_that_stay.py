"""Which release of an accelerated package is there after installs that ask for it again, or for what brings it."""

from __future__ import annotations

import re

import pytest
from shell_installs import read

from wxlint.images.stack.base import Held
from wxlint.images.stack.state import stack_after

STANDING = [
    # commands, and what is known of the release of the first one's package afterwards
    (("pip install ctranslate2==4.4.0", "pip install ctranslate2"), "==4.4.0"),
    (("pip install ctranslate2==4.4.0", "pip install 'ctranslate2>=4'"), "==4.4.0"),
    (("pip install ctranslate2==4.4.0", "pip install 'ctranslate2>=4.5'"), ">=4.5"),
    (("pip install ctranslate2==4.4.0", "pip install -U 'ctranslate2>=4'"), ">=4"),
    (("uv pip install ctranslate2==4.4.0", "uv pip install 'ctranslate2>=4'"), "==4.4.0"),
    (("pip install ctranslate2==4.6.0", "pip install 'faster-whisper<1' ctranslate2"), "<4"),
    (("pip install ctranslate2==4.6.0", "pip install faster-whisper==0.10.1 'ctranslate2>=3'"), ">=3,<4"),
    (("pip install ctranslate2==4.6.0", "pip install faster-whisper 'ctranslate2<4'"), "<4"),
    (("pip install ctranslate2==4.4.0", "pip install faster-whisper ctranslate2"), "==4.4.0"),
    (("pip install vllm==0.33.0", "pip install vllm 'torch<2.9'"), ""),
    (("uv pip install xformers==0.0.35", "uv pip install 'torch<2.9' xformers"), ""),
    (("conda install onnxruntime=1.16", "conda install 'onnxruntime>=1.10'"), ">=1.10"),
]


@pytest.mark.parametrize(("commands", "release"), STANDING)
def test_a_release_stays_where_nothing_leads_to_another(commands: tuple[str, ...], release: str) -> None:
    name = re.split(r"[=<>]", commands[0].split()[-1])[0]
    installs = [install for command in commands for install in read(command)]
    (found,) = (one for one in stack_after(Held(), installs).packages if one.name == name)
    assert (found.specifier, found.conditional) == (release, False)
