"""What scripts run on other machines."""

from __future__ import annotations

import pytest

from wxlint.documents.source import Source
from wxlint.images.builds.from_scripts import read_script
from wxlint.images.builds.model import Script
from wxlint.shell.bash.reader import read_shell

CUDA = [("docker run", "example/app:cuda")]


def read(text: str) -> Script:
    source = Source("deploy.sh", text + "\n")
    return read_script(source, read_shell(source.text).commands, lambda _: None)


@pytest.mark.parametrize(
    ("text", "taken"),
    [
        ("ssh user@host 'docker run -d example/app:cuda'", CUDA),
        ("ssh -i key -p 22 host docker run -d example/app:cuda", CUDA),
        ("sshpass -p secret ssh -o A=b host 'cd /srv; docker run example/app:cuda'", CUDA),
        ("ssh host <<'EOF'\ncd /srv\nsudo docker run example/app:cuda\nEOF", CUDA),
        ('TAG=cuda\nssh host "docker run example/app:$TAG"', CUDA),
        ("TAG=cuda\nssh host <<EOF\ndocker run example/app:$TAG\nEOF", CUDA),
        ("ssh host 'docker run example/app:$TAG'", [("docker run", "example/app:$TAG")]),
        (
            "ssh host 'docker pull example/app:cuda; docker push example/app:cuda'",
            [("docker pull", "example/app:cuda")],
        ),
        ("ssh host 'docker compose up -d'", []),
        ("ssh host 'docker build -t own . && docker run own'", []),
        ("ssh host 'docker compose build && docker run own'", []),
        ("ssh host 'docker compose up -d --build'; ssh host 'docker run own'", []),
        ("ssh host 'cd app; make'\nssh host 'docker run own'", []),
        ("ssh host", []),
        ("ssh-keygen -t docker run example/app:cuda", []),
        ("ssh -N -L 1:host:2 host", []),
    ],
)
def test_images_that_another_machine_takes(text: str, taken: list[tuple[str, str]]) -> None:
    found = read(text)
    assert [(use.kind, use.value.shown()) for use in found.uses] == taken
    assert [call.docker.verb for call in found.calls] == [kind.removeprefix("docker ") for kind, _ in taken]
    assert found.builds == ()


def test_each_is_placed_at_the_text_that_is_sent() -> None:
    (use,) = read("echo\nssh host 'true; docker run example/app:cuda'").uses
    assert (use.span.line, use.span.column) == (2, 10)
