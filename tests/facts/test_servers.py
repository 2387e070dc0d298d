"""Which public images of servers compute on a GPU."""

from __future__ import annotations

import re

import pytest

from wxlint.facts import Server, server, table

KNOWN = (
    ("ghcr.io/huggingface/text-embeddings-inference", "turing-1.5", Server("alone", "")),
    ("ghcr.io/huggingface/text-embeddings-inference", "1.5-grpc", Server("alone", "")),
    ("ghcr.io/huggingface/text-embeddings-inference", "cpu-1.5", Server("cpu", "the tag without cpu-")),
    ("ghcr.io/ggml-org/llama.cpp", "light-b4719", Server("cpu", "light-cuda")),
    ("tensorflow/tensorflow", "2.15.0-jupyter", Server("cpu", "2.15.0-gpu-jupyter")),
    ("localai/localai", "v2.24.2-ffmpeg-core", Server("cpu", "v2.24.2-cublas-cuda12-ffmpeg-core")),
    ("docker.io/ollama/ollama", "latest", Server("both", "")),
    ("nvcr.io/nim/meta/llama3-8b-instruct", "1.0.0", Server("alone", "")),
)
UNKNOWN = (
    ("ghcr.io/huggingface/text-embeddings-inference", "cpu-ipex-1.8"),
    ("ghcr.io/ggml-org/llama.cpp", "server-vulkan"),
    ("ghcr.io/ggml-org/llama.cpp", "server-cuda"),
    ("ollama/ollama", "0.5.7-rocm"),
    ("quay.io/jupyter/pytorch-notebook", "cuda12-python-3.11"),
    ("qdrant/qdrant", "v1.12.4"),
    ("example/tool", "latest"),
    ("ollama/ollama", "\0"),
)


@pytest.mark.parametrize(("repository", "tag", "held"), KNOWN)
def test_servers_that_are_known(repository: str, tag: str, held: Server) -> None:
    assert server(repository, tag) == held


@pytest.mark.parametrize(("repository", "tag"), UNKNOWN)
def test_other_images_are_not_known(repository: str, tag: str) -> None:
    assert server(repository, tag) is None


def test_rows_have_a_pattern_and_a_device() -> None:
    for row in table("servers"):
        re.compile(row["tag"])
        assert row["device"] in {"alone", "cuda", "cpu", "both"}
        assert row["device"] == "cpu" or not row["instead"]
