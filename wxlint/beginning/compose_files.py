"""The compose files of a family: which of them each variant uses, and the services in them that run its images."""

from __future__ import annotations

import posixpath
import re

from wxlint.beginning.members import FamilyMember
from wxlint.beginning.model import Served, Survey
from wxlint.beginning.names import spelled
from wxlint.policy.accelerator_words import accelerator_words

_USUAL = re.compile(r"docker-compose|compose|\.ya?ml$")


class ComposeFiles:
    """images: the family."""

    def __init__(self, survey: Survey, images: list[FamilyMember]) -> None:
        self.services, self.images = survey.services, images
        serving = [one for one in survey.services if any(_serves(one, image) for image in images)]
        paths = sorted({one.file for one in serving if not one.file.startswith("..")})
        self._alone = {one.file for one in serving if one.alone}
        self._exact: set[str] = set()
        """Those that have a variant's own word in the name, or the folder's."""
        self._variants = {path: self._called_for(path) for path in paths}
        self.plain = self._usual([path for path, variants in self._variants.items() if variants is None])
        """Those that no variant's name or accelerator stands in the name of."""

    def _usual(self, paths: list[str]) -> list[str]:
        """Of several files of a folder each of which stands alone, the one that compose reads by itself."""
        usual = {posixpath.dirname(path) for path in paths if not _called(path)}
        return [
            path
            for path in paths
            if path not in self._alone or posixpath.dirname(path) not in usual or not _called(path)
        ]

    def of_variant(self, variant: str) -> list[str]:
        """The files that are called for a variant and run an image of it; below them plain ones that they need."""
        images = [image for image in self.images if image.variant == variant]
        used = {one.file for one in self.services if any(_serves(one, image) for image in images)}
        own = [path for path, variants in self._variants.items() if variants and variant in variants and path in used]
        own = [path for path in own if path in self._exact] or own
        if all(path in self._alone for path in own):
            own = [path for path in own if _called(path) == variant] or own
        folders = {posixpath.dirname(path) for path in own if path not in self._alone}
        return [*(path for path in self.plain if posixpath.dirname(path) in folders), *own]

    def service(self, image: FamilyMember) -> str | None:
        """The name of the service that runs an image, "" for none; None where it is called like the stage."""
        files = self.of_variant(image.variant) or self.plain
        own = {one.name for one in self.services if one.file in files and _serves(one, image)}
        if image.stage and image.stage in own or not files:
            return None
        return own.pop() if len(own) == 1 else "" if not own else None

    def _called_for(self, path: str) -> set[str] | None:
        """The variants that a file, else its folder, is called for: by their words, else by their accelerators."""
        folder = posixpath.dirname(path)
        own, above = _called(path), posixpath.basename(folder)
        for parts in ({own}, {above}, set(re.split("[-_.]", own))):
            found = {image.variant for image in self.images if image.built.word in parts - {""}}
            if found:
                self._exact.add(path)
                return found
        words = accelerator_words(own) or accelerator_words(above)
        return {image.variant for image in self.images if words == {image.built.accelerator}} if words else None


def _called(path: str) -> str:
    """What a compose file's name says besides that it is one: "cuda" of docker-compose.cuda.yml."""
    return _USUAL.sub("", posixpath.basename(path)).strip("-_.")


def _serves(service: Served, image: FamilyMember) -> bool:
    """Whether a service runs an image: by its name and the word in its tag, else by the Dockerfile that it builds."""
    built = image.built
    if service.path and service.path != built.path:
        return False
    name = spelled(built.name, built.word)
    if service.image and service.tag and name.rpartition("/")[2] == service.image.rpartition("/")[2]:
        words = service.tag.replace("_", "-").split("-")
        return not built.word or "{variant}" in built.name or built.word in (*words, service.tag)
    return bool(service.path) and service.path == built.path
