"""Actions that build nothing here: those that look into an image, and those that may push one unseen."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from wxlint.core.patterns import late
from wxlint.core.values import HOLE
from wxlint.images.model.records import SCANNED, Use
from wxlint.images.model.reference import parse_reference

if TYPE_CHECKING:
    from wxlint.images.builds.github.actions import Inputs

_SCANNERS = {
    "aquasecurity/trivy-action": "image-ref",
    "anchore/scan-action": "image",
    "anchore/sbom-action": "image",
    "docker/scout-action": "image",
    "snyk/actions/docker": "image",
    "goodwithtech/dockle-action": "image",
    "erzz/dockle-action": "image",
    "azure/container-scan": "image-name",
    "crazy-max/ghaction-container-scan": "image",
}
"""Actions that pull an image and look into it, each with the input that names it (the README files of the actions)."""
_MAY_PUSH = late(
    r"docker|image|container|oci|kaniko|buildah|podman|skopeo|crane|depot|push|publish|releas|deploy|build|ecr|acr|gcr"
)
_PUSHES_NOTHING = late(
    r"(?:actions|github|pypa|softprops|astral-sh|codecov|hadolint|sigstore|google-github-actions|hynek|pnpm|goreleaser-)/"
    r".*|docker/(?:setup-|login-|scout-).*|.*(?:gh-pages|gh-release|dockerhub-description|(?:ecr|docker)-login)"
    r"|.*/(?:setup|create|install|test|run|free|maximize|lint|check|cache|delete|clean|remove|reviewdog)[-_].*"
)
"""Actions whose names speak of images, and that push none."""


def scanned(name: str, inputs: Inputs) -> Iterator[Use]:
    """The image that a scanner looks into."""
    given = _SCANNERS.get(name)
    for part in inputs.listed(given) if given is not None else ():
        if part.value.text != HOLE:
            span = inputs.source.span(part.start, part.end)
            yield Use(SCANNED, part.value, parse_reference(part.value), span, because=part.value.because)


def may_push(name: str) -> bool:
    """Whether an action of others may push images, as far as its name says."""
    if name in _SCANNERS:
        return False
    return _MAY_PUSH.search(name) is not None and _PUSHES_NOTHING.fullmatch(name) is None
