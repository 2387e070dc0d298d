"""What is known of an image that somebody else builds."""

from __future__ import annotations

from wxlint import facts
from wxlint.core.patterns import late
from wxlint.core.reasons import Reason, reason_at
from wxlint.core.values import HOLE
from wxlint.images.graph.names.hints import from_reference
from wxlint.images.graph.state import State
from wxlint.images.model.records import Use
from wxlint.images.model.reference import Reference
from wxlint.images.stack.torch.model import Torch


def external_state(use: Use, reference: Reference) -> State:
    """An image of somebody else: from the tables, else from what its own name says."""
    shown = reason_at("image", f"FROM {reference.shown()}", use.span)
    found = facts.base_image(
        reference.upstream, reference.tag if reference.tag is not None else "latest" if reference.tag_known else None
    )
    why = (shown, *use.because)
    if found is not None and found.accelerator != "unknown":
        held = found.torch or "unknown"
        if held == "unknown":  # the table knows the repository; its tag may say the rest
            said = _channel_of_name(reference) or ""
            held = said if facts.torch_releases(said) else held
        companions, stale = facts.held_companions(found), facts.possible_companions(found)
        torch = Torch(held, found.torch_version, why, use.span, companions=companions, stale=stale)
        named = from_reference(reference, "base image")
        sure = found.row["confidence"] != "unverified" or [one.accelerator for one in named] == [found.accelerator]
        return State(found.accelerator, found.cuda, torch, (), (use,), why, root=use, sure=sure)
    if found is not None:
        return State(
            None, found.cuda, Torch(found.torch, found.torch_version, why, use.span), (), (use,), why, root=use
        )
    named = from_reference(reference, "base image")
    channel = _channel_of_name(reference)
    if channel is not None and named:
        torch = Torch(channel, _release_of_tag(reference, channel), why, use.span)
        return State(
            named[0].accelerator, facts.cuda_of_channel(channel), torch, (), (use,), (*why, named[0].reason), root=use
        )
    if (
        named and named[0].accelerator != "cpu"
    ):  # a name may promise CUDA; that it holds none only its builder can promise
        return State(named[0].accelerator, None, Torch("unknown"), (), (use,), (shown, named[0].reason), root=use)
    if named:
        return State("cpu", None, Torch("unknown"), (), (use,), (shown, named[0].reason), root=use)
    return State(None, None, Torch("unknown"), (), (use,), (shown,), root=use)


def known_cuda(reference: Reference) -> Reason | None:
    """Why a public image is known to hold CUDA and to be there for a GPU; None for all others.

    That an image is known to hold none says little: what it runs may bring its own.
    """
    served = _server(reference)
    if served is not None:
        return _shown(reference, "is for a GPU") if served.device in ("cuda", "alone") else None
    tag = reference.tag if reference.tag is not None else "latest"
    found = facts.base_image(reference.upstream, tag) if reference.tag_known else None
    if found is None or found.accelerator != "cuda" or found.row["confidence"] == "unverified":
        return None
    return _shown(reference, "holds CUDA")


def server_for_cpu(reference: Reference) -> tuple[Reason, str] | None:
    """Why a public image of a server computes on no GPU, and what to take instead, "" where its maker has nothing."""
    served = _server(reference)
    if served is None or served.device != "cpu":
        return None
    hint = f"take {served.instead} for a GPU" if served.instead else ""
    return _shown(reference, "is its maker's image for the CPU"), hint


def starts_on_a_gpu_alone(reference: Reference) -> bool:
    """Whether a public image of a server does not start without a GPU."""
    served = _server(reference)
    return served is not None and served.device == "alone"


def _server(reference: Reference) -> facts.Server | None:
    if not reference.tag_known or (reference.digest and not reference.tag):
        return None
    return facts.server(reference.upstream, reference.tag or "latest")


def _shown(reference: Reference, text: str) -> Reason:
    return Reason("base", f"{reference.shown()} {text}")


_RELEASE_IN_TAG = late(r"v?(\d+\.\d+\.\d+)(?:[-_].*)?")


def _release_of_tag(reference: Reference, channel: str) -> str | None:
    """The torch that `somebody/pytorch:2.2.2-cuda11.8` holds, where the channel has that release."""
    found = _RELEASE_IN_TAG.fullmatch(reference.tag or "")
    of_torch = "torch" in reference.path.rpartition("/")[2].lower()
    return found[1] if found is not None and of_torch and found[1] in facts.torch_releases(channel) else None


_CHANNEL_IN_TAG = late(r"(?<![a-z])(?:cu|cuda-?)(\d{1,2})\.?(\d)(?!\d)|(?<![a-z])(rocm)-?(\d+\.\d+)")


def _channel_of_name(reference: Reference) -> str | None:
    """The channel that the tag or the name of a torch image says.

    `somebody/pytorch:2.2.2-cuda11.8-py3.11` holds cu118.
    """
    name = reference.path.rpartition("/")[2]
    tag = reference.tag or ("" if reference.tag_known else HOLE)
    if HOLE in tag or HOLE in name or "torch" not in f"{reference.path}:{tag}".lower():
        return None
    match = _CHANNEL_IN_TAG.search(tag.lower()) or _CHANNEL_IN_TAG.search(name.lower())
    if match is None:
        return None
    return f"rocm{match[4]}" if match[3] else f"cu{match[1]}{match[2]}"
