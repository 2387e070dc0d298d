"""How long `wxlint inspect` takes on a large saved image, against a bare pass over the same headers.

    python bench/inspect_bench.py [--members 31000] [--gigabytes 5] [--layers 8] [--rounds 5]

The image is an older `docker save`: layers as plain tars in a tar. File contents are holes, so it costs no disk. The
bare pass is Python's `tarfile` over the outer tar and, in place, over every layer: `for member in archive: pass`.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import tarfile
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from wxlint.inspection.inspector import run_inspect

SITE = "usr/lib/python3.11/site-packages"


def write_image(path: Path, members: int, size: int, layers: int) -> None:
    """A saved image with `members` files of `size` bytes in all, most of it in a few CUDA libraries."""
    with path.open("wb") as file:
        each = members // layers
        names = []
        for layer in range(layers):
            names.append(f"{layer}/layer.tar")
            start = file.tell()
            file.seek(512, io.SEEK_CUR)
            for number in range(each):
                if number < 20:
                    name, length = f"{SITE}/nvidia/cublas{layer}/lib/libcublas{number}.so.12", size // layers // 20
                    name = name.replace(f"libcublas{number}", "libcublas" if number == 0 else f"libother{number}")
                elif number == 20:
                    name, length = f"{SITE}/pkg{layer}-1.dist-info/METADATA", 0
                else:
                    name, length = f"{SITE}/package{number % 300}/module_{layer}_{number}.py", 3000 + number % 9000
                put(file, name, length)
            file.write(b"\0" * 1024)
            end = file.tell()
            file.seek(start)
            file.write(header(names[-1], end - start - 512))
            file.seek(end)
        config = json.dumps({"rootfs": {"diff_ids": ["sha256:0"] * layers}, "config": {}}).encode()
        name = f"{hashlib.sha256(config).hexdigest()}.json"
        manifest = json.dumps([{"Config": name, "RepoTags": ["bench:cuda"], "Layers": names}]).encode()
        for json_name, data in ((name, config), ("manifest.json", manifest)):
            file.write(header(json_name, len(data)) + data + b"\0" * (-len(data) % 512))
        file.write(b"\0" * 1024)


def header(name: str, size: int) -> bytes:
    info = tarfile.TarInfo(name)
    info.size = size
    return info.tobuf(tarfile.GNU_FORMAT)


def put(file: BinaryIO, name: str, size: int) -> None:
    file.write(header(name, size))
    file.seek(size + -size % 512, io.SEEK_CUR)


class Part(io.RawIOBase):
    """A stretch of a file, for tarfile."""

    def __init__(self, file: BinaryIO, start: int, size: int) -> None:
        self.file, self.start, self.size, self.at = file, start, size, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self.at

    def seek(self, at: int, whence: int = 0) -> int:
        self.at = at if whence == 0 else self.at + at if whence == 1 else self.size + at
        return self.at

    def read(self, size: int = -1) -> bytes:
        left = max(self.size - self.at, 0)
        self.file.seek(self.start + self.at)
        data = self.file.read(left if size < 0 else min(size, left))
        self.at += len(data)
        return data


def bare_pass(path: Path) -> int:
    count = 0
    with tarfile.open(path) as outer, path.open("rb", buffering=0) as file:
        for member in outer:
            count += 1
            if member.name.endswith("layer.tar"):
                with tarfile.open(fileobj=Part(file, member.offset_data, member.size), mode="r:") as inner:  # type: ignore[arg-type]
                    for _ in inner:
                        count += 1
    return count


def best(rounds: int, call: Callable[[], object]) -> float:
    found = []
    for _ in range(rounds):
        start = time.perf_counter()
        call()
        found.append(time.perf_counter() - start)
    return min(found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--members", type=int, default=31_000)
    parser.add_argument("--gigabytes", type=float, default=5)
    parser.add_argument("--layers", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "image.tar"
        write_image(path, options.members, int(options.gigabytes * 1e9), options.layers)
        found = path.stat()
        print(f"{found.st_size / 1e9:.2f} GB, {found.st_blocks * 512 / 1e6:.0f} MB on disk, {bare_pass(path)} members")
        bare = best(options.rounds, lambda: bare_pass(path))
        ours = best(options.rounds, lambda: run_inspect(str(path)))
        print(f"bare pass {bare:.3f} s, inspect {ours:.3f} s, ratio {ours / bare:.2f}")


if __name__ == "__main__":
    main()
