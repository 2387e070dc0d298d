"""Arguments that several commands take."""

from __future__ import annotations

import argparse


def add_inputs(parser: argparse.ArgumentParser) -> None:
    """What is checked, against which policies, and where what was read is kept."""
    parser.add_argument("paths", nargs="*", metavar="PATH", help="files or folders; - for standard input")
    parser.add_argument("--stdin-filename", default="", metavar="FILE", help="the file that standard input stands for")
    policy = parser.add_mutually_exclusive_group()
    add_policies(policy)
    policy.add_argument("--no-policy", action="store_true", help="use the built-in policy only")
    cache = parser.add_mutually_exclusive_group()
    cache.add_argument(
        "--cache-dir", default="", metavar="DIR", help="where to keep what was read (default: the user's cache folder)"
    )
    cache.add_argument("--no-cache", action="store_true", help="read every file anew, and keep nothing")


def add_selection(parser: argparse.ArgumentParser) -> None:
    """Which images of a family, and under which names."""
    parser.add_argument("paths", nargs="*", metavar="PATH", help="what the policies are found from (default: here)")
    add_policies(parser)
    parser.add_argument(
        "--select", action="append", default=[], metavar="IMAGE,...", help="these, and what they are built from"
    )
    parser.add_argument("--variant", metavar="NAME")
    parser.add_argument("--optional", action="store_true", help="images that the policy calls optional, too")
    parser.add_argument("--registry", metavar="NAME")
    parser.add_argument("--build-arg", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument(
        "--part", action="append", default=[], metavar="NAME=VALUE", help="a part of the names, such as version=1.4.0"
    )


def add_policies(parser: argparse._ActionsContainer) -> None:
    """The policies."""
    parser.add_argument(
        "--policy",
        metavar="FILE",
        action="append",
        help="the policy, of several families several times (default: for each file the nearest above it)",
    )


def add_text_or_json(parser: argparse.ArgumentParser) -> None:
    """A format for people or for programs."""
    parser.add_argument("--format", choices=("text", "json"), default="text")


def add_engine(parser: argparse.ArgumentParser) -> None:
    """The engine that builds or holds images."""
    known = "docker, podman, an address such as ssh://HOST, or a docker context (default: docker)"
    parser.add_argument("--engine", default="docker", metavar="ENGINE", help=known)
