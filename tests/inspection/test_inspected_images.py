"""Which image is inspected, from where, and what is said of it: names, platforms, history, engines."""

from __future__ import annotations

import json
from pathlib import Path

import make_image as make
import pytest

from tests.support.inspected import BASE, CUDA_BYTES, RUN, engine_of, look, look_layers
from wxlint.core.errors import EngineError, ImageError, UsageError
from wxlint.facts.tables import table
from wxlint.inspection import streams
from wxlint.inspection.docker_save import saved
from wxlint.inspection.file_kinds import cuda_only
from wxlint.inspection.inspector import run_inspect
from wxlint.inspection.report import render_text, to_json


def test_several_images_need_a_name(tmp_path: Path) -> None:
    first, second = make.docker_files([BASE], ["asr:cpu"]), make.docker_files([RUN], ["asr:cuda", "asr:gpu"])
    entries = json.loads(first["manifest.json"]) + json.loads(second["manifest.json"])
    data = make.files(first | second | {"manifest.json": json.dumps(entries).encode()})
    with pytest.raises(ImageError, match="holds 2 images.*asr:cpu, asr:cuda asr:gpu"):
        look(tmp_path, data)
    assert look(tmp_path, data, select="#asr:gpu").cuda.present
    assert not look(tmp_path, data, select="#asr:cpu").cuda.present
    with pytest.raises(ImageError, match="pick one"):
        look(tmp_path, data, select="#asr:none")


def test_platforms(tmp_path: Path) -> None:
    found: dict[str, bytes] = {}
    entries = []
    for architecture, content in (("amd64", BASE), ("arm64", RUN), ("unknown", BASE)):
        entry = make.oci_manifest(found, [content], architecture=architecture)
        os_name = "unknown" if architecture == "unknown" else "linux"
        entries.append(entry | {"platform": {"os": os_name, "architecture": architecture}})
    absent = {"digest": "sha256:" + "0" * 64, "platform": {"os": "linux", "architecture": "s390x"}}
    inner = make.blob(found, json.dumps({"manifests": [*entries, absent]}).encode())
    named = inner | {"annotations": {"io.containerd.image.name": "docker.io/library/asr:1"}}
    data = make.files(make.with_index(found, [named]))
    assert look(tmp_path, data).reference == "asr:1"
    assert look(tmp_path, data, select="#linux/arm64").cuda.present
    assert not look(tmp_path, data, select="#asr:1,linux/amd64").cuda.present
    with pytest.raises(ImageError, match="no such image; it holds: asr:1 linux/amd64, asr:1 linux/arm64$"):
        look(tmp_path, data, select="#linux/s390x")
    others = [
        entry | {"platform": {"os": "linux", "architecture": name}}
        for entry, name in zip(entries, ("riscv64", "s390x"))
    ]
    with pytest.raises(ImageError, match="several platforms.*linux/riscv64, linux/s390x"):
        look(tmp_path, make.files(make.with_index(found, others)))
    two = [entry | {"annotations": {"org.opencontainers.image.ref.name": name}} for entry, name in zip(entries, "ab")]
    with pytest.raises(ImageError, match="several images.*: a, b"):
        look(tmp_path, make.files(make.with_index(found, two)))


def test_equal_layers_are_links_in_older_archives(tmp_path: Path) -> None:
    found = make.docker_files([RUN, RUN])
    names = json.loads(found["manifest.json"])[0]["Layers"]
    del found[names[1]]
    members = [make.member(*item) for item in found.items()] + [make.link(names[1], f"../{names[0]}")]
    image = look(tmp_path, make.tar(*members))
    assert [one.cuda_bytes for one in image.layers] == [CUDA_BYTES] * 2 and image.cuda.hidden_bytes == CUDA_BYTES


def test_history_with_steps_that_made_no_layer(tmp_path: Path) -> None:
    layers = [BASE, RUN]
    history = [
        {"created_by": "ADD rootfs"},
        {"created_by": "ENV A=1", "empty_layer": True},
        {"created_by": "RUN x"},
        {"created_by": "CMD x", "empty_layer": True},
    ]
    raw = make.config(layers, history=history)
    assert [one.created_by for one in look(tmp_path, make.docker_save(layers, raw=raw)).layers] == [
        "ADD rootfs",
        "RUN x",
    ]
    raw = make.config(layers, history=history[:2])  # does not agree with the layers: nothing is claimed
    assert [one.created_by for one in look(tmp_path, make.docker_save(layers, raw=raw)).layers] == ["", ""]


def test_text_is_safe_for_a_terminal(tmp_path: Path) -> None:
    evil = make.Layer(make.tar(make.member(b"opt/\x1b]0;x\x07\xff/libcudart.so.12", b"x")), "RUN \x1b[31m\u202e\nred")
    image = look(tmp_path, make.docker_save([evil], tags=["\x1b[2Jx"], User="a\rb", Entrypoint=["\x9b"]))
    text = render_text(image)
    assert all(char.isprintable() for line in text.split("\n") for char in line)
    text.encode("utf-8")
    to_json(image).encode("ascii")


def test_text_output(tmp_path: Path) -> None:
    text = render_text(look_layers(tmp_path, BASE, RUN, User="app"))
    assert "  torch       2.2.1+cu121 (CUDA 12.1 build)  /usr/lib/python3.11/site-packages/torch/version.py" in text
    assert "  cuda        8.9 kB visible" in text and "  user        app" in text


def test_names_of_images(tmp_path: Path) -> None:
    for target in ("-v", "--help", "a b", "a;b", "\x1b[0m", ""):
        with pytest.raises(UsageError, match="neither a file nor the name"):
            run_inspect(target, engine=lambda name: engine_of(b""))
    for target in ("./missing", "/missing", "missing.tar", "missing.tar#asr"):
        with pytest.raises((ImageError, UsageError)):
            run_inspect(target, engine=lambda name: engine_of(b""))


def fake_engine(tmp_path: Path, body: str) -> str:
    path = tmp_path / "engine"
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return str(path)


def test_the_stream_of_an_engine(tmp_path: Path) -> None:
    archive = tmp_path / "saved.tar"
    archive.write_bytes(make.docker_save([BASE, RUN], tags=[]) + b"\0" * 500_000)
    program = fake_engine(tmp_path, f'test "$1 $2 $3" = "save -- sha256:12" && cat {archive}')
    image = run_inspect("sha256:12", engine=lambda name: saved(program, [name]))
    assert image.reference == "sha256:12" and image.cuda.present


def test_an_engine_that_refuses(tmp_path: Path) -> None:
    refusing = fake_engine(tmp_path, "echo 'Error: No such image: asr:none' >&2; exit 1")
    with pytest.raises(EngineError, match="No such image: asr:none"):
        run_inspect("asr:none", engine=lambda name: saved(refusing, [name]))
    dying = fake_engine(tmp_path, f"head -c 2000 {__file__}; echo gone >&2; exit 3")
    with pytest.raises((EngineError, ImageError)):
        run_inspect("asr:none", engine=lambda name: saved(dying, [name]))
    wrong = fake_engine(tmp_path, "cat /dev/zero | head -c 10000000")
    with pytest.raises(ImageError, match="not a saved image"):
        run_inspect("asr:none", engine=lambda name: saved(wrong, [name]))
    with pytest.raises(EngineError, match="cannot be started"):
        run_inspect("asr:none", engine=lambda name: saved(str(tmp_path / "no-engine"), [name]))


def test_zstd_without_a_library_names_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(name: str) -> None:
        raise ImportError(name)

    monkeypatch.setattr(streams.importlib, "import_module", refuse)  # there is no other way to be without it here
    data = make.files(make.oci_files([BASE], compress=lambda data: b"\x28\xb5\x2f\xfd" + data))
    with pytest.raises(ImageError, match=r"pip install 'wxlint\[zstd\]'"):
        look(tmp_path, data)


def test_the_linter_s_table_and_the_look_inside_agree() -> None:
    rows = [row for row in table("cuda_packages") if row["ecosystem"] == "pip" and row["kind"] == "exact"]
    assert len(rows) > 50
    assert [row["name"] for row in rows if cuda_only(row["name"]) != (row["cuda"] == "yes")] == []
