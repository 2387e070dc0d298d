"""The pages in docs/rules/, made from the rules themselves: `python -m wxlint.rules._docs` writes them."""

from __future__ import annotations

import sys
from pathlib import Path

from wxlint.rules import load_rules

FOLDER = Path("docs/rules")


def pages() -> dict[str, str]:
    """File name to text: one page for each rule, and README.md, which lists them."""
    rules = load_rules()
    note = "<!-- made from wxlint/rules by `python -m wxlint.rules._docs` -->\n"
    found = {}
    listed = [note, "# Rules\n", "| rule | severity | what it finds |", "|---|---|---|"]
    for name, rule in rules.items():
        listed.append(f"| [{name}]({name}.md) | {rule.severity.label} | {rule.summary} |")
        about = f"Severity: {rule.severity.label}. What to do: {rule.hint}.\n"
        suppress = f"## Suppressing it\n\n    # wxlint: ignore[{name}] the reason\n"
        found[f"{name}.md"] = "\n".join([note, f"# {name}\n", about, rule.docs, suppress])
    found["README.md"] = "\n".join(listed) + "\n"
    return found


def write(folder: Path) -> None:
    """Write the pages, and take out those of rules that are gone."""
    folder.mkdir(parents=True, exist_ok=True)
    wanted = pages()
    for path in folder.glob("*.md"):
        if path.name not in wanted:
            path.unlink()
    for name, text in wanted.items():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
