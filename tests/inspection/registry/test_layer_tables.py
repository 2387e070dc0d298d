"""A layer with a table of contents (eStargz, zstd:chunked): the table is read in its place, a false one refused."""

from __future__ import annotations

import make_image as make
import pytest
from served_images import CHUNKED, DENSE, TORCH, Served, chunked, estargz, look

from wxlint.core.errors import ImageError


@pytest.mark.parametrize("prefix", CHUNKED)
def test_the_table_of_a_zstd_chunked_layer_is_read_in_place_of_it(served: Served, prefix: str) -> None:
    layer = chunked(DENSE, prefix)
    served.image([layer])
    image, registry = look(served)
    assert image.torch is not None and image.torch.cuda == "12.1"
    assert image.cuda.bytes == 200_000
    assert registry.received < len(layer[1]) / 10


@pytest.mark.parametrize("change", ["table", "place", "file"])
def test_a_false_table_of_a_zstd_chunked_layer_is_refused(served: Served, change: str) -> None:
    name = f"{make.SITE}/torch/version.py"
    stored = {**TORCH, name: TORCH[name].replace(b"12.1", b"11.8")} if change == "file" else TORCH
    plain, blob, notes = chunked(TORCH, CHUNKED[0], change == "table", stored)
    if change == "place":
        notes[f"{CHUNKED[0]}.manifest-position"] = "5:100:100:1"
    served.image([(plain, blob, notes)])
    with pytest.raises(ImageError, match="does not have the digest"):
        look(served)


def test_a_table_of_contents_is_read_in_place_of_the_layer(served: Served) -> None:
    found = estargz(TORCH)
    served.image([found])
    image, registry = look(served)
    assert image.torch is not None and image.torch.cuda == "12.1"
    assert image.cuda.libraries and image.layers[0].bytes == sum(map(len, TORCH.values()))
    asked = [headers for path, headers in served.requests if path.endswith(make.sha(found[1]))]
    assert asked and all("Range" in headers for headers in asked)
    whole = served.image([(found[0], found[1], {})], "plain")
    plain, of_all = look(served, whole)
    assert plain.cuda == image.cuda
    assert registry.received < of_all.received


def test_a_false_table_of_contents_is_refused(served: Served) -> None:
    served.image([estargz(TORCH, spoilt=True)])
    with pytest.raises(ImageError, match="table of contents does not have the digest"):
        look(served)


def test_what_one_manifest_s_table_says_is_not_believed_of_another_s(served: Served) -> None:
    """Two manifests name one layer, and tables in it of which only one is the layer's."""
    plain, blob, notes = estargz(TORCH)
    served.image([(plain, blob, notes)])
    assert look(served)[0].torch is not None
    served.image([(plain, blob, dict.fromkeys(notes, f"sha256:{'0' * 64}"))])
    with pytest.raises(ImageError, match="table of contents"):
        look(served)
    served.image([(plain, blob, {})])
    assert look(served)[0].torch is not None
