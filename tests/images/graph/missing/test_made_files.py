"""Whether a text makes a file: lines of programs and of people, and lines that nobody writes."""

from __future__ import annotations

import pytest

from wxlint.images.graph.missing.made_files import says_how_to_make
from wxlint.images.graph.missing.named_paths import TextWithPaths

LONG = 1_000_000
"""Characters of a line that a search through its rest from each word would not come to the end of."""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("cp Dockerfile.in Dockerfile.gpu\n", True),
        ("Download the file as `Dockerfile.gpu`.\n", True),
        ("sed s/a/b/ Dockerfile.in >  Dockerfile.gpu\n", True),
        ("docker build -f Dockerfile.gpu .\n", False),
        ("cp a b\ndocker build -f Dockerfile.gpu .\n", False),
        ("Dockerfile.gpu: cp it\n", False),
        ("cp Dockerfile.gpu.in Dockerfile.cpu\n", False),
        ("Dockerfile.gpu\n" + "cp " * (LONG // 3), False),
        ("Dockerfile.gpu\n" + "cp " * (LONG // 3) + "Dockerfile.gpu", True),
    ],
)
def test_what_a_document_says(text: str, expected: bool) -> None:
    assert says_how_to_make(text, "Dockerfile.gpu") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("cp docker/cpu.txt asr/Dockerfile\n", True),
        ("python make.py -o asr/Dockerfile\n", True),
        ("open('asr/Dockerfile', 'w').write(text)\n", True),
        ("(folder / 'Dockerfile').write_text(text)\n", True),
        ("docker build -f Dockerfile .\n", False),
        ("cat > log < Dockerfile\n", False),
        ("cp a b\ndocker build -f Dockerfile .\n", False),
        ("cp " * (LONG // 3) + "\nDockerfile\n", False),
        ("cp " * (LONG // 3) + "Dockerfile\n", True),
    ],
)
def test_what_a_script_makes(text: str, expected: bool) -> None:
    assert TextWithPaths(text).makes_some == expected
