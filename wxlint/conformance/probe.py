"""What an image (or this host) can do, as JSON: one file, standard library only, Python 3.8 or newer.

It is piped into a container (`docker run -i --entrypoint python IMAGE -I - < probe.py`) and runs by itself on a host:
`python -m wxlint.conformance.probe [--gpu] [--timeout SECONDS] [--files FOLDER]`. It states facts and judges nothing.
What may crash or hang (importing torch, loading libraries, using the device) runs in a child process, so that one crash
costs one answer. All of the standard library that it needs is imported before the image's own folders are looked at.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import json
import os
import platform
import re
import select
import signal
import site
import sys
import time
from importlib import metadata
from typing import TYPE_CHECKING, Any, Dict  # noqa: UP035 - Python 3.8 in old images

try:
    import ctypes
except ImportError:  # a Python that was built without it
    ctypes = None  # type: ignore[assignment]
try:
    import pwd
except ImportError:
    pwd = None  # type: ignore[assignment]

if TYPE_CHECKING:
    from collections.abc import Callable

SCHEMA = "wxlint-probe/1"
MARK = "WXLINT-PROBE "
"""Starts the line with the answer, before the word of `--nonce`: an image may print a banner before it."""
PARTS = frozenset(
    (
        "schema",
        "python",
        "user",
        "markers",
        "torch",
        "files",
        "libraries",
        "distributions",
        "torch_runtime",
        "ctranslate2",
        "onnxruntime",
        "device",
        "seconds",
    )
)
"""What a whole answer has."""

CANDIDATE = re.compile(
    r"lib(?:cu|c10_cuda|torch_cuda|nv|npp|nccl|onnxruntime_providers|onnxruntime_gpu|ggml-cuda)"
    r".*\.(?:so(?:\.[\d.]*)?|a)$|nvcc$"
)
"""Names worth reporting; a wide net, since what proves CUDA is decided elsewhere."""
_LOADED = ("libcudart", "libcublasLt", "libcublas", "libcudnn")
_NOT_LOADED = re.compile(r"/(?:stubs|compat|triton|ctranslate2\.libs)/|_static|\.alt\.")
MAX_ENTRIES = 3_000_000
MAX_CANDIDATES = 5_000
Facts = Dict[str, Any]  # noqa: UP006


def in_child(work: Callable[[], Any], seconds: float) -> Any:
    """What `work` returns (JSON only), or {"error": ...} when it raises, crashes or takes longer than `seconds`."""
    return in_children({"": work}, seconds)[""]


def in_children(works: dict[str, Callable[[], Any]], seconds: float) -> dict[str, Any]:
    """The same for several at the same time: importing torch alone takes as long as all the rest."""
    if not hasattr(os, "fork"):
        return {name: _guarded(work) for name, work in works.items()}
    names: dict[int, str] = {}
    children: dict[str, int] = {}
    for name, work in works.items():
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                data = json.dumps(_guarded(work)).encode()
                while data:
                    data = data[os.write(writer, data) :]
            finally:
                os._exit(0)
        os.close(writer)
        names[reader], children[name] = name, child
    received = dict.fromkeys(works, b"")
    late, deadline = dict(names), time.monotonic() + seconds
    while late:
        ready, _, _ = select.select(list(late), [], [], max(deadline - time.monotonic(), 0))
        if not ready:
            break
        for reader in ready:
            chunk = os.read(reader, 1 << 16)
            received[names[reader]] += chunk
            if not chunk:
                del late[reader]
    found: dict[str, Any] = {}
    for reader, name in names.items():
        if reader in late:
            os.kill(children[name], signal.SIGKILL)
        os.close(reader)
        status = os.waitpid(children[name], 0)[1]
        if reader in late:
            found[name] = {"error": f"no answer within {seconds:.0f} seconds"}
            continue
        try:
            found[name] = json.loads(received[name])
        except ValueError:
            found[name] = {
                "error": f"crashed with signal {status & 127}" if status & 127 else "ended without an answer"
            }
    return found


def _guarded(work: Callable[[], Any]) -> Any:
    try:
        return work()
    except BaseException as error:  # a broken installation may raise anything, SystemExit too
        return {"error": f"{type(error).__name__}: {str(error)[:2000]}"}


def interpreter() -> Facts:
    """The Python that runs this."""
    return {
        "version": platform.python_version(),
        "implementation": sys.implementation.name,
        "executable": sys.executable,
        "prefix": sys.prefix,
    }


def user() -> Facts:
    """Who this runs as. uid: None where there is no such thing."""
    uid, name = getattr(os, "getuid", lambda: None)(), ""
    with contextlib.suppress(KeyError):  # a number without a name
        name = pwd.getpwuid(uid).pw_name if uid is not None and pwd is not None else ""
    return {"uid": uid, "gid": getattr(os, "getgid", lambda: None)(), "name": name}


def markers() -> dict[str, str]:
    """The environment that a requirement's marker asks about (PEP 508)."""
    version = sys.implementation.version
    level = "" if version.releaselevel == "final" else version.releaselevel[0] + str(version.serial)
    return {
        "implementation_name": sys.implementation.name,
        "implementation_version": f"{version.major}.{version.minor}.{version.micro}{level}",
        "os_name": os.name,
        "platform_machine": platform.machine(),
        "platform_python_implementation": platform.python_implementation(),
        "platform_release": platform.release(),
        "platform_system": platform.system(),
        "platform_version": platform.version(),
        "python_full_version": platform.python_version(),
        "python_version": f"{version.major}.{version.minor}",
        "sys_platform": sys.platform,
    }


def torch_text(folder: str = "") -> Facts | None:
    """The build of the torch that would be imported, from the text of torch/version.py; None without torch.

    folder: where the image's programs run; {"error": ...} for another torch in it, which `python -m` imports there.
    """
    found = importlib.util.find_spec("torch")  # does not import it
    if found is None or found.origin is None:
        return None
    for name in ("torch.py", "torch/__init__.py") if folder else ():
        path = os.path.join(folder, name)
        if os.path.exists(path) and not os.path.samefile(path, found.origin):
            return {"error": f"{path} in the working folder stands before {found.origin}"}
    path = os.path.join(os.path.dirname(found.origin), "version.py")
    with open(path, encoding="utf-8", errors="replace") as file:
        text = file.read(1 << 16)
    values = {}
    for name in ("__version__", "cuda", "hip"):
        match = re.search(rf"(?m)^{name}\s*(?::[^=\n]*)?=\s*(?:'([^'\n]*)'|\"([^\"\n]*)\"|None)", text)
        values[name] = (match[1] or match[2]) if match else None
    return {"version": values["__version__"], "cuda": values["cuda"], "hip": values["hip"], "path": path}


def torch_runtime() -> Facts:
    """What torch says of itself once imported."""
    if "torch" in sys.modules and "torch._C" not in sys.modules:
        raise ImportError("what runs when Python starts (sitecustomize, a .pth file) puts a torch in its place")
    torch = importlib.import_module("torch")
    compiled = getattr(torch.cuda, "_is_compiled", None)
    return {
        "version": str(torch.__version__),
        "cuda": torch.version.cuda,
        "hip": getattr(torch.version, "hip", None),
        "compiled": bool(compiled()) if compiled else None,
        "available": torch.cuda.is_available(),
        "cudnn": torch.backends.cudnn.version(),
        "arch_list": list(torch.cuda.get_arch_list()),
        "arch_flags": _arch_flags(torch),
    }


def _arch_flags(torch: Any) -> str | None:
    """What torch was compiled for ("sm_80 sm_90 compute_90"); unlike its arch_list it needs no device."""
    ask = getattr(getattr(torch, "_C", None), "_cuda_getArchFlags", None)
    return ask() if ask is not None else None


def host_roots() -> list[str]:
    """Where CUDA lies on a host; all of `/` would take minutes there."""
    places = [sys.prefix, sys.base_prefix, "/usr/local", "/usr/lib", "/opt"]
    real = sorted({os.path.realpath(place) for place in places if os.path.isdir(place)})
    return [place for place in real if not any(place.startswith(above + "/") for above in real)]


def files(roots: list[str], seconds: float) -> Facts:
    """Files that are named like CUDA's: [path, bytes, is a link]; complete: all was seen but mounted file systems."""
    found: list[tuple[str, int, bool]] = []
    seen = denied = 0
    device = os.lstat(roots[0]).st_dev
    waiting, deadline = list(roots), time.monotonic() + seconds
    while waiting and seen < MAX_ENTRIES and len(found) < MAX_CANDIDATES and time.monotonic() < deadline:
        folder = waiting.pop()
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    seen += 1
                    if entry.is_dir(follow_symlinks=False):
                        if entry.stat(follow_symlinks=False).st_dev == device:
                            waiting.append(entry.path)
                    elif CANDIDATE.match(entry.name):
                        found.append((entry.path, entry.stat(follow_symlinks=False).st_size, entry.is_symlink()))
        except OSError:
            denied += 1
    return {
        "seen": seen,
        "denied": denied,
        "complete": not waiting and not denied,
        "unread": len(waiting),
        "candidates": sorted(found),
    }


def libraries(paths: list[str]) -> list[Facts]:
    """Load CUDA's runtime, cuBLAS and cuDNN from where they lie; by_name: the loader finds them unaided."""
    real: dict[str, str] = {}
    for path in paths:
        if os.path.basename(path).startswith(_LOADED) and ".so" in path and not _NOT_LOADED.search(path):
            real.setdefault(os.path.realpath(path), path)

    def order(path: str) -> tuple[int, bool, str]:
        base = os.path.basename(path)
        return (
            next(i for i, name in enumerate(_LOADED) if base.startswith(name)),
            not base.startswith("libcudnn.so"),
            path,
        )

    found = []
    for path in sorted(real, key=order):
        answer: Facts = {"path": path, "error": None}
        name = re.sub(r"(\.so\.\d+).*", r"\1", os.path.basename(path))
        answer["by_name"] = in_child(lambda name=name: bool(ctypes.CDLL(name)), 20) is True  # type: ignore[misc]
        try:
            ctypes.CDLL(path, mode=ctypes.RTLD_GLOBAL)
        except OSError as error:
            answer["error"] = str(error)[:500]
        if os.path.basename(path).startswith("libcudnn.so") and answer["error"] is None:
            try:
                version = ctypes.CDLL(path).cudnnGetVersion
                version.restype = ctypes.c_size_t
                answer["version"] = version()
            except (OSError, AttributeError):
                pass
        found.append(answer)
    return found


def distributions() -> list[Facts]:
    """Installed distributions in the order of sys.path, the first of a name only."""
    found: dict[str, Facts] = {}
    for one in metadata.distributions():
        try:
            name = one.metadata["Name"]
            key = re.sub(r"[-_.]+", "-", name or "").lower()
            if name and key not in found:
                found[key] = {"name": name, "version": one.version, "requires": list(one.requires or [])}
        except Exception as error:  # a damaged dist-info folder
            found[f"?{len(found)}"] = {"name": "", "version": "", "requires": [], "error": str(error)[:300]}
    return list(found.values())


def ctranslate2() -> Facts:
    """What this ctranslate2 can compute with."""
    library = importlib.import_module("ctranslate2")
    return {
        "version": library.__version__,
        "devices": library.get_cuda_device_count(),
        "cpu": sorted(library.get_supported_compute_types("cpu")),
    }


def onnxruntime() -> Facts:
    """The providers that this onnxruntime was built with."""
    library = importlib.import_module("onnxruntime")
    return {"version": library.__version__, "providers": list(library.get_available_providers())}


def device() -> Facts:
    """Use every device: a product of matrices compared with the CPU's, and a synchronize."""
    torch = importlib.import_module("torch")
    torch.cuda.init()  # raises with the reason, where is_available() only says no
    found = []
    for index in range(torch.cuda.device_count()):
        left, right = torch.arange(256.0 * 256).reshape(256, 256) % 7, torch.arange(256.0 * 256).reshape(256, 256) % 5
        with torch.cuda.device(index):
            start = time.monotonic()
            product = left.cuda(index) @ right.cuda(index)
            torch.cuda.synchronize(index)
            seconds = time.monotonic() - start
            properties = torch.cuda.get_device_properties(index)
            found.append(
                {
                    "name": properties.name,
                    "capability": f"{properties.major}.{properties.minor}",
                    "memory": properties.total_memory,
                    "memory_used": torch.cuda.max_memory_allocated(index),
                    "correct": bool(torch.equal(product.cpu(), left @ right)),
                    "seconds": round(seconds, 4),
                }
            )
    return {"by": f"torch {torch.__version__}", "devices": found}


def driver() -> Facts:
    """The same without torch: the driver's own library, which copies memory to each device and back."""
    cuda = ctypes.CDLL("libcuda.so.1")

    def call(name: str, *arguments: Any) -> None:
        code = getattr(cuda, name)(*arguments)
        if code:
            raise RuntimeError(f"{name}: CUDA error {code}")

    call("cuInit", 0)
    count, version = ctypes.c_int(), ctypes.c_int()
    call("cuDeviceGetCount", ctypes.byref(count))
    call("cuDriverGetVersion", ctypes.byref(version))
    found = []
    for index in range(count.value):
        name, total, context, memory = (
            ctypes.create_string_buffer(200),
            ctypes.c_size_t(),
            ctypes.c_void_p(),
            ctypes.c_uint64(),
        )
        sent, back = os.urandom(4096), ctypes.create_string_buffer(4096)
        call("cuDeviceGetName", name, 200, index)
        call("cuDeviceTotalMem_v2", ctypes.byref(total), index)
        call("cuCtxCreate_v2", ctypes.byref(context), 0, index)
        call("cuMemAlloc_v2", ctypes.byref(memory), ctypes.c_size_t(4096))
        call("cuMemcpyHtoD_v2", memory, sent, ctypes.c_size_t(4096))
        call("cuCtxSynchronize")
        call("cuMemcpyDtoH_v2", back, memory, ctypes.c_size_t(4096))
        call("cuMemFree_v2", memory)
        call("cuCtxDestroy_v2", context)
        found.append(
            {
                "name": name.value.decode("utf-8", "replace"),
                "memory": total.value,
                "memory_used": 4096,
                "correct": back.raw == sent,
            }
        )
    return {"by": f"the driver, CUDA {version.value // 1000}.{version.value % 1000 // 10}", "devices": found}


def probe(gpu: bool, timeout: float, roots: list[str], folder: str = "") -> Facts:
    """Everything. `timeout`: seconds for all of it; what is late is an error of its own part only.

    folder: the image's working folder.
    """
    start = time.monotonic()
    answer: Facts = {
        "schema": SCHEMA,
        "python": interpreter(),
        "user": user(),
        "markers": markers(),
        "torch": _guarded(lambda: torch_text(folder)),
    }

    def on_disk() -> Any:
        listed = files(roots, max(timeout / 4, 5))
        paths = [path for path, _, _ in listed["candidates"]]
        return [listed, in_child(lambda: libraries(paths), max(timeout / 2, 5)) if paths else []]

    works: dict[str, Callable[[], Any]] = {"on_disk": on_disk, "distributions": distributions}
    if answer["torch"]:
        works["torch_runtime"] = torch_runtime
    for name, work in (("ctranslate2", ctranslate2), ("onnxruntime", onnxruntime)):
        if importlib.util.find_spec(name) is not None:
            works[name] = work
    if gpu:
        works["device"] = device if answer["torch"] else driver
    answers = in_children(works, max(timeout - 5, 5))
    disk = answers.pop("on_disk")
    answer["files"], answer["libraries"] = disk if isinstance(disk, list) else (disk, disk)
    for name in ("distributions", "torch_runtime", "ctranslate2", "onnxruntime", "device"):
        answer[name] = answers.get(name)
    answer["seconds"] = round(time.monotonic() - start, 3)
    return answer


def add_image_folders() -> None:
    """Make importable what the image's own programs import, where Python runs isolated: PYTHONPATH, the user's site.

    Behind the standard library, so that no file in them can stand in its place.
    """
    if not sys.flags.isolated:
        return
    folders = [folder for folder in os.environ.get("PYTHONPATH", "").split(os.pathsep) if os.path.isabs(folder)]
    before = list(sys.path)
    if not os.environ.get("PYTHONNOUSERSITE"):
        with contextlib.suppress(Exception):  # no home folder, or a .pth file in it that fails
            site.addsitedir(site.getusersitepackages())
    folders += [path for path in sys.path if path not in before]
    installed = [i for i, path in enumerate(before) if path.endswith(("site-packages", "dist-packages"))]
    at = installed[0] if installed else len(before)
    sys.path[:] = [*before[:at], *folders, *before[at:]]


def main(arguments: list[str]) -> int:
    """Print the answer; what libraries print meanwhile goes to standard error."""

    def value(option: str, default: str) -> str:
        return arguments[arguments.index(option) + 1] if option in arguments else default

    gpu = "--gpu" in arguments
    timeout = float(value("--timeout", "240"))
    out = os.dup(1)
    os.dup2(2, 1)
    if hasattr(signal, "alarm"):  # a container must end even when nobody is left to end it
        signal.alarm(int(timeout) + 15)
    inside = "--container" in arguments
    roots = [value("--files", "")] if "--files" in arguments else ["/"] if inside else host_roots()
    folder = ""
    if inside:
        with contextlib.suppress(OSError):  # it was removed
            folder = os.getcwd()
        os.chdir("/")
        add_image_folders()
    answer = probe(gpu, timeout, roots, folder)
    line = f"\n{MARK}{value('--nonce', '')} {json.dumps(answer)}\n"
    data = (line if inside else json.dumps(answer, indent=2) + "\n").encode()
    while data:
        data = data[os.write(out, data) :]
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
