"""What is asserted about torch and CUDA, on three levels: built with CUDA, libraries load, device usable."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from wxlint.conformance.checks.evidence import Evidence
from wxlint.conformance.checks.messages import Message
from wxlint.conformance.checks.verdict import Outcome, Verdict, failed, passed, unproven
from wxlint.conformance.container.model import Facts
from wxlint.core.units import amount
from wxlint.facts.accelerated import accelerated_build
from wxlint.facts.channels import cuda_of_channel
from wxlint.facts.channels import shown as shown_channels
from wxlint.facts.gpu_archs import listed_archs, reaches
from wxlint.inspection.stack import mismatches, stack_of

if TYPE_CHECKING:
    from wxlint.policy.model import Expectation

_GPU_PROVIDERS = ("CUDA", "Tensorrt", "ROCM", "MIGraphX")


def _build(torch: Facts) -> str:
    return f"CUDA {torch['cuda']}" if torch.get("cuda") else f"ROCm {torch['hip']}" if torch.get("hip") else "the CPU"


def _some(names: list[str], limit: int) -> str:
    return "; ".join(names[:limit]) + (f" and {len(names) - limit} more" if len(names) > limit else "")


def torch_presence(expectation: Expectation, evidence: Evidence) -> Verdict:
    """torch is there where the policy requires it, and not where it forbids it."""
    torch = evidence.torch
    if evidence.torch_error:
        return failed(Message.TORCH_UNREADABLE, why=evidence.torch_error)
    if expectation.needs_torch == "required":
        return passed(Message.TORCH, version=torch["version"]).given(torch) if torch else failed(Message.TORCH_MISSING)
    if torch:
        return failed(Message.TORCH_FORBIDDEN, version=torch["version"], path=torch.get("path")).given(torch)
    return passed(Message.NO_TORCH)


def torch_channel(expectation: Expectation, evidence: Evidence) -> Verdict:
    """By torch/version.py: the version of the distribution proves nothing. It must be importable, too."""
    torch, channel = evidence.torch, shown_channels(expectation.allowed_channels)
    if evidence.torch_error:
        return failed(Message.TORCH_UNREADABLE, why=evidence.torch_error)
    if torch is None:
        return failed(Message.TORCH_MISSING) if expectation.needs_torch == "required" else passed(Message.NO_TORCH)
    facts: dict[str, Any] = {"torch": torch}
    shown = {"version": torch["version"], "build": _build(torch)}
    if evidence.runtime:
        facts["runtime"] = evidence.runtime
        if evidence.runtime.get("error"):
            return failed(Message.TORCH_NOT_IMPORTED, why=evidence.runtime["error"], **shown).given(facts)
        if evidence.runtime.get("compiled") is False and torch.get("cuda"):
            return failed(Message.TORCH_NOT_COMPILED, **shown).given(facts)
    found = [_from_channel(torch, one) for one in expectation.allowed_channels]
    right = True if True in found else None if None in found else False
    if right is None:
        return unproven(Message.CHANNEL_WITHOUT_TRACE, channel=channel, **shown).given(facts)
    if right:
        return passed(Message.TORCH_BUILD, **shown).given(facts)
    return failed(Message.OTHER_CHANNEL, channel=channel, **shown).given(facts)


def _from_channel(torch: Facts, channel: str) -> bool | None:
    """Whether a build is of a channel; None when nothing in it tells."""
    wanted = cuda_of_channel(channel)
    if channel.startswith("nightly/") and ".dev" not in str(torch["version"]):
        return False
    channel = channel.removeprefix("nightly/")
    if channel in ("any-cuda", "any-rocm"):
        return bool(torch.get("cuda" if channel == "any-cuda" else "hip"))
    if channel == "cpu":
        return not torch.get("cuda") and not torch.get("hip")
    if wanted is not None:
        return bool(torch.get("cuda") == wanted)
    if channel.startswith("rocm"):
        return bool(torch.get("hip")) and str(torch["hip"]).startswith(channel.removeprefix("rocm"))
    return None


def no_cuda(expectation: Expectation, evidence: Evidence) -> Verdict:
    """Neither a library nor a build of torch nor a distribution: by the layers and by the probe."""
    assert evidence.static is not None
    found, torch = [], evidence.torch
    if torch and (torch.get("cuda") or torch.get("hip")):
        found.append(f"torch {torch['version']} is built for {_build(torch)}")
    libraries = evidence.libraries
    if libraries:
        found.append(f"{len(libraries)} CUDA librar{'y' if len(libraries) == 1 else 'ies'}, {libraries[0]} for one")
    found += [f"{one} is of use only with CUDA" for one in evidence.cuda_distributions]
    providers = ((evidence.probe or {}).get("onnxruntime") or {}).get("providers") or ()
    found += [f"onnxruntime offers {name}" for name in providers if str(name).startswith(_GPU_PROVIDERS)]
    why = list(evidence.static["why"])
    if found:
        return failed(Message.HAS_CUDA, found=_some(found, 4)).given({"found": found, "why": why})
    hidden = evidence.static["hidden_bytes"]
    by = "by its layers" + (" and the probe" if evidence.probe else "")
    by += ", and it has no Python" if evidence.without_python else ""
    extra = f", but {amount(hidden)} of it is hidden in lower layers" if hidden else ""
    return passed(Message.NO_CUDA, by=by, hidden=extra).given({"hidden_bytes": hidden, "why": why})


def cuda_versions(evidence: Evidence) -> list[str]:
    """CUDA versions that the names of runtime libraries and folders prove."""
    found = set()
    for path in evidence.libraries:
        match = re.search(r"/cuda-(\d+\.\d+)/", path) or re.search(r"libcudart[^/]*\.so\.(\d+\.\d+)", path)
        if match:
            found.add(match[1])
    return sorted(found)


def cuda_version(expectation: Expectation, evidence: Evidence) -> Verdict:
    """By torch, else by the names of the runtime's libraries; environment variables prove nothing."""
    torch, wanted = evidence.torch, str(expectation.cuda)
    if evidence.torch_error:
        return failed(Message.TORCH_UNREADABLE, why=evidence.torch_error)
    if torch and torch.get("cuda"):
        shown = {"version": torch["version"], "cuda": torch["cuda"]}
        if _same(str(torch["cuda"]), wanted):
            return passed(Message.CUDA_OF_TORCH, **shown).given({"torch": torch})
        return failed(Message.OTHER_CUDA_OF_TORCH, wanted=wanted, **shown).given({"torch": torch})
    if torch:
        values = {"version": torch["version"], "build": _build(torch), "wanted": wanted}
        return failed(Message.TORCH_WITHOUT_CUDA, **values).given({"torch": torch})
    versions = cuda_versions(evidence)
    if versions:
        listed = ", ".join(versions)
        if any(_same(version, wanted) for version in versions):
            return passed(Message.CUDA_RUNTIME, versions=listed).given({"versions": versions})
        return failed(Message.OTHER_CUDA_RUNTIME, versions=listed, wanted=wanted).given({"versions": versions})
    if evidence.stand_in:
        return unproven(Message.STAND_IN, what="CUDA's runtime")
    if evidence.libraries:
        count = len(evidence.libraries)
        return failed(Message.CUDA_WITHOUT_VERSION, count=count).given({"libraries": evidence.libraries[:20]})
    return failed(Message.CUDA_NOT_PROVEN, wanted=wanted)


def _same(version: str, wanted: str) -> bool:
    """Whether two versions agree as far as both go, at least in major and minor where both are wanted."""
    a, b = version.split("."), wanted.split(".")
    return len(a) >= min(2, len(b)) and all(x == y for x, y in zip(a, b))


def cudnn_versions(evidence: Evidence) -> list[str]:
    """By the libraries themselves and by torch: "8.9.2"; "8" where only the name tells."""
    found = set()
    for one in evidence.loaded:
        name = str(one.get("path", "")).rpartition("/")[2]
        if name.startswith("libcudnn.so") and not one.get("error"):
            by_name = name.removeprefix("libcudnn.so.").partition(".")[0]
            found.add(_cudnn(one["version"]) if one.get("version") else by_name)
    number = evidence.runtime.get("cudnn")
    if isinstance(number, int):
        found.add(_cudnn(number))
    if not found:
        found = {m[1] for path in evidence.libraries if (m := re.search(r"libcudnn[^/]*\.so\.(\d+)", path))}
    return sorted(found - {""})


def _cudnn(number: int) -> str:
    """8902 is 8.9.2, 90100 is 9.1.0."""
    scale = 1000 if number < 10_000 else 10_000
    return f"{number // scale}.{number % scale // 100}.{number % 100}"


def cudnn(expectation: Expectation, evidence: Evidence) -> Verdict:
    """Every cuDNN of the image is of the wanted version."""
    wanted, versions = str(expectation.cudnn), cudnn_versions(evidence)
    if not versions:
        if evidence.stand_in and evidence.torch is None:
            return unproven(Message.STAND_IN, what="cuDNN")
        return failed(Message.NO_CUDNN, wanted=wanted)
    facts = {"versions": versions}
    if all(a == b for version in versions for a, b in zip(version.split("."), wanted.split("."))):
        return passed(Message.CUDNN, versions=", ".join(versions)).given(facts)
    return failed(Message.OTHER_CUDNN, versions=", ".join(versions), wanted=wanted).given(facts)


def gpu_arch(expectation: Expectation, evidence: Evidence) -> Verdict:
    """Every wanted GPU is reached by what torch was compiled for; no device is needed for it."""
    if evidence.torch_error:
        return failed(Message.TORCH_UNREADABLE, why=evidence.torch_error)
    if evidence.torch is None:
        return passed(Message.NO_TORCH)
    flags = evidence.runtime.get("arch_flags")
    listed = listed_archs(flags) if isinstance(flags, str) else ()
    if not listed:
        return unproven(Message.GPU_ARCH_UNKNOWN)
    missing = [wanted for wanted in expectation.gpu_arch if not reaches(listed, wanted)]
    archs = ", ".join(listed)
    if missing:
        return failed(Message.OTHER_GPU_ARCH, archs=archs, missing=", ".join(missing)).given({"archs": listed})
    return passed(Message.GPU_ARCH, archs=archs).given({"archs": listed})


def libraries_load(expectation: Expectation, evidence: Evidence) -> Verdict:
    """As the image's own user; no device is needed for it."""
    if evidence.probe is None:
        return unproven(Message.NO_PYTHON_TO_LOAD)
    for part in ("libraries", "files"):
        answer = evidence.probe.get(part)
        if isinstance(answer, dict) and answer.get("error"):
            return failed(Message.LIBRARIES_NOT_TRIED, why=answer["error"])
    tried = evidence.loaded
    broken = [one for one in tried if one.get("error")]
    if broken:
        shown = "; ".join(f"{one['path']}: {one['error']}" for one in broken[:3])
        return failed(Message.LIBRARIES_BROKEN, broken=shown).given({"broken": broken})
    if tried:
        names = sorted({str(one["path"]).rpartition("/")[2].partition(".so")[0] for one in tried})
        facts = {"libraries": [one["path"] for one in tried]}
        return passed(Message.LIBRARIES_LOAD, count=len(tried), names=", ".join(names[:6])).given(facts)
    if evidence.stand_in and evidence.torch is None:
        return unproven(Message.STAND_IN, what="CUDA's libraries")
    return passed(Message.BASE_WITHOUT_LIBRARIES) if expectation.is_base else failed(Message.NOTHING_TO_LOAD)


def stack(expectation: Expectation, evidence: Evidence) -> Verdict:
    """Whatever computes on an accelerator goes together and finds its libraries: what `wxlint inspect` says too."""
    if evidence.without_python:
        return passed(Message.NO_STACK)
    listed = evidence.installed
    if listed is None:
        return unproven(Message.STACK_UNKNOWN)
    torch = evidence.torch or {}
    named = [(str(one["name"]), str(one["version"])) for one in listed if one.get("name")]
    found = stack_of(named, torch.get("cuda"), torch.get("hip"))
    if not found and evidence.static is not None:  # another Python of the image may compute
        others = [(str(name), str(version)) for name, version, _ in evidence.static.get("installed", ())]
        found = stack_of(others, torch.get("cuda"), torch.get("hip"))
    facts = {"stack": [one._asdict() for one in found]}
    wrong = mismatches(found, evidence.libraries, cuda_versions(evidence))
    if wrong and evidence.stand_in:
        wrong = [text for text in wrong if not text.endswith("the image holds none")]
    if wrong:
        return failed(Message.MISMATCHES, mismatches="; ".join(wrong)).given(facts)
    if not found:
        return passed(Message.NO_STACK)
    shown = ", ".join(f"{one.name} {one.version}" for one in found)
    return passed(Message.STACK, stack=shown).given(facts)


def providers(expectation: Expectation, evidence: Evidence) -> Verdict:
    """The engines beside torch: which cuDNN ctranslate2 needs, and whether onnxruntime offers CUDA."""
    if evidence.probe is None:
        return passed(Message.NO_PROVIDERS)
    facts = {name: evidence.probe.get(name) for name in ("ctranslate2", "onnxruntime")}
    found, wrong = [], []
    for judged in (_ctranslate2(evidence, facts["ctranslate2"]), _onnxruntime(evidence, facts["onnxruntime"])):
        found += judged[0]
        wrong += judged[1]
    if wrong:
        return failed(Message.PROVIDERS_WRONG, wrong="; ".join(wrong)).given(facts)
    return passed(Message.PROVIDERS, engines="; ".join(found)).given(facts) if found else passed(Message.NO_PROVIDERS)


def _ctranslate2(evidence: Evidence, answer: Facts | None) -> tuple[list[str], list[str]]:
    """(what was found, what is wrong)"""
    if not answer:
        return [], []
    if answer.get("error"):
        return [], [f"ctranslate2 cannot be imported: {answer['error']}"]
    version = str(answer["version"])
    built = accelerated_build("ctranslate2", f"=={version.partition('+')[0]}")
    needed = built["cudnn"] if built is not None else ""  # from 4.6.3 on it needs none
    have = sorted({found.partition(".")[0] for found in cudnn_versions(evidence)})
    found = [f"ctranslate2 {version} with cuDNN {', '.join(have) or '(none)'}"]
    if built is not None and built["cuda"] != "11" and needed and needed not in have:
        return found, [f"ctranslate2 {version} needs cuDNN {needed}; the image has {', '.join(have) or 'none'}"]
    return found, []


def _onnxruntime(evidence: Evidence, answer: Facts | None) -> tuple[list[str], list[str]]:
    """(what was found, what is wrong)"""
    if not answer:
        return [], []
    if answer.get("error"):
        return [], [f"onnxruntime cannot be imported: {answer['error']}"]
    found = [f"onnxruntime {answer['version']} with {', '.join(answer['providers'])}"]
    names = {str(one["name"]).lower().replace("_", "-") for one in evidence.distributions or ()}
    if "onnxruntime-gpu" in names and "CUDAExecutionProvider" not in answer["providers"]:
        why = "onnxruntime-gpu is installed but offers no CUDAExecutionProvider: another onnxruntime overwrote it?"
        return found, [why]
    return found, []


def cuda_size(expectation: Expectation, evidence: Evidence) -> Verdict:
    """What is hidden by later layers counts: it is pulled and stored all the same."""
    assert expectation.cuda_bytes is not None and evidence.static is not None
    facts = {name: evidence.static[name] for name in ("bytes", "hidden_bytes", "why")}
    total = facts["bytes"] + facts["hidden_bytes"]
    outcome = Outcome.PASS if total <= expectation.cuda_bytes else Outcome.FAIL
    values = {"size": amount(total), "allowed": amount(expectation.cuda_bytes)}
    return Verdict(outcome, Message.CUDA_SIZE, values, facts)


def device(expectation: Expectation, evidence: Evidence) -> Verdict:
    """A computation on the device, not `is_available()`."""
    if not evidence.gpu:
        return unproven(Message.NO_GPU_USED)
    if evidence.gpu_problem:
        return failed(Message.GPU_REFUSED, refusal=evidence.gpu_problem)
    answer = (evidence.probe or {}).get("device") or {}
    if answer.get("error"):
        return failed(Message.DEVICE_FAILED, why=answer["error"]).given(answer)
    devices = answer.get("devices") or []
    if not devices:
        return failed(Message.NO_DEVICE).given(answer)
    wrong = [one["name"] for one in devices if not one.get("correct")]
    if wrong:
        return failed(Message.WRONG_RESULT, devices=", ".join(wrong)).given(answer)
    shown = ", ".join(f"{one['name']} ({amount(one['memory'])}, {amount(one['memory_used'])} used)" for one in devices)
    return passed(Message.DEVICE_WORKS, devices=shown, by=answer["by"]).given(answer)
