"""What holds whichever of several images is taken."""

from __future__ import annotations

import pytest

from wxlint.core.findings import Span
from wxlint.core.reasons import Reason
from wxlint.core.values import Value
from wxlint.images.graph.lineage.joins import common_state
from wxlint.images.graph.state import Addition, Package, PythonEnvironment, State, Stored
from wxlint.images.installs.model import Install
from wxlint.images.model.records import Use
from wxlint.images.model.reference import parse_reference
from wxlint.images.stack.torch.model import NONE, Torch


def use(name: str, line: int = 1) -> Use:
    value = Value(name)
    return Use("FROM", value, parse_reference(value), Span("Dockerfile", line, 1, line, 9))


NAMED = use("example/app:1")
CUDA, CPU = use("nvidia/cuda:12.1.0-base-ubuntu22.04"), use("python:3.11")
PACKAGE = Package("cupy-cuda12x", {"ecosystem": "pip"}, None, False, "cupy-cuda12x")
OTHER = Addition("rocm", "torch-directml")
INSTALL, MORE = Install("pip"), Install("uv")
STATE = State(
    "cuda",
    "12.1",
    Torch("cu121", "2.3.1", newest=True),
    (PACKAGE,),
    (NAMED, CUDA),
    (Reason("image", "FROM nvidia/cuda"),),
    others=(OTHER,),
    stored=(Stored("/x", NONE, ()),),
    installs=(INSTALL, MORE),
    external_torch=Torch("cu118"),
    root=CUDA,
)


def test_what_all_agree_on_stays() -> None:
    found = common_state([STATE, STATE, STATE], use("example/base:1"))
    assert found == STATE._replace(lineage=(use("example/base:1"), NAMED, CUDA))


def test_environments_that_all_have_stay_with_what_all_hold() -> None:
    system, own = (
        PythonEnvironment("/", Torch("cu124", "2.5.1")),
        PythonEnvironment("/v", Torch("cpu", "2.5.1"), (PACKAGE,)),
    )
    state = STATE._replace(environments=(system, own), in_use=("/v",), led="/v", used="/v")
    found = common_state([state, state], NAMED)
    assert (found.environments, found.in_use, found.led, found.used) == ((system, own), ("/v",), "/v", "/v")
    differs = own._replace(torch=Torch("cu121", "2.5.1"), packages=())
    found = common_state([state, state._replace(environments=(system, differs), in_use=("/",), led="/")], NAMED)
    assert found.environments == (system, PythonEnvironment("/v", Torch("unknown")))
    assert (found.in_use, found.led, found.used) == (("/v", "/"), "/", "/v")
    found = common_state([state, STATE], NAMED)
    assert (found.environments, found.in_use, found.led, found.used) == ((), (), "/", "")


@pytest.mark.parametrize(
    ("change", "left"),
    [
        ({"accelerator": "cpu"}, {"accelerator": None}),
        ({"accelerator": None}, {"accelerator": None}),
        ({"cuda": "12.4"}, {"cuda": None}),
        ({"torch": Torch("cpu", "2.3.1")}, {"torch": Torch("unknown")}),
        ({"torch": Torch("cu121", "2.4.0")}, {"torch": Torch("cu121", None)}),
        ({"torch": Torch("cu121", None)}, {"torch": Torch("cu121", None)}),
        ({"external_torch": NONE}, {"external_torch": Torch("unknown")}),
        ({"packages": ()}, {"packages": ()}),
        ({"packages": (PACKAGE._replace(conditional=True),)}, {"packages": ()}),
        ({"packages": (PACKAGE._replace(written="cupy-cuda11x"), PACKAGE)}, {"packages": (PACKAGE,)}),
        ({"others": ()}, {"others": ()}),
        ({"stored": ()}, {"stored": ()}),
        ({"installs": (MORE,)}, {"installs": (MORE,)}),
        ({"lineage": (CPU,)}, {"lineage": (use("example/base:1"),)}),
        ({"lineage": (CPU, CUDA)}, {"lineage": (use("example/base:1"), CUDA)}),
        ({"root": CPU}, {"root": None}),
        ({"root": None}, {"root": None}),
        ({"root": use(CUDA.value.text, 7)}, {"root": CUDA}),  # the same image, named in another line
        ({"sure": False}, {"sure": False}),
        ({"because": ()}, {"because": STATE.because}),
    ],
)
@pytest.mark.parametrize("place", [0, 1, 2])
def test_what_one_of_them_does_not_share(change: dict[str, object], left: dict[str, object], place: int) -> None:
    states = [STATE, STATE, STATE]
    states[place] = STATE._replace(**change)  # type: ignore[arg-type]
    found = common_state(states, use("example/base:1"))
    name = next(iter(left))
    if place == 0 and name in ("root", "because") and left[name] is not None:
        return  # of equal ones, the first is shown
    assert getattr(found, name) == left[name]
