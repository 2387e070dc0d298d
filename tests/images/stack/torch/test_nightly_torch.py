"""A torch whose release is not known, a pre-release above all, under what later installs say of it."""

from __future__ import annotations

import pytest
from image_states import WHL, said, state

pytestmark = pytest.mark.usefixtures("here")

NIGHTLY = [
    # what a constraint or a range says of a pre-release of the release behind the newest
    ("uv pip install torch torchvision -c c.txt", "torch==2.9.0", "default 2.9.0"),
    ("uv pip install accelerate -c c.txt", "torch<2.9", "default ?"),
    ("uv pip install accelerate -c c.txt", "torch>=2.9", "cu128 ?"),
    ("uv pip install accelerate -c c.txt", "torch!=2.9.0", "cu128 ?"),
    ("uv pip install accelerate -c c.txt", "torch<3", "cu128 ?"),
    ("uv pip install accelerate -c c.txt", "torch==2.16.0.dev20261120", "unknown"),
    ("uv pip install torch>=2.9", "", "cu128 ?"),
    ("uv pip install torch<=2.9", "", "default 2.9.0"),
]  # fmt: skip


@pytest.mark.parametrize(("later", "limit", "torch"), NIGHTLY, ids=[" ".join(row[:2]) for row in NIGHTLY])
@pytest.mark.parametrize("tool", ["uv pip", "pip"])
def test_a_nightly_torch_that_a_later_install_limits(tool: str, later: str, limit: str, torch: str) -> None:
    later = later.replace("uv pip", tool).replace("torch<", "'torch<").replace("torch>", "'torch>")
    later = later if "'" not in later else f"{later}'"
    first = f"uv pip install torch -i {WHL}/nightly/cu128"
    assert said(state({"c.txt": f"{limit}\n"}, f"RUN {first}\nRUN {later}").torch) == torch


def test_a_torch_of_which_no_release_is_known_may_be_out_of_a_constraint() -> None:
    rocm = f"RUN uv pip install torch -i {WHL}/rocm6.0"
    assert (
        said(state({"c.txt": "torch==2.3.1\n"}, f"{rocm}\nRUN uv pip install accelerate -c c.txt").torch) == "unknown"
    )
    assert (
        said(state({"c.txt": "torch\n"}, f"{rocm}\nRUN uv pip install accelerate -c c.txt").torch) == "rocm6.0 newest"
    )
