"""What an image promises about torch and CUDA, checked as its build's last step.

python -m stagekit.promise cpu            no torch at all, or a CPU build of it
python -m stagekit.promise cpu torch      a CPU build of torch is there
python -m stagekit.promise cuda torch     torch for CUDA 12.1
"""

from __future__ import annotations

import importlib.util
import os
import runpy
import sys
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path

CUDA = "12.1"


def torch_cuda() -> str | None:
    """The CUDA release that torch was built for, "" for a CPU build, None without torch.

    Read from torch/version.py, which says it of every build: the version alone does not, and importing
    torch takes seconds.
    """
    found = importlib.util.find_spec("torch")
    if found is None or found.origin is None:
        return None
    return str(runpy.run_path(str(Path(found.origin).parent / "version.py"))["cuda"] or "")


def broken(promise: Sequence[str]) -> str:
    """Why the promise does not hold here; "" when it does."""
    variant, needs_torch = promise[0], "torch" in promise[1:]
    if variant != os.environ.get("STAGE_VARIANT"):
        return f"a {variant} image on a {os.environ.get('STAGE_VARIANT')} base"
    cuda = torch_cuda()
    if cuda is None:
        return "torch is not installed" if needs_torch else ""
    if variant == "cuda":
        return "" if cuda == CUDA else f"torch is built for {'CUDA ' + cuda if cuda else 'the CPU'}, not CUDA {CUDA}"
    if cuda:
        return f"torch is built for CUDA {cuda}, not the CPU"
    # By name: nvidia-* and nvidia_*_cu12 are the libraries that a CUDA build of anything brings.
    brought = sorted({str(dist.name) for dist in metadata.distributions() if dist.name.startswith("nvidia-")})
    return f"CUDA libraries in a CPU image: {', '.join(brought)}" if brought else ""


def main(argv: Sequence[str]) -> int:
    """0 when the promise holds, else 1 and the reason."""
    if not argv or argv[0] not in ("cpu", "cuda"):
        print(__doc__, file=sys.stderr)
        return 2
    why = broken(argv)
    print(f"promise {' '.join(argv)}: {why or 'kept'}", file=sys.stderr if why else sys.stdout)
    return 1 if why else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
