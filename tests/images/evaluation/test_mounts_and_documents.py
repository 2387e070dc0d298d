"""Lists that a RUN reads through a bind mount, from another stage, or from a document in the Dockerfile itself."""

from __future__ import annotations

import pytest
from image_states import asked_for, state, unread

pytestmark = pytest.mark.usefixtures("here")

FILES = {"requirements.txt": "torch\n", "app/requirements.txt": "flask\n"}
FROM_MOUNT = "pip install -r /m/requirements.txt"
TARGETS = ("target", "dst", "destination")
READ = [
    # instructions, what the last install asks for
    *((f"RUN --mount=type=bind,source=app,{name}=/m {FROM_MOUNT}", "flask line 1") for name in TARGETS),
    ("RUN --mount=src=app,target=/m pip install -r /m/requirements.txt", "flask line 1"),
    ("RUN --mount=target=/m pip install -r /m/app/requirements.txt", "flask line 1"),
    ("RUN --mount=source=requirements.txt,target=/m/r.txt pip install -r /m/r.txt", "torch line 1"),
    ("WORKDIR /w\nRUN --mount=source=app,target=m pip install -r m/requirements.txt", "flask line 1"),
    ("ARG F=app\nRUN --mount=source=$F,target=/m pip install -r /m/requirements.txt", "flask line 1"),
    ("RUN --mount=type=cache,target=/root/.cache --mount=source=app,target=/m pip install -r /m/requirements.txt",
     "flask line 1"),
    ("RUN --mount=from=e:1,target=/x --mount=source=app,target=/m pip install -r /m/requirements.txt", "flask line 1"),
    ("COPY <<a.txt /w/\nnumpy\nscipy\na.txt\nRUN pip install -r /w/a.txt", "numpy line 4, scipy line 5"),
    ("COPY <<EOF /w/a.txt\nnumpy\nEOF\nRUN pip install -r /w/a.txt", "numpy line 4"),
    ("COPY <<-EOF /w/a.txt\n\tnumpy\n\tEOF\nRUN pip install -r /w/a.txt", "numpy line 4"),
    ("COPY <<'EOF' /w/a.txt\nnumpy # $X\nEOF\nRUN pip install -r /w/a.txt", "numpy line 4"),
    ("COPY <<a.txt <<b.txt /w/\nnumpy\na.txt\nscipy\nb.txt\nRUN pip install -r /w/b.txt", "scipy line 6"),
    ("ADD <<a.txt /w/\nnumpy\na.txt\nRUN pip install -r /w/a.txt", "numpy line 4"),
    ("COPY app/requirements.txt /w/\nCOPY requirements.txt /w/\nRUN pip install -r /w/requirements.txt",
     "torch line 1"),
    ("ADD app/ /w\nRUN pip install -r /w/requirements.txt", "flask line 1"),
    ('COPY ["app/requirements.txt", "/w/"]\nRUN pip install -r /w/requirements.txt', "flask line 1"),
    ("COPY requirements.txt app/requirements.txt /w/\nRUN pip install -r /w/requirements.txt", "flask line 1"),
]  # fmt: skip


@pytest.mark.parametrize(("instructions", "asked"), READ, ids=[row[0] for row in READ])
def test_lists_that_a_run_sees(instructions: str, asked: str) -> None:
    install = state(FILES, instructions).installs[-1]
    assert ", ".join(asked_for(one) for one in install.requirements) == asked and not install.unread


NOT_SEEN = [
    "RUN --mount=source=app,target=/m true\nRUN pip install -r /m/requirements.txt",
    "RUN --mount=type=secret,source=app,target=/m pip install -r /m/requirements.txt",
    "COPY <<EOF /w/a.txt\nnumpy $X\nEOF\nRUN pip install -r /w/a.txt",
    "COPY --from=e:1 app /w\nRUN pip install -r /w/requirements.txt",
]


@pytest.mark.parametrize("instructions", NOT_SEEN)
def test_lists_that_a_run_does_not_see(instructions: str) -> None:
    assert [row[1] for row in unread(state(FILES, instructions).installs[-1])] == ["NOT_THERE"]


def test_a_list_of_another_stage() -> None:
    def asked(*lines: str) -> list[str]:
        install = state(FILES, "\n".join(lines), base="python:3.11-slim AS first").installs[-1]
        return [asked_for(one) for one in install.requirements]

    second = "FROM python:3.11-slim"
    run = "RUN pip install -r /w/requirements.txt"
    assert asked("COPY app /a", second, "COPY --from=first /a /w", run) == ["flask line 1"]
    assert asked("COPY app /a", second, "COPY --from=0 /a/requirements.txt /w/", run) == ["flask line 1"]
    mount = "RUN --mount=from=first,source=/a,target=/w pip install -r /w/requirements.txt"
    assert asked("COPY app /a", second, mount) == ["flask line 1"]
    assert asked("WORKDIR /a", "RUN echo numpy > requirements.txt", second, "COPY --from=first /a /w", run) == [
        "numpy line 4"
    ]
    assert asked("COPY app /w", "FROM first", run) == ["flask line 1"]
