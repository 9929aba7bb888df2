"""Links the first use of each word in a lesson's prose to its card: `python tests/learn/words.py` does all lessons.

`the [SEA] is taken`, and below the cell `[SEA]: 17_words.ipynb#SEA "its card"`. The title of the link is the card of
raslib/learn/terms.toml, so that it is read without a script as well; a test holds the lessons to what is written here.
"""

import json
import re
from pathlib import Path
from typing import Any

from raslib.learn.terms import cards_in

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
LINK = re.compile(r'^\[([^]]+)\]: 17_words\.ipynb#\S+ "[^"]*"(?:\n|\Z)', re.MULTILINE)
# Where no link is made: code, headings, other links, HTML.
OTHER = re.compile(r"```.*?```|`[^`]*`|^#.*?$|\[[^]]*\]\([^)]*\)|<[^>]+>|&\w+;", re.DOTALL | re.MULTILINE)


def unlinked(text: str) -> str:
    """The prose of a cell without links to cards."""
    words = LINK.findall(text)
    text = LINK.sub("", text)
    for word in words:
        text = text.replace(f"[{word}]", word)
    return text.rstrip("\n")


def linked(text: str, seen: set[str]) -> str:
    """The prose of a cell with a link to the card of each word that is not *seen* yet."""
    text = unlinked(text)
    prose = OTHER.sub(lambda other: "_" * len(other[0]), text)
    links = {}
    for word, card in sorted(cards_in(prose).items(), key=lambda item: -len(item[0])):
        at = re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", prose)
        prose = re.sub(rf"(?<![\w-]){re.escape(word)}(?![\w-])", "_" * len(word), prose)
        first = min(links.get(card.word, (len(text), "", card)), (at.start(), word, card), key=lambda link: link[0])
        if card.word not in seen:
            links[card.word] = first
    seen.update(links)
    for at, word, _ in sorted(links.values(), key=lambda link: -link[0]):
        text = f"{text[:at]}[{word}]{text[at + len(word) :]}"
    below = [
        f'[{word}]: 17_words.ipynb#{card.word.replace(" ", "-")} "{card.line}"'
        for _, word, card in sorted(links.values(), key=lambda link: link[0])
    ]
    return "\n\n".join([text, "\n".join(below)]) if below else text


def with_links(lesson: dict[str, Any]) -> dict[str, Any]:
    """A notebook, as it is stored, with its words linked."""
    seen: set[str] = set()
    cells = [
        cell | {"source": linked("".join(cell["source"]), seen).splitlines(keepends=True)}
        if cell["cell_type"] == "markdown"
        else cell
        for cell in lesson["cells"]
    ]
    return lesson | {"cells": cells}


if __name__ == "__main__":
    for path in NOTEBOOKS.glob("*.ipynb"):
        lesson = with_links(json.loads(path.read_text(encoding="utf-8")))
        path.write_text(json.dumps(lesson, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
