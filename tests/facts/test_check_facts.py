"""The script that holds the tables against a package index, with an index of its own."""

from __future__ import annotations

import functools
import http.server
import importlib.util
import io
import json
import sys
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from packaging.requirements import Requirement

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "check_facts.py"


@pytest.fixture(scope="module")
def script() -> Iterator[ModuleType]:
    sys.path.insert(0, str(SCRIPT.parent))
    spec = importlib.util.spec_from_file_location("check_facts", SCRIPT)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(importlib.import_module("package_index"), "PAUSE", 0)
        yield module
    sys.path.remove(str(SCRIPT.parent))


class Handler(http.server.BaseHTTPRequestHandler):
    """Serves what `files` holds by path; parts of a file where they are asked for."""

    def __init__(self, files: dict[str, bytes], *args: object) -> None:
        self.files = files
        super().__init__(*args)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        data = self.files.get(self.path)
        if data is None:
            self.send_error(404)
            return
        asked = self.headers.get("Range")
        if asked:
            first, _, last = asked.removeprefix("bytes=").partition("-")
            data = data[int(first) : int(last) + 1]
        self.send_response(206 if asked else 200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def files() -> Iterator[tuple[dict[str, bytes], str]]:
    served: dict[str, bytes] = {}
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, served))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield served, f"http://127.0.0.1:{server.server_port}/simple"
    server.shutdown()
    thread.join()
    server.server_close()


def publish(served: dict[str, bytes], name: str, requires: dict[str, list[str]], apart: bool = True) -> None:
    """Publish releases of a package that require these. apart: the metadata is a file of its own."""
    listed = []
    for version, needs in requires.items():
        filename = f"{name.replace('-', '_')}-{version}-cp311-cp311-manylinux_2_17_x86_64.whl"
        text = "\n".join(["Metadata-Version: 2.1", f"Name: {name}", *(f"Requires-Dist: {need}" for need in needs), ""])
        wheel = io.BytesIO()
        with zipfile.ZipFile(wheel, "w") as file:
            file.writestr("padding.bin", bytes(400_000))
            file.writestr(f"{name}-{version}.dist-info/METADATA", text)
        served[f"/files/{filename}"] = wheel.getvalue()
        if apart:
            served[f"/files/{filename}.metadata"] = text.encode()
        listed.append({"filename": filename, "url": f"/files/{filename}", "size": len(wheel.getvalue())})
    served[f"/simple/{name}/"] = json.dumps({"files": listed}).encode()


def needs_table(monkeypatch: pytest.MonkeyPatch, script: ModuleType, *rows: tuple[str, str]) -> None:
    listed = [{"name": "xformers", "from": version, "needs": needs} for version, needs in rows]
    monkeypatch.setattr(script, "table", lambda name: listed)


@pytest.mark.parametrize("apart", [True, False], ids=["metadata-apart", "in-the-wheel"])
def test_what_the_index_says_otherwise(
    apart: bool,
    script: ModuleType,
    files: tuple[dict[str, bytes], str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    served, url = files
    publish(served, "xformers", {"0.0.27": ["torch==2.3.1"], "0.0.28": ["torch==2.4.1", "numpy"]}, apart)
    needs_table(monkeypatch, script, ("0.0.27", "==2.3.1"), ("0.0.28", "==2.4.1"))
    assert script.main(["--index-url", url, "--only", "torch_needs"]) == 0
    needs_table(monkeypatch, script, ("0.0.27", "==2.3.0"), ("0.0.28", "==2.4.1"))
    assert script.main(["--index-url", url, "--only", "torch_needs"]) == 1
    assert "torch_needs.csv: xformers 0.0.27: requires torch ==2.3.1" in capsys.readouterr().out


def test_the_newest_release_is_looked_at(
    script: ModuleType,
    files: tuple[dict[str, bytes], str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    served, url = files
    publish(served, "xformers", {"0.0.27": ["torch==2.3.1"], "0.0.29": ["torch==2.6.0"]})
    needs_table(monkeypatch, script, ("0.0.27", "==2.3.1"))
    assert script.main(["--index-url", url, "--only", "torch_needs"]) == 1
    assert "xformers 0.0.29 (the newest): requires torch ==2.6.0" in capsys.readouterr().out


def test_a_release_that_the_index_does_not_have_is_not_confirmed(
    script: ModuleType,
    files: tuple[dict[str, bytes], str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    _, url = files
    needs_table(monkeypatch, script, ("0.0.27", "==2.3.1"))
    assert script.main(["--index-url", url, "--only", "torch_needs"]) == 0
    assert "0 confirmed, 0 otherwise in the index, 1 of which it says nothing" in capsys.readouterr().out


def test_an_index_that_is_not_there(script: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    assert script.main(["--index-url", "http://127.0.0.1:1/simple", "--only", "names"]) == 2
    assert "cannot be read" in capsys.readouterr().err


def test_confirmed_rows_get_the_day(
    script: ModuleType, files: tuple[dict[str, bytes], str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    served, url = files
    publish(served, "xformers", {"0.0.27": ["torch==2.3.1"], "0.0.28": ["torch==2.4.1"]})
    source = "package index: metadata"
    (tmp_path / "torch_needs.csv").write_text(
        "name,from,needs,source,verified_on,confidence\n"
        f"xformers,0.0.27,==2.3.0,{source},2020-01-01,verified\n"
        f"xformers,0.0.28,==2.4.1,{source},2020-01-01,verified\n"
    )
    monkeypatch.setattr(script, "FACTS", tmp_path)
    assert script.main(["--index-url", url, "--only", "torch_needs", "--write"]) == 1
    first, second = (tmp_path / "torch_needs.csv").read_text().splitlines()[1:]
    assert "2020-01-01" in first and "2020-01-01" not in second


def publish_files(served: dict[str, bytes], name: str, *filenames: str, **requires: str) -> None:
    """Publish empty files. requires: the Requires-Python of a release, by `v` and its version with `_` for dots."""
    listed = []
    for filename in filenames:
        version = "v" + filename.removesuffix(".tar.gz").split("-")[1].replace(".", "_")
        listed.append({"filename": filename, "url": f"/files/{filename}", "requires-python": requires.get(version)})
    served[f"/simple/{name}/"] = json.dumps({"files": listed}).encode()


def row_of_wheels(monkeypatch: pytest.MonkeyPatch, script: ModuleType, **row: str) -> None:
    tables = {"wheel_pythons": [row], "index_names": [], "extras": []}
    monkeypatch.setattr(script, "table", lambda name: tables[name])


@pytest.mark.parametrize(
    ("files_there", "derived"),
    [
        (
            ("t-1.0-cp39-cp39-manylinux1_x86_64.whl", "t-2.0-cp310-cp310-manylinux1_x86_64.whl"),
            {"oldest": "1.0", "newest": "2.0", "pythons": "3.9:1.0-1.0 3.10:2.0-"},
        ),
        (
            ("t-1.0-cp39-abi3-manylinux1_x86_64.whl", "t-1.1-cp39-abi3-musllinux_1_1_x86_64.whl"),
            {"oldest": "1.0", "newest": "1.0", "pythons": " ".join(f"3.{minor}:1.0-" for minor in range(9, 16))},
        ),
        (
            ("t-0.1-py3-none-any.whl", "t-1.0-cp39-cp39-manylinux1_x86_64.whl", "t-2.0rc1-cp310-cp310-any.whl"),
            {"oldest": "1.0", "newest": "1.0", "pythons": "3.9:1.0-"},
        ),
        (("t-1.0-cp39-cp39-win_amd64.whl", "t-1.0-cp39-cp39-manylinux2014_aarch64.whl"), None),
        (("t-1.0-cp313-cp313t-manylinux1_x86_64.whl",), None),
        (("t-1.0.tar.gz",), {"oldest": "1.0", "newest": "1.0", "pythons": "3.9:1.0- 3.10:1.0-"}),
    ],
)
def test_what_can_be_installed_is_derived(
    script: ModuleType,
    files: tuple[dict[str, bytes], str],
    files_there: tuple[str, ...],
    derived: dict[str, str] | None,
) -> None:
    served, url = files
    limited = {"v1_0": ">=3.9,<3.11"} if files_there[0].endswith(".tar.gz") else {}
    publish_files(served, "t", *files_there, **limited)
    assert script.installable(script.Index(url), "t") == derived


def test_rows_of_pythons_are_held_to_the_index(
    script: ModuleType,
    files: tuple[dict[str, bytes], str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    served, url = files
    publish_files(served, "t", "t-1.0-cp39-cp39-manylinux1_x86_64.whl", "t-2.0-cp310-cp310-manylinux1_x86_64.whl")
    row_of_wheels(monkeypatch, script, name="t", oldest="1.0", newest="2.0", pythons="3.9:1.0-1.0 3.10:2.0-")
    assert script.main(["--index-url", url, "--only", "wheel_pythons"]) == 0
    row_of_wheels(monkeypatch, script, name="t", oldest="1.0", newest="1.0", pythons="3.9:1.0-")
    assert script.main(["--index-url", url, "--only", "wheel_pythons"]) == 1
    assert "wheel_pythons.csv: t: newest 2.0; pythons 3.9:1.0-1.0 3.10:2.0-" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("release", "python", "said"),
    [("2.0", "3.10", ""), ("1.0", "3.10", "t: newest 2.0"), ("2.0", "3.11", "t: for Python 3.10 and later")],
)
def test_the_pythons_of_newest_releases_are_held_to_the_index(
    script: ModuleType,
    files: tuple[dict[str, bytes], str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    release: str,
    python: str,
    said: str,
) -> None:
    served, url = files
    publish_files(served, "t", "t-1.0-py3-none-any.whl", "t-2.0-py3-none-any.whl", v1_0=">=3.9", v2_0=">=3.10")
    monkeypatch.setattr(script, "table", lambda name: [{"name": "t", "release": release, "python_min": python}])
    assert script.main(["--index-url", url, "--only", "newest_pythons"]) == bool(said)
    assert f"newest_pythons.csv: {said}" in capsys.readouterr().out or not said


@pytest.mark.parametrize(
    ("asks", "release", "said"),
    [
        ("numpy>=2; python_version >= '3.9'", "2.0", ""),
        ("numpy>=1.26", "2.0", "it takes NumPy 1"),
        ("numpy>=2; python_version >= '3.11'", "2.0", "it takes NumPy 1"),
        ("numpy>=2", "1.0", "newest 2.0"),
    ],
)
def test_what_asks_for_numpy_2_is_held_to_the_index(
    script: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    asks: str,
    release: str,
    said: str,
) -> None:
    class Index:
        def releases(self, name: str) -> list[str]:
            return ["1.0", "2.0"]

        def requires(self, name: str, version: str) -> list[Requirement]:
            return [Requirement(asks), Requirement("rich")]

    monkeypatch.setattr(script, "table", lambda name: [{"name": "t", "release": release, "python_min": "3.9"}])
    assert [found.wrong for found in script.numpy_2(Index())] == [said]


@pytest.mark.parametrize(
    ("gives", "release", "there", "said"),
    [
        ("nothing", "", (), 0),
        ("nothing", "", ("t-1.0.tar.gz",), 1),
        ("refuses", "1.0", ("t-1.0.tar.gz",), 0),
        ("refuses", "1.0", ("t-1.0.tar.gz", "t-1.1.tar.gz"), 1),
        ("refuses", "1.0", ("t-1.0-cp39-cp39-manylinux1_x86_64.whl",), 1),
    ],
)
def test_names_that_are_gone_are_held_to_the_index(
    script: ModuleType,
    files: tuple[dict[str, bytes], str],
    monkeypatch: pytest.MonkeyPatch,
    gives: str,
    release: str,
    there: tuple[str, ...],
    said: int,
) -> None:
    served, url = files
    publish_files(served, "t", *there)
    monkeypatch.setattr(script, "table", lambda name: [{"name": "t", "from": release, "gives": gives}])
    assert script.main(["--index-url", url, "--only", "index_names"]) == said


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"extra": "gpu", "from": "1.0", "before": "2.0", "links": ""}, ""),
        ({"extra": "gpu", "from": "1.0", "before": "1.1", "links": ""}, "1.1 has it, too"),
        ({"extra": "gpu", "from": "2.0", "before": "", "links": ""}, "no such extra"),
        ({"extra": "gpu", "from": "1.0", "before": "2.0", "links": "x.html"}, "asks for no local version"),
        ({"extra": "old", "from": "1.0", "before": "", "links": ""}, "asks for a local version"),
    ],
)
def test_extras_are_held_to_the_index(
    script: ModuleType,
    files: tuple[dict[str, bytes], str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    row: dict[str, str],
    said: str,
) -> None:
    served, url = files
    gpu, old = 'plugin==1.0; extra == "gpu"', 'lib==1.0+cu11; extra == "old"'
    publish(served, "t", {"1.0": [gpu, old], "1.1": [gpu], "2.0": ["plugin"]})
    rows = [{"name": "t", "without": "", "confidence": "verified", **row}]
    monkeypatch.setattr(script, "table", lambda name: rows)
    assert script.main(["--index-url", url, "--only", "extras"]) == bool(said)
    assert said in capsys.readouterr().out


LISTED = (
    "t-1.0.tar.gz",
    "t-1.1-cp39-cp39-win_amd64.whl",
    "t-1.2-cp39-cp39-musllinux_1_1_x86_64.whl",
    "t-1.3rc1-py3-none-any.whl",
    "t-1.4-cp27-cp27mu-manylinux1_x86_64.whl",
    "t-1.5-cp39-cp39-manylinux2014_aarch64.whl",
)


@pytest.mark.parametrize(
    ("releases", "said"),
    [
        ("1.0 1.3rc1 1.4", ""),
        ("1.0 1.4", "t: has 1.3rc1 too"),
        ("1.0 1.1 1.3rc1 1.4", "t: no longer has 1.1"),
        ("1.1 1.3rc1 1.4", "t: has 1.0 too; no longer has 1.1"),
    ],
)
def test_the_releases_are_held_to_the_index(
    script: ModuleType,
    files: tuple[dict[str, bytes], str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    releases: str,
    said: str,
) -> None:
    served, url = files
    publish_files(served, "t", *LISTED)
    withdrawn = served["/simple/t/"].replace(b'"t-1.0.tar.gz",', b'"t-1.0.tar.gz", "yanked": "broken",')
    served["/simple/t/"] = withdrawn
    monkeypatch.setattr(script, "table", lambda name: [{"name": "t", "releases": releases}])
    assert script.main(["--index-url", url, "--only", "index_releases"]) == bool(said)
    assert f"index_releases.csv: {said}\n" in capsys.readouterr().out or not said


def test_the_releases_are_listed_anew(
    script: ModuleType,
    files: tuple[dict[str, bytes], str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    served, url = files
    publish_files(served, "t", *LISTED)
    publish_files(served, "a-b", "a_b-1.0-py3-none-any.whl")
    monkeypatch.setitem(sys.modules, "check_facts", script)
    monkeypatch.setattr(script, "FACTS", tmp_path)
    old = {"source": "s", "verified_on": "2020-01-01", "confidence": "verified"}
    monkeypatch.setattr(
        script, "table", lambda name: [{"name": n, "releases": "0.1"} | old for n in ("t", "gone-since")]
    )
    lister = importlib.import_module("list_releases")
    assert lister.main(["--index-url", url, "A_B"]) == 0
    head, *rows = (tmp_path / "index_releases.csv").read_text().splitlines()
    assert head.startswith("name,releases,") and rows[1] == "gone-since,0.1,s,2020-01-01,verified"
    assert [row.split(",")[:2] for row in rows] == [["a-b", "1.0"], ["gone-since", "0.1"], ["t", "1.0 1.3rc1 1.4"]]
    assert capsys.readouterr().err == "the index has nothing of gone-since\n"
