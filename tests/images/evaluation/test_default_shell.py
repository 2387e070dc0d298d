"""The shell of RUN: dash on Debian's and Ubuntu's images, until SHELL says otherwise."""

from __future__ import annotations

import pytest

from wxlint.core.values import Value
from wxlint.images.evaluation.default_shell import flavor_of, flavor_of_command, flavor_of_text
from wxlint.images.model.reference import parse_reference
from wxlint.shell.bash.reader import read_shell


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("python:3.11-slim", "dash"),
        ("python:3.11", "dash"),
        ("docker.io/library/python:3.11-bookworm", "dash"),
        ("python:3.11-alpine", "sh"),
        ("ubuntu:22.04", "dash"),
        ("debian:12-slim", "dash"),
        ("nvidia/cuda:12.1.0-base-ubuntu22.04", "dash"),
        ("nvidia/cuda:12.1.0-base-ubi8", "bash"),
        ("nvcr.io/nvidia/pytorch:24.01-py3", "dash"),
        ("pytorch/pytorch:2.1.0-cuda12.1-cudnn8-runtime", "dash"),
        ("fedora:40", "bash"),
        ("alpine:3.19", "sh"),
        ("example/app:1", "sh"),
        ("mcr.microsoft.com/windows/servercore:ltsc2022", "sh"),
    ],
)
def test_of_a_base_image(name: str, expected: str) -> None:
    assert flavor_of(parse_reference(Value(name))) == expected


def test_of_a_command_and_a_heredoc() -> None:
    assert flavor_of(None) == "sh"
    assert flavor_of_command(["/bin/bash", "-o", "pipefail", "-c"], "dash") == "bash"
    assert flavor_of_command(["conda", "run", "-n", "x", "/bin/bash", "-c"], "dash") == "bash"
    assert flavor_of_command(["/bin/sh", "-c"], "dash") == "dash"
    assert flavor_of_text("#!/usr/bin/env bash\nx", "dash") == "bash"
    assert flavor_of_text("#!/bin/sh\nx", "dash") == "dash"
    assert flavor_of_text("x", "sh") == "sh"


@pytest.mark.parametrize(
    ("flavor", "expected"),
    [("bash", ["cuda"]), ("dash", ["cpu"]), ("sh", ["?cuda", "?cpu"])],
)
@pytest.mark.parametrize("test", ['[[ "$D" == "cuda" ]]', '[ "$D" == cuda ]'])
def test_what_only_bash_reads(test: str, flavor: str, expected: list[str]) -> None:
    text = f"D=cuda; if {test}; then c cuda; else c cpu; fi"
    found = read_shell(text, flavor=flavor).commands
    assert [("?" if c.conditional else "") + c.words[-1].value.text for c in found if c.words[0].value.text == "c"] == (
        expected
    )
