"""Build the wheel and the source distribution of a commit, byte for byte the same wherever and whenever that is done.

    python scripts/build_release.py [--commit HEAD] [--output dist]

What is not committed is not in them. Times are the commit's; owners, modes and the order of members are fixed. Needs
git, uv and what `[build-system]` names.
"""

from __future__ import annotations

import argparse
import gzip
import io
import os
import subprocess
import sys
import tarfile
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parents[1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--commit", default="HEAD")
    parser.add_argument("--output", type=Path, default=Path("dist"))
    arguments = parser.parse_args()
    for path in build(arguments.commit, arguments.output):
        print(path)


def build(commit: str, output: Path) -> list[Path]:
    """Build into a folder, and return the files."""
    epoch = int(_git("show", "--no-patch", "--format=%ct", f"{commit}^{{commit}}"))
    with TemporaryDirectory() as folder:
        source, made = Path(folder) / "source", Path(folder) / "dist"
        _unpack(_git_bytes("archive", "--format=tar", f"{commit}^{{commit}}"), source)
        env = {**os.environ, "SOURCE_DATE_EPOCH": str(epoch), "PYTHONHASHSEED": "0", "TZ": "UTC"}
        uv = Path(sys.executable).with_name("uv")
        command = [str(uv) if uv.exists() else "uv", "build", "--quiet", "--python", sys.executable]
        os.umask(0o022)  # modes of what is made on the way
        subprocess.run([*command, "--out-dir", str(made), str(source)], env=env, check=True)
        output.mkdir(parents=True, exist_ok=True)
        found = []
        for path in sorted(made.iterdir()):
            if path.suffix == ".whl":
                data = path.read_bytes()
            elif path.name.endswith(".tar.gz"):
                data = same_everywhere(path.read_bytes(), epoch)
            else:
                continue
            (output / path.name).write_bytes(data)
            found.append(output / path.name)
        return found


def same_everywhere(data: bytes, epoch: int) -> bytes:
    """A packed tar with nothing in it of when, where and by whom it was packed."""
    plain = io.BytesIO()
    with tarfile.open(fileobj=io.BytesIO(data)) as old, tarfile.open(fileobj=plain, mode="w") as new:
        for member in sorted(old.getmembers(), key=lambda member: member.name):
            member.mtime, member.uid, member.gid, member.uname, member.gname = epoch, 0, 0, "", ""
            member.mode = 0o755 if member.isdir() or member.mode & 0o100 else 0o644
            member.pax_headers = {}
            new.addfile(member, old.extractfile(member) if member.isfile() else None)
    packed = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", fileobj=packed, mtime=epoch) as file:
        file.write(plain.getvalue())
    return packed.getvalue()


def _unpack(data: bytes, folder: Path) -> None:
    folder.mkdir()
    subprocess.run(["tar", "--extract", "--directory", str(folder)], input=data, check=True)


def _git(*words: str) -> str:
    return _git_bytes(*words).decode().strip()


def _git_bytes(*words: str) -> bytes:
    return subprocess.run(["git", "-C", str(ROOT), *words], check=True, stdout=subprocess.PIPE).stdout


if __name__ == "__main__":
    main()
