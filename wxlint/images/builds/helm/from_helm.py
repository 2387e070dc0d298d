"""What a file of values of a Helm chart names: its images, and the containers that run them."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from wxlint.documents.yaml import parse
from wxlint.images.builds.filled_later import refused
from wxlint.images.builds.helm.charts import OWN_VALUES, Chart, Matching, nothing
from wxlint.images.builds.helm.images import Layer, values_images
from wxlint.images.builds.helm.pods import helm_running
from wxlint.images.builds.model import Script

if TYPE_CHECKING:
    from wxlint.core.cache import Cache
    from wxlint.documents.source import Source
    from wxlint.images.builds.helm.charts import Read


def helm_script(
    source: Source, cache: Cache, read: Read, matching: Matching = nothing, folder: str | None = None
) -> Script:
    """What a file of values names.

    Args:
        read: another file of the repository, or None. matching: the files of a pattern.
        folder: of the chart that the values are for, where it is not their own.
    """
    own, name = posixpath.split(source.path)
    chart = Chart(own if folder is None else folder, cache, read, matching)
    below = None if name in OWN_VALUES and chart.folder == own else chart.values
    values = parse(source, cache)
    layers = [Layer(root, below, source) for root in values.documents]
    uses = [use for layer in layers for use in values_images(layer, chart)]
    running = tuple(one for layer in layers for one in helm_running(layer, chart))
    return Script((), (), tuple(uses), problems=refused(source, values), running=running)
