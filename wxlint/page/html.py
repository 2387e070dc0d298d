"""The page: what is known of a family and what is wrong with it. Readable without its script, in light and in dark."""

from __future__ import annotations

import base64
import hashlib
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from wxlint.core.escape import escape_part
from wxlint.core.findings import Finding
from wxlint.core.tuples import NamedTuple
from wxlint.core.units import amount
from wxlint.documents.source import Source
from wxlint.images.graph.pictures.drawing import draw
from wxlint.images.graph.pictures.picture import joined, picture_of
from wxlint.output import Report, page, summary_line
from wxlint.page.folding import folded
from wxlint.page.rows import ImageRow, rows

if TYPE_CHECKING:
    from wxlint.images.graph.repository import Repository

_FOLD = 60
"""Boxes of a picture above which images that stand in the same place share one."""
_PICTURE = 120
"""Boxes of a picture that a page can still show; more are in the table only."""


class Extras(NamedTuple):
    """verdicts: a merged report of tests, as JSON. inspected: images looked into, as `wxlint inspect` writes them."""

    verdicts: Mapping[str, Any] | None = None
    inspected: Sequence[Mapping[str, Any]] = ()


def render(report: Report, repositories: Sequence[Repository], title: str, extras: Extras) -> Iterator[str]:
    """Yield the page on one or more families. Texts of checked files are text in it, and no more."""
    style, script = _asset("style.css"), _asset("filter.js")
    policy = (
        f"default-src 'none'; style-src 'sha256-{_hash(style)}'; script-src 'sha256-{_hash(script)}'; base-uri 'none'; "
        "form-action 'none'"
    )
    yield (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{text(title)} · wxlint</title>\n<style>{style}</style>\n</head>\n<body>\n<main>\n"
        f"<h1>{text(title)}</h1>\n<p>{text(summary_line(report.summary))}</p>\n"
    )
    images = rows(repositories)
    yield from _contents(report, len(images), extras)
    yield from _problems(report)
    yield from _images(repositories, report, images)
    yield from _findings(report)
    if extras.verdicts is not None:
        yield from _verdicts(extras.verdicts)
    if extras.inspected:
        yield from _layers(extras.inspected)
    yield f"</main>\n<script>{script}</script>\n</body>\n</html>\n"


def text(value: object) -> str:
    """A text in an element or an attribute: nothing in it is markup, and nothing hides."""
    shown = escape_part(str(value))
    for character, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;"), ("'", "&#39;")):
        shown = shown.replace(character, entity)
    return shown


def _asset(name: str) -> str:
    with open(os.path.join(os.path.dirname(__file__), name), encoding="utf-8") as file:
        return file.read()


def _hash(content: str) -> str:
    return base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()


def _problems(report: Report) -> Iterator[str]:
    if report.summary.problems:
        yield "<h2>Not read</h2>\n<ul>\n"
        yield from (f"<li>{text(problem)}</li>\n" for problem in report.summary.problems)
        yield "</ul>\n"


def _contents(report: Report, images: int, extras: Extras) -> Iterator[str]:
    """Links to the parts of the page, and the filter, which needs the script."""
    parts = [("images", f"Images ({images})"), ("findings", f"Findings ({len(report.findings)})")]
    parts += [("verdicts", "Verdicts")] if extras.verdicts is not None else []
    parts += [("layers", "CUDA by layer")] if extras.inspected else []
    links = "".join(f'<li><a href="#{name}">{shown}</a></li>' for name, shown in parts)
    yield f'<nav aria-label="Parts of the page"><ul>{links}</ul></nav>\n'
    yield (
        '<form class="filter" role="search" aria-label="Images and findings">\n<div><label for="word">Word</label>'
        '<input id="word" type="search" autocomplete="off"></div>\n<div><label for="least">Findings at least</label>'
        '<select id="least"><option value="1">info</option><option value="2">warning</option>'
        '<option value="3">error</option></select></div>\n<output id="shown" aria-live="polite"></output>\n</form>\n'
    )


def _images(repositories: Sequence[Repository], report: Report, images: Iterable[ImageRow]) -> Iterator[str]:
    """The families as a picture, and as a table with the stack of each image."""
    picture = folded(joined([picture_of(one, None, report.findings) for one in repositories]), _FOLD)
    yield '<h2 id="images">Images</h2>\n'
    if len(picture.nodes) > _PICTURE:
        yield f"<p>No picture: it would have {len(picture.nodes)} boxes. The table says the same.</p>\n"
    elif picture.nodes:
        drawn = draw(picture, "svg")
        drawn = drawn[drawn.index("<svg") :].replace(
            "<svg", '<svg role="img" aria-label="What is built from what; the table below says the same"', 1
        )
        yield f'<div class="scroll picture" tabindex="0" role="region" aria-label="Picture">{_styled(drawn)}</div>\n'
    yield (
        '<div class="scroll" tabindex="0" role="region" aria-label="Table of images">\n<table>\n'
        "<caption>Every image that is built</caption>\n<thead><tr><th scope='col'>Image</th><th scope='col'>For</th>"
        "<th scope='col'>torch</th><th scope='col'>Base</th><th scope='col'>Stack</th><th scope='col'>Built by</th>"
        "</tr></thead>\n<tbody>\n"
    )
    for image in images:
        cells = (image.variant, image.torch, image.base, image.stack)
        row = "".join(f"<td>{text(cell)}</td>" for cell in cells)
        row += f'<td class="small">{"<br>".join(map(text, image.builders))}</td>'
        where = f'<span class="soft">{text(image.path)}</span>'
        yield f'<tr data-image><th scope="row">{text(image.name)}<br>{where}</th>{row}</tr>\n'
    yield "</tbody>\n</table>\n</div>\n"


def _styled(drawn: str) -> str:
    """A drawing without inline styles, which the page's policy forbids: they become attributes."""

    def attributes(match: re.Match[str]) -> str:
        pairs = (pair.partition(":") for pair in match[1].split(";") if ":" in pair)
        return "".join(f' {name.strip()}="{value.strip()}"' for name, _, value in pairs)

    return re.sub(r'\sstyle="([^"]*)"', attributes, drawn)


def _findings(report: Report) -> Iterator[str]:
    yield '<h2 id="findings">Findings</h2>\n'
    if not report.findings:
        yield "<p>Nothing found.</p>\n"
    for finding in report.findings:
        yield from _finding(finding, report.sources.get(finding.span.path))


def _finding(finding: Finding, source: Source | None) -> Iterator[str]:
    label, span = finding.severity.label, finding.span
    yield f'<article class="finding {label}" data-level="{int(finding.severity)}">\n'
    yield f'<h3><span class="word {label}">{label}</span> {text(finding.message)}</h3>\n'
    link = f'<a href="{text(page(finding.rule))}">{text(finding.rule)}</a>'
    yield f"<p><code>{text(span.path)}:{span.line}:{span.column}</code> {link}</p>\n"
    if source is not None:
        yield f'<pre tabindex="0">{_excerpt(source, finding)}</pre>\n'
    if finding.because:
        reasons = "".join(f"<li>{text(reason.shown(span.path))}</li>" for reason in finding.because)
        yield f"<details><summary>Why</summary><ul>{reasons}</ul></details>\n"
    if finding.hint:
        yield f"<p>{text(finding.hint)}</p>\n"
    yield "</article>\n"


def _excerpt(source: Source, finding: Finding) -> str:
    """The lines around a finding, the finding marked."""
    span = finding.span
    shown = []
    last = len(source.starts) - source.text.endswith("\n")
    for number in range(max(span.line - 1, 1), min(span.end_line + 1, span.line + 8, last) + 1):
        line = source.line_text(number)[:500]
        start = span.column - 1 if number == span.line else 0
        end = span.end_column - 1 if number == span.end_line else len(line)
        if span.line <= number <= span.end_line and start < end:
            marked = f"{text(line[:start])}<mark>{text(line[start:end])}</mark>{text(line[end:])}"
        else:
            marked = text(line)
        shown.append(f"{number:5}  {marked}")
    return "\n".join(shown)


def _verdicts(report: Mapping[str, Any]) -> Iterator[str]:
    """The matrix of verdicts: an image in each row, a check in each column."""
    images = report["images"]
    counts = ", ".join(f"{number} {verdict}" for verdict, number in report["counts"].items() if number)
    checks = list(dict.fromkeys(check["name"] for image in images for check in image["checks"]))
    heads = "".join(f'<th scope="col">{text(name)}</th>' for name in checks)
    yield (
        f'<h2 id="verdicts">Verdicts</h2>\n<p>{text(counts or "none")}</p>\n'
        '<div class="scroll" tabindex="0" role="region" aria-label="Verdicts">\n<table>\n'
        "<caption>What tests of the built images showed</caption>\n"
        f'<thead><tr><th scope="col">Image</th>{heads}</tr></thead>\n<tbody>\n'
    )
    for image in images:
        found = {check["name"]: check for check in image["checks"]}
        cells = "".join(_verdict(found.get(name)) for name in checks)
        yield f'<tr><th scope="row">{text(image["image"])}</th>{cells}</tr>\n'
    yield "</tbody>\n</table>\n</div>\n"
    yield _reasons(images, ("FAIL", "ERROR")) or "<p>No check failed.</p>\n"
    open_checks = _reasons(images, ("UNPROVEN", "SKIP"))
    if open_checks:
        yield f"<details><summary>What was not shown, and why</summary>\n{open_checks}</details>\n"


def _reasons(images: Iterable[Mapping[str, Any]], verdicts: Sequence[str]) -> str:
    """The reasons of verdicts as a list, each with the checks of an image that have it; "" for none."""
    found: dict[tuple[str, str, str], list[str]] = {}
    for image in images:
        for check in image["checks"]:
            if check["verdict"] in verdicts:
                found.setdefault((check["verdict"], image["image"], check["reason"]), []).append(check["name"])
    items = [
        f'<li><span class="{text(verdict)}">{text(verdict)}</span> {text(image)}: {text(", ".join(names))}: '
        f"{text(reason)}</li>\n"
        for (verdict, image, reason), names in found.items()
    ]
    return "".join(["<ul>\n", *items, "</ul>\n"]) if items else ""


def _verdict(check: Mapping[str, Any] | None) -> str:
    if check is None:
        return "<td>–</td>"
    return f'<td class="{text(check["verdict"])}" title="{text(check["reason"])}">{text(check["verdict"])}</td>'


def _layers(inspected: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """What brought CUDA in, by layer: a bar for each image, and the same as a table."""
    yield '<h2 id="layers">CUDA by layer</h2>\n'
    for image in inspected:
        layers = image["layers"]
        whole = max(sum(layer["bytes"] for layer in layers), 1)
        cuda = sum(layer["cuda_bytes"] for layer in layers)
        share = f"{text(amount(cuda) if cuda else 'Nothing')} of {text(amount(whole))} came with CUDA"
        yield f"<h3>{text(image['reference'])}</h3>\n<p>{share}</p>\n"
        if not cuda:
            continue
        yield from _bar([layer["cuda_bytes"] for layer in layers], whole)
        yield (
            f'<div class="scroll" tabindex="0" role="region" aria-label="Layers of {text(image["reference"])}">\n'
            '<table>\n<thead><tr><th scope="col">Layer</th><th scope="col">CUDA</th><th scope="col">All</th>'
            '<th scope="col">Made by</th></tr></thead>\n<tbody>\n'
        )
        for number, layer in enumerate(layers):
            if layer["cuda_bytes"]:
                cells = (amount(layer["cuda_bytes"]), amount(layer["bytes"]), layer["created_by"][:200])
                yield f'<tr><th scope="row">{number}</th>{"".join(f"<td>{text(cell)}</td>" for cell in cells)}</tr>\n'
        yield "</tbody>\n</table>\n</div>\n"


def _bar(parts: Sequence[int], whole: int) -> Iterator[str]:
    """A bar as a drawing, whose widths are attributes: the page's policy forbids styles."""
    at = 0.0
    yield '<svg role="img" aria-label="The share of CUDA in each layer" width="100%" height="24" class="bar">'
    for number, part in enumerate(parts):
        width = 100 * part / whole
        if part:
            fill = ("#2b6cb0", "#3b82c4", "#1a4e84")[number % 3]
            place = f'x="{at:.2f}%" y="0" width="{width:.2f}%" height="24"'
            yield f'<rect {place} fill="{fill}"><title>layer {number}</title></rect>'
        at += width
    yield "</svg>\n"
