"""Two pages to print for those who come to a session: the map, how to diagnose, and the words of its route."""

from html import escape

from ..sim.walk import walk
from ..views.map import story_map
from ..views.theme import style
from ..views.trace_view import trace_view
from .lead import RECIPE, stops_of
from .terms import cards_in

STYLE = """
@page { size: A4; margin: 12mm }
body { max-width: 186mm; font-size: 11pt; svg { width: 100% } }
.words { break-before: page; columns: 2; column-gap: 8mm; font-size: 8.4pt; line-height: 1.3 }
.words p { break-inside: avoid; margin: 0 0 1.4mm }
"""


def handout(minutes: int) -> str:
    """HTML text of two pages of A4 for the route of *minutes*. Raises ValueError if there is no such route.

    The first has the map with the story of the first stop, and the recipe; the second a card for each word that the
    route uses, in what it says, asks and answers, and on the map.
    """
    stops = stops_of(minutes)
    story = trace_view(walk(stops[0].scenario))
    said = [text for stop in stops for text in (stop.say, *(str(check) for check in stop.asks()))]
    cards = dict.fromkeys(cards_in(" ".join([*said, *RECIPE, *story["terms"]])).values())
    title = f"A memory error on arm64, in {minutes} minutes"
    recipe = "".join(f"<li>{escape(step)}</li>" for step in RECIPE)
    paragraph = "<p><b>{}</b>, {}. {} <i>{}</i></p>"
    words = "".join(paragraph.format(*map(escape, (c.word, c.full, c.means, c.where))) for c in cards)
    return f"""<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>{title}</title><style>{style("page", "theme", "svg", "map")}{STYLE}</style></head>
<body><main>
<h1>{title}</h1>
{story_map(story)}
<h2>From a log to what happened</h2>
<ol>{recipe}</ol>
<section class="words"><h2>Words</h2>{words}</section>
</main></body>
</html>
"""
