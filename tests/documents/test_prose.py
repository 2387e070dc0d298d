"""Literal blocks of Markdown and reStructuredText."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from wxlint.documents.prose import TextBlock, blocks, sentences
from wxlint.documents.source import Source


def texts(name: str, text: str) -> list[tuple[str, list[str]]]:
    return [(block.language, [line for _, line in block.lines]) for block in blocks(Source(name, text))]


def test_fences_of_markdown() -> None:
    text = """\
```Bash title="x"
one
~~~
````
~~~
two
```
~~~~
* item
  ```{.sh}
    three
  ```
> ```
> four
> ```
``` `inline` ```
```
open
"""
    assert texts("a.md", text) == [
        ("bash", ["one", "~~~"]),
        ("", ["two", "```"]),
        ("sh", ["  three"]),
        ("", ["four"]),
        ("", ["open", ""]),
    ]


def test_what_a_comment_hides_is_no_block() -> None:
    text = "<!--\n```\nhidden\n```\n-->\n<!-- short -->\n```\nshown\n```\n"
    assert texts("a.md", text) == [("", ["shown"])]


def test_literal_blocks_of_restructuredtext() -> None:
    text = """\
.. code-block:: console
   :linenos:

   $ one

     two

Text::

  three
.. note::

   no code
"""
    assert texts("a.rst", text) == [("console", ["", "$ one", "", "  two", ""]), ("", ["", "three"])]


@given(st.text(alphabet="`~ >*-.:\n\tab<!{}", max_size=80), st.sampled_from(("a.md", "a.rst")))
def test_every_line_of_a_block_stands_where_it_says(text: str, name: str) -> None:
    source = Source(name, text)
    for block in blocks(source):
        for start, line in block.lines:
            assert source.text.startswith(line, start)
            assert "\n" not in line


def said(name: str, text: str) -> list[tuple[str, TextBlock]]:
    source = Source(name, text)
    return list(sentences(source, blocks(source)))


def test_commands_in_sentences_of_markdown_and_restructured_text() -> None:
    text = """\
Build it: `docker build -f a .`, then ``docker-compose -f b.yml up``, not `docker run c`, and *not* docker build d .
```
`docker build -f e .`
```
  - `sudo docker compose -f f.yml up`
"""
    found = [(line.strip()[:5], block.lines) for line, block in said("a.md", text)]
    assert found == [
        ("Build", ((11, "docker build -f a ."),)),
        ("Build", ((text.index("docker-compose"), "docker-compose -f b.yml up"),)),
        ("- `su", ((text.index("sudo"), "sudo docker compose -f f.yml up"),)),
    ]
    assert [block.lines[0][1] for _, block in said("a.rst", "see ``docker build -f a .`` there")] == [
        "docker build -f a ."
    ]
