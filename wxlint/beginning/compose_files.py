"""The compose files of a family: which of them each variant uses, and the services in them that run its images."""

from __future__ import annotations

import posixpath
import re

from wxlint.beginning.members import Member
from wxlint.beginning.model import Served, Survey
from wxlint.beginning.names import spelled
from wxlint.policy.accelerator_words import accelerator_words

_USUAL = re.compile(r"docker-compose|compose|\.ya?ml$")


class ComposeFiles:
    """images: the family."""

    def __init__(self, survey: Survey, images: list[Member]) -> None:
        self.services, self.images = survey.services, images
        serving = [one for one in survey.services if any(_serves(one, image) for image in images)]
        paths = sorted({one.file for one in serving if not one.file.startswith("..")})
        self._alone = {one.file for one in serving if one.alone}
        self._exact: set[str] = set()
        """Those that a variant's own word is the name of, or of the folder."""
        self._variants = {path: self._called_for(path) for path in paths}
        self.plain = [path for path, variants in self._variants.items() if variants is None]
        """Those that no variant's name or accelerator stands in the name of."""

    def of_variant(self, variant: str) -> list[str]:
        """The files that are called for a variant; below them the plain ones of the folder, where they need these."""
        own = [path for path, variants in self._variants.items() if variants and variant in variants]
        exact = [path for path in own if len(self._variants[path] or ()) == 1 and path in self._exact]
        own = exact or own
        folders = {posixpath.dirname(path) for path in own if path not in self._alone}
        return [*(path for path in self.plain if posixpath.dirname(path) in folders), *own]

    def service(self, image: Member) -> str | None:
        """The name of the service that runs an image, "" for none; None where it is called like the stage."""
        files = self.of_variant(image.variant) or self.plain
        own = {one.name for one in self.services if one.file in files and _serves(one, image)}
        if image.stage and image.stage in own or not files:
            return None
        return own.pop() if len(own) == 1 else "" if not own else None

    def _called_for(self, path: str) -> set[str] | None:
        """The variants that a file, else its folder, is called for: by their words, else by their accelerators."""
        folder, name = posixpath.split(path)
        own, above = _USUAL.sub("", name).strip("-_."), posixpath.basename(folder)
        for text in (own, above):
            if text in {image.built.word for image in self.images} - {""}:
                self._exact.add(path)
                return {image.variant for image in self.images if image.built.word == text}
        words = accelerator_words(own) or accelerator_words(above)
        return {image.variant for image in self.images if words == {image.built.accelerator}} if words else None


def _serves(service: Served, image: Member) -> bool:
    """Whether a service runs an image: by its name and the word in its tag, else by the Dockerfile that it builds."""
    built = image.built
    name = spelled(built.name, built.word)
    if service.image and service.tag and name.rpartition("/")[2] == service.image.rpartition("/")[2]:
        words = service.tag.replace("_", "-").split("-")
        return not built.word or "{variant}" in built.name or built.word in (*words, service.tag)
    return bool(service.path) and service.path == built.path
