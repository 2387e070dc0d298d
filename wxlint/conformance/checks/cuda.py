"""What is asserted about torch and CUDA. Three levels, reported apart: built with CUDA, libraries load, device usable."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from wxlint.conformance.checks.evidence import Evidence, Facts
from wxlint.conformance.checks.verdict import FAIL, PASS, SKIP, UNPROVEN, Verdict
from wxlint.core.units import amount
from wxlint.facts.channels import cuda_of_channel

if TYPE_CHECKING:
    from wxlint.policy.model import Expectation

_STAND_IN = "its upstream only stands in for the real one (label wxlint.stand-in), which has"


def _build(torch: Facts) -> str:
    return f"CUDA {torch['cuda']}" if torch.get("cuda") else f"ROCm {torch['hip']}" if torch.get("hip") else "the CPU"


def torch_presence(expectation: Expectation, seen: Evidence) -> Verdict:
    torch = seen.torch
    if torch is None and seen.probe is None and seen.static is None:
        return Verdict(FAIL, f"cannot be seen: {seen.probe_problem or seen.static_problem}")
    if expectation.needs_torch == "required":
        return (
            Verdict(PASS, f"torch {torch['version']}", torch)
            if torch
            else Verdict(FAIL, "no torch in the image; the policy requires it")
        )
    return (
        Verdict(FAIL, f"torch {torch['version']} at {torch.get('path')}; the policy forbids it", torch)
        if torch
        else Verdict(PASS, "no torch")
    )


def torch_channel(expectation: Expectation, seen: Evidence) -> Verdict:
    """Read from torch/version.py; the version of the distribution proves nothing, and importing torch may fail for other reasons."""
    torch, channel = seen.torch, str(expectation.torch)
    if torch is None:
        if seen.probe is None and seen.static is None:
            return Verdict(FAIL, f"cannot be seen: {seen.probe_problem or seen.static_problem}")
        return Verdict(PASS, "no torch") if channel == "cpu" else Verdict(SKIP, "no torch in the image")
    told: dict[str, Any] = {"torch": torch}
    shown = f"torch {torch['version']} is built for {_build(torch)}"
    runtime = (seen.probe or {}).get("torch_runtime")
    if isinstance(runtime, dict):
        told["runtime"] = runtime
        if runtime.get("error"):
            return Verdict(FAIL, f"{shown}, but cannot be imported: {runtime['error']}", told)
        if runtime.get("compiled") is False and torch.get("cuda"):
            return Verdict(FAIL, f"{shown} by its version, but was compiled without it", told)
    wanted = cuda_of_channel(channel)
    if channel == "cpu":
        right = not torch.get("cuda") and not torch.get("hip")
    elif wanted is not None:
        right = torch.get("cuda") == wanted
    elif channel.startswith("rocm"):
        right = bool(torch.get("hip")) and str(torch["hip"]).startswith(channel.removeprefix("rocm"))
    else:
        return Verdict(SKIP, f"nothing in torch tells a build of channel {channel}; {shown}", told)
    return Verdict(PASS, shown, told) if right else Verdict(FAIL, f"{shown}, not from channel {channel}", told)


def no_cuda(expectation: Expectation, seen: Evidence) -> Verdict:
    """Neither a library nor a build of torch nor a distribution: by the layers and by the probe."""
    found, torch = [], seen.torch
    if torch and (torch.get("cuda") or torch.get("hip")):
        found.append(f"torch {torch['version']} is built for {_build(torch)}")
    libraries = seen.libraries
    if libraries:
        found.append(f"{len(libraries)} CUDA librar{'y' if len(libraries) == 1 else 'ies'}, {libraries[0]} for one")
    found += [f"{one} is of use only with CUDA" for one in seen.cuda_distributions]
    providers = ((seen.probe or {}).get("onnxruntime") or {}).get("providers") or ()
    found += [f"onnxruntime offers {name}" for name in providers if re.match("CUDA|Tensorrt|ROCM|MIGraphX", str(name))]
    why = list((seen.static or {}).get("why") or ())
    if found:
        return Verdict(
            FAIL,
            "; ".join(found[:4]) + (f" and {len(found) - 4} more" if len(found) > 4 else ""),
            {"found": found, "why": why},
        )
    if seen.static is None:
        return Verdict(FAIL, f"the layers cannot be looked at: {seen.static_problem}")
    hidden = seen.static["hidden_bytes"]
    extra = f", but {amount(hidden)} of it is hidden in lower layers" if hidden else ""
    by = "by its layers and the probe" if seen.probe else f"by its layers ({seen.probe_problem})"
    return Verdict(PASS, f"no CUDA {by}{extra}", {"hidden_bytes": hidden, "why": why})


def cuda_versions(seen: Evidence) -> list[str]:
    """CUDA versions that the names of runtime libraries and folders prove."""
    found = set()
    for path in seen.libraries:
        match = re.search(r"/cuda-(\d+\.\d+)/", path) or re.search(r"libcudart[^/]*\.so\.(\d+\.\d+)", path)
        if match:
            found.add(match[1])
    return sorted(found)


def cuda_version(expectation: Expectation, seen: Evidence) -> Verdict:
    torch, wanted = seen.torch, str(expectation.cuda)
    if torch and torch.get("cuda"):
        right = _same(str(torch["cuda"]), wanted)
        shown = f"torch {torch['version']} is built with CUDA {torch['cuda']}"
        return Verdict(PASS if right else FAIL, shown + ("" if right else f", not {wanted}"), {"torch": torch})
    if torch:
        return Verdict(
            FAIL, f"torch {torch['version']} is built for {_build(torch)}, not CUDA {wanted}", {"torch": torch}
        )
    versions = cuda_versions(seen)
    if versions:
        right = any(_same(version, wanted) for version in versions)
        return Verdict(
            PASS if right else FAIL,
            f"the CUDA runtime is {', '.join(versions)}" + ("" if right else f", not {wanted}"),
            {"versions": versions},
        )
    if seen.stand_in:
        return Verdict(UNPROVEN, f"{_STAND_IN} CUDA's runtime")
    if seen.libraries:
        return Verdict(
            FAIL,
            f"{len(seen.libraries)} CUDA libraries, but none that tells its version",
            {"libraries": seen.libraries[:20]},
        )
    return Verdict(
        FAIL, f"nothing in the image proves CUDA {wanted}; {seen.probe_problem or 'environment variables are no proof'}"
    )


def _same(version: str, wanted: str) -> bool:
    """As far as both go, but at least major and minor where that is asked."""
    a, b = version.split("."), wanted.split(".")
    return len(a) >= min(2, len(b)) and all(x == y for x, y in zip(a, b))


def cudnn_versions(seen: Evidence) -> list[str]:
    """From the libraries themselves and from torch: "8.9.2"; "8" where only the name tells."""
    found = set()
    for one in _loaded(seen):
        name = str(one.get("path", "")).rpartition("/")[2]
        if name.startswith("libcudnn.so") and not one.get("error"):
            found.add(
                _cudnn(one["version"]) if one.get("version") else name.removeprefix("libcudnn.so.").partition(".")[0]
            )
    told = ((seen.probe or {}).get("torch_runtime") or {}).get("cudnn")
    if isinstance(told, int):
        found.add(_cudnn(told))
    if not found:
        found = {m[1] for path in seen.libraries if (m := re.search(r"libcudnn[^/]*\.so\.(\d+)", path))}
    return sorted(found - {""})


def _cudnn(number: int) -> str:
    """8902 is 8.9.2, 90100 is 9.1.0."""
    scale = 1000 if number < 10_000 else 10_000
    return f"{number // scale}.{number % scale // 100}.{number % 100}"


def _loaded(seen: Evidence) -> list[Facts]:
    told = (seen.probe or {}).get("libraries")
    return told if isinstance(told, list) else []


def cudnn(expectation: Expectation, seen: Evidence) -> Verdict:
    wanted, versions = str(expectation.cudnn), cudnn_versions(seen)
    if not versions:
        if seen.stand_in and seen.torch is None:
            return Verdict(UNPROVEN, f"{_STAND_IN} cuDNN")
        return Verdict(FAIL, f"no cuDNN in the image; the policy says {wanted}")
    wrong = [version for version in versions if not all(a == b for a, b in zip(version.split("."), wanted.split(".")))]
    return Verdict(
        FAIL if wrong else PASS,
        f"cuDNN {', '.join(versions)}" + (f"; the policy says {wanted}" if wrong else ""),
        {"versions": versions},
    )


def libraries_load(expectation: Expectation, seen: Evidence) -> Verdict:
    """As the image's own user; no device is needed for it."""
    if seen.probe is None:
        return Verdict(SKIP, f"cannot be tried: {seen.probe_problem}")
    told = seen.probe.get("libraries")
    if isinstance(told, dict) and told.get("error"):
        return Verdict(FAIL, f"loading CUDA's libraries: {told['error']}")
    tried = _loaded(seen)
    broken = [one for one in tried if one.get("error")]
    if broken:
        return Verdict(FAIL, "; ".join(f"{one['path']}: {one['error']}" for one in broken[:3]), {"broken": broken})
    if tried:
        names = sorted({str(one["path"]).rpartition("/")[2].partition(".so")[0] for one in tried})
        return Verdict(
            PASS, f"{len(tried)} libraries load: {', '.join(names[:6])}", {"libraries": [one["path"] for one in tried]}
        )
    if seen.stand_in and seen.torch is None:
        return Verdict(UNPROVEN, f"{_STAND_IN} CUDA's libraries")
    if expectation.is_base:
        return Verdict(SKIP, "there is no cuBLAS or cuDNN in the base")
    return Verdict(FAIL, "there is no CUDA runtime, cuBLAS or cuDNN to load")


def providers(expectation: Expectation, seen: Evidence) -> Verdict:
    """The engines beside torch: which cuDNN ctranslate2 needs, and whether onnxruntime offers CUDA."""
    if seen.probe is None:
        return Verdict(SKIP, f"cannot be tried: {seen.probe_problem}")
    ctranslate2, onnxruntime = seen.probe.get("ctranslate2"), seen.probe.get("onnxruntime")
    said, wrong = [], []
    if ctranslate2:
        if ctranslate2.get("error"):
            wrong.append(f"ctranslate2 cannot be imported: {ctranslate2['error']}")
        else:
            version = str(ctranslate2["version"])
            numbers = [int(part) for part in re.findall(r"\d+", version)[:2]]
            needed = "9" if numbers >= [4, 5] else "8"
            have = {found.partition(".")[0] for found in cudnn_versions(seen)}
            said.append(f"ctranslate2 {version} with cuDNN {', '.join(sorted(have)) or '(none)'}")
            if numbers >= [4] and needed not in have:  # before 4.0 it was built for CUDA 11
                wrong.append(
                    f"ctranslate2 {version} needs cuDNN {needed}; the image has {', '.join(sorted(have)) or 'none'}"
                )
    if onnxruntime:
        if onnxruntime.get("error"):
            wrong.append(f"onnxruntime cannot be imported: {onnxruntime['error']}")
        else:
            said.append(f"onnxruntime {onnxruntime['version']} with {', '.join(onnxruntime['providers'])}")
            gpu = any(
                str(one["name"]).lower().replace("_", "-") == "onnxruntime-gpu" for one in seen.distributions or ()
            )
            if gpu and "CUDAExecutionProvider" not in onnxruntime["providers"]:
                wrong.append(
                    "onnxruntime-gpu is installed but offers no CUDAExecutionProvider: another onnxruntime overwrote it?"
                )
    if wrong:
        return Verdict(FAIL, "; ".join(wrong), {"ctranslate2": ctranslate2, "onnxruntime": onnxruntime})
    if not said:
        return Verdict(SKIP, "neither ctranslate2 nor onnxruntime is installed")
    return Verdict(PASS, "; ".join(said), {"ctranslate2": ctranslate2, "onnxruntime": onnxruntime})


def cuda_size(expectation: Expectation, seen: Evidence) -> Verdict:
    """What is hidden by later layers counts: it is pulled and stored all the same."""
    assert expectation.cuda_bytes is not None
    if seen.static is None:
        return Verdict(FAIL, f"the layers cannot be looked at: {seen.static_problem}")
    total = seen.static["bytes"] + seen.static["hidden_bytes"]
    told = {"bytes": seen.static["bytes"], "hidden_bytes": seen.static["hidden_bytes"], "why": seen.static["why"]}
    shown = f"{amount(total)} of CUDA, {amount(expectation.cuda_bytes)} allowed"
    return Verdict(PASS if total <= expectation.cuda_bytes else FAIL, shown, told)


def device(expectation: Expectation, seen: Evidence) -> Verdict:
    """A computation on the device, not `is_available()`."""
    if not seen.gpu:
        return Verdict(UNPROVEN, "no GPU was used; --gpu runs it")
    if seen.gpu_problem:
        return Verdict(FAIL, seen.gpu_problem)
    if seen.probe is None:
        return Verdict(SKIP, f"cannot be tried: {seen.probe_problem}")
    told = seen.probe.get("device") or {}
    if told.get("error"):
        return Verdict(FAIL, f"the device cannot be used: {told['error']}", told)
    devices = told.get("devices") or []
    if not devices:
        return Verdict(FAIL, "the container has no device", told)
    wrong = [one["name"] for one in devices if not one.get("correct")]
    if wrong:
        return Verdict(FAIL, f"{', '.join(wrong)} computed a wrong result", told)
    shown = ", ".join(f"{one['name']} ({amount(one['memory'])}, {amount(one['memory_used'])} used)" for one in devices)
    return Verdict(PASS, f"{shown} by {told['by']}", told)
