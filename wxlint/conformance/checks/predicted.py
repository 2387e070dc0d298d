"""What `wxlint check` believes of an image against what is in it: a difference is never passed over."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from wxlint.conformance.checks.evidence import Evidence
from wxlint.conformance.checks.messages import Message
from wxlint.conformance.checks.verdict import Verdict, failed, passed, unproven
from wxlint.conformance.container.model import Facts
from wxlint.facts.channels import cuda_of_channel
from wxlint.facts.torch_releases import FAMILY

if TYPE_CHECKING:
    from wxlint.plan.model import Prediction
    from wxlint.policy.model import Expectation


class Compared(NamedTuple):
    """One thing, both sides. right: None where the source or the image leaves it open."""

    what: str
    check: str
    image: str
    right: bool | None

    @property
    def shown(self) -> str:
        """The difference, for people."""
        return f"{self.what}: check says {self.check}, the image has {self.image}"


def predicted(expectation: Expectation, evidence: Evidence) -> Verdict:
    """Base, user, torch and every accelerated package are what the Dockerfiles say."""
    from wxlint.plan.model import Prediction

    if evidence.prediction is None:
        return unproven(Message.NOT_PREDICTED, dockerfile=expectation.dockerfile)
    compared = list(compare(Prediction.from_json(evidence.prediction), evidence))
    facts = {"compared": [one._asdict() for one in compared]}
    wrong = [one for one in compared if one.right is False]
    if wrong:
        return failed(Message.NOT_AS_PREDICTED, differences="; ".join(one.shown for one in wrong)).given(facts)
    same = [f"{one.what} {one.image}" for one in compared if one.right]
    if not same:
        return unproven(Message.NOT_PREDICTED, dockerfile=expectation.dockerfile).given(facts)
    left = [one.what for one in compared if one.right is None]
    note = f"; left open: {', '.join(left)}" if left else ""
    return passed(Message.AS_PREDICTED, same=", ".join(same), open=note).given(facts)


def compare(prediction: Prediction, evidence: Evidence) -> Iterator[Compared]:
    """Both sides of everything that is predicted."""
    yield from _lineage(evidence)
    yield _user(prediction, evidence)
    yield _torch(prediction, evidence)
    yield from _packages(prediction, evidence)
    if prediction.accelerator == "cpu" and prediction.complete:
        count = len(evidence.libraries)
        yield Compared("CUDA libraries", "none", f"{count}" if count else "none", not count)


def _lineage(evidence: Evidence) -> Iterator[Compared]:
    """Whether the image stands on the layers of each reference of its lineage, where they are known."""
    assert evidence.info is not None
    own = evidence.info.layers
    for reference, layers in evidence.lineage:
        if layers is None:
            yield Compared("base", reference, "layers that cannot be compared", None)
            continue
        shared = sum(1 for a, b in zip(layers, own) if a == b)
        if shared == len(layers) <= len(own):
            yield Compared("base", reference, reference, True)
        else:
            yield Compared("base", reference, f"{shared} of its {len(layers)} layers", False)


def _user(prediction: Prediction, evidence: Evidence) -> Compared:
    assert evidence.info is not None
    has = f"USER {evidence.info.user}" if evidence.info.user else "no USER"
    if prediction.user is None:
        return Compared("user", "nothing", has, None)
    says = f"USER {prediction.user}" if prediction.user else "no USER"
    return Compared("user", says, has, prediction.user == evidence.info.user)


def _torch(prediction: Prediction, evidence: Evidence) -> Compared:
    torch, channel = evidence.torch, prediction.torch
    has = f"torch {torch['version']} for {_build(torch)}" if torch else "no torch"
    if channel == "unknown" or evidence.torch_error:
        return Compared("torch", "nothing", evidence.torch_error or has, None)
    if channel == "none":
        if torch is not None and not prediction.complete:
            return Compared("torch", "no torch, as far as it sees", has, None)
        return Compared("torch", "no torch", has, torch is None)
    version = f" {prediction.torch_version}" if prediction.torch_version else ""
    says = f"torch{version} of {channel if channel != 'default' else 'the default index'}"
    if torch is None:
        return Compared("torch", says, has, False)
    public = str(torch["version"]).partition("+")[0]
    if prediction.torch_version and not _is_release(public, prediction.torch_version.partition("+")[0]):
        return Compared("torch", says, has, False)
    return Compared("torch", says, has, _same_build(prediction, torch))


def _same_build(prediction: Prediction, torch: Facts) -> bool | None:
    """Whether a build is of the predicted channel; None when nothing tells."""
    channel, cuda = prediction.torch, torch.get("cuda")
    if channel == "default":
        return bool(cuda == prediction.torch_cuda) if prediction.torch_cuda else None
    if channel == "cpu":
        return not cuda and not torch.get("hip")
    if channel.startswith("rocm"):
        return str(torch.get("hip") or "").startswith(channel.removeprefix("rocm"))
    wanted = cuda_of_channel(channel)
    return bool(cuda == wanted) if wanted is not None else None


def _packages(prediction: Prediction, evidence: Evidence) -> Iterator[Compared]:
    listed = evidence.installed
    if listed is None:
        if prediction.packages:
            yield Compared(
                "packages", f"{len(prediction.packages)} accelerated ones", "a list that cannot be had", None
            )
        return
    versions = {_normal(str(one["name"])): str(one["version"]) for one in listed if one.get("name")}
    for one in prediction.packages:
        has = versions.get(one.name)
        says = one.specifier or "any version"
        if has is None:
            yield Compared(one.name, says, "none", False if one.certain else None)
        else:
            yield Compared(one.name, says, has, allows(one.specifier, has) if one.specifier else True)
    known = {one.name for one in prediction.packages}
    for name, version in unforeseen(listed):
        if name not in known and name not in FAMILY:
            yield Compared(name, "nothing", version, False if prediction.complete else None)


def unforeseen(listed: list[Facts]) -> Iterator[tuple[str, str]]:
    """(name, version) of each accelerated distribution that no other one requires: something installed it by name."""
    from wxlint.facts.accelerated import accelerated_package
    from wxlint.inspection.file_kinds import cuda_only

    required = {_required(str(text)) for one in listed for text in one.get("requires") or ()}
    for one in listed:
        name = _normal(str(one.get("name") or ""))
        if name and name not in required and (accelerated_package(name) is not None or cuda_only(name)):
            yield name, str(one["version"])


def _required(text: str) -> str:
    import re

    found = re.match(r"\s*([A-Za-z0-9][\w.-]*)", text)
    return _normal(found[1]) if found else ""


def _normal(name: str) -> str:
    from wxlint.inspection.file_kinds import normal

    return normal(name)


def allows(specifier: str, version: str) -> bool | None:
    """Whether a specifier allows a version; None where packaging cannot read one of them."""
    from packaging.specifiers import InvalidSpecifier, SpecifierSet
    from packaging.version import InvalidVersion, Version

    try:
        return SpecifierSet(specifier).contains(Version(version), prereleases=True)
    except (InvalidSpecifier, InvalidVersion):
        return None


def _is_release(version: str, wanted: str) -> bool:
    """Whether two release numbers are one: "2.1" is 2.1.0."""
    from packaging.version import InvalidVersion, Version

    try:
        return Version(version) == Version(wanted)
    except InvalidVersion:
        return version == wanted


def _build(torch: Facts) -> str:
    return f"CUDA {torch['cuda']}" if torch.get("cuda") else f"ROCm {torch['hip']}" if torch.get("hip") else "the CPU"
