"""Defaults of arguments that ask for a value, and names of images that only look so."""

from __future__ import annotations

import pytest

from wxlint.images.evaluation.variables.placeholder_args import is_placeholder

ASKING = [
    "error_please_pass_build_args",
    "please-specify",
    "PLEASE_SET_ME",
    "changeme",
    "CHANGE_ME",
    "change-this",
    "override-me",
    "overrideme",
    "fixme",
    "FIX-ME",
    "required",
    "REQUIRED",
    "image-required",
    "required_build_arg",
    "must-be-set",
    "must_be_provided",
    "you must specify a tag",
    "not-set",
    "not_specified",
    "image-not-provided",
    "unset",
    "unspecified",
    "undefined",
    "to-be-defined",
    "replace-me",
    "replace-me-with-your-image",
    "invalid",
    "invalid-base-image",
    "missing-tag",
    "<image>",
    "<your-tag>",
    "none",
    "null",
]
REAL = [
    "",
    "error-pages",
    "tarampampam/error-pages",
    "required-tools",
    "python",
    "python:3.12-slim",
    "base",
    "base-image",
    "default",
    "image",
    "my-image",
    "from-source",
    "build",
    "latest",
    "stable",
    "must-gather",
    "ghcr.io/x/please:1",
    "mustache",
    "invalidator",
    "overridea",
    "todo-app",
    "error",
    "registry",
    "edit",
    "12.4.1",
    "cu124",
    "$BASE",
    "true",
    "on",
    "a",
    "nothing",
    "set",
    "build-args",
    "default-value",
]


@pytest.mark.parametrize("text", ASKING)
def test_who_asks_for_a_value_gives_none(text: str) -> None:
    assert is_placeholder(text)


@pytest.mark.parametrize("text", REAL)
def test_names_are_values(text: str) -> None:
    assert not is_placeholder(text)
