"""Tables as plain text and as HTML: words to the left, numbers to the right."""

from collections.abc import Collection, Iterable, Sequence
from html import escape


class Html(str):
    """Text that is HTML already; all other text is escaped."""


def columns(rows: Iterable[Sequence[str]], numbers: Collection[int] = ()) -> list[str]:
    """Lines of text, a line for each row, two blanks between columns.

    *rows* are sequences of the same length; *numbers* says which columns hold numbers, from 0.
    """
    rows = [*rows]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    aligned = [">" if i in numbers else "<" for i in range(len(widths))]
    return ["  ".join(map(format, row, map("{}{}".format, aligned, widths))).rstrip() for row in rows]


def cell(content: str, look: str = "", tag: str = "td", **attributes: object) -> Html:
    """One cell; *look* is its class, *attributes* are written as they are called."""
    given = {"class": look, **attributes}
    written = "".join(f' {name}="{escape(str(value))}"' for name, value in given.items() if value != "")
    return Html(f"<{tag}{written}>{content if isinstance(content, Html) else escape(content)}</{tag}>")


def row(cells: Iterable[str], look: str = "", numbers: Collection[int] = ()) -> Html:
    """One row. What `cell` made stays; other text becomes a cell, to the right in the columns of *numbers*."""
    made = [
        one if isinstance(one, Html) and one.startswith(("<td", "<th")) else cell(one, "num" if i in numbers else "")
        for i, one in enumerate(cells)
    ]
    opened = f'<tr class="{look}">' if look else "<tr>"
    return Html(f"{opened}{''.join(made)}</tr>")


def _head(word: str, look: str) -> Html:
    if isinstance(word, Html):
        return word
    return cell(word, look, "th", scope="col") if word else cell("")


def table(
    heads: Iterable[str],
    rows: Iterable[Iterable[str]],
    *,
    look: str = "",
    caption: str = "",
    foot: str = "",
    numbers: Collection[int] = (),
) -> Html:
    """A table of HTML; `theme.Shown`, the widgets and the pages bring its styles.

    *heads* head the columns: words, or what `cell` made; one without a word is an empty cell, which nobody reads out.
    *rows* are sequences of cells, or what `row` made; *foot* is a last row that `row` made.
    """
    above = [_head(word, "num" if i in numbers else "") for i, word in enumerate(heads)]
    body = [one if isinstance(one, Html) else row(one, numbers=numbers) for one in rows]
    title = f"<caption>{escape(caption)}</caption>" if caption else ""
    below = f"<tfoot>{foot}</tfoot>" if foot else ""
    return Html(
        f'<table class="{f"ras-table {look}".strip()}">{title}'
        f"<thead>{row(above)}</thead><tbody>{''.join(body)}</tbody>{below}</table>"
    )
