"""For whoever leads a session: routes of 30, 60 and 90 minutes, what to ask aloud and what is answered, a handout.

A route is a list of stops, as `routes.toml` has them; questions and wrong answers come from the simulator, so a leader
reads what the room will.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from html import escape
from textwrap import fill
from typing import Any, NamedTuple

from .. import resources
from ..sim.model.scenario import Scenario
from ..sim.walk import walk
from ..views.map import story_map
from ..views.table import columns
from ..views.theme import style
from ..views.trace_view import trace_view
from .ask import Check, ask, questions
from .progress import Progress
from .terms import cards_in


class Stop(NamedTuple):
    """A part of a route: how long it takes, which lesson it is in, the scenario on the screen, and what to say."""

    minutes: int
    lesson: str  # the notebook's number
    title: str
    say: str
    choices: tuple[str, ...] = ()  # of the scenario, as `Scenario.of` takes them
    ask: tuple[str, str] | None = None  # a question, and a part of the outcome; none: what the stepper asks

    @property
    def scenario(self) -> Scenario:
        return Scenario.of(*self.choices)

    def asks(self) -> tuple[Check, ...]:
        """What to ask aloud, with the answers that the room may give."""
        if self.ask:
            return (ask(*self.ask, self.scenario),)
        return questions(walk(self.scenario), 3)


_READ = resources.table(__file__, "routes.toml")
RECIPE: tuple[str, ...] = tuple(_READ["recipe"])  # how a log is diagnosed: what one carries away


def _stop(stop: str, **other: Any) -> Stop:
    """The stop of this name, with what is *other* in one route."""
    values: dict[str, Any] = {**_READ["stops"][stop], **other}
    return Stop(**values | {name: tuple(value) for name, value in values.items() if isinstance(value, list)})


ROUTES: dict[int, tuple[Stop, ...]] = {
    int(minutes): tuple(_stop(**stop) for stop in stops) for minutes, stops in _READ["routes"].items()
}


def stops_of(minutes: int) -> tuple[Stop, ...]:
    """The stops of the route of *minutes*. Raises ValueError if there is no such route."""
    if minutes not in ROUTES:
        raise ValueError(f"there are routes of {', '.join(map(str, ROUTES))} minutes, none of {minutes}")
    return ROUTES[minutes]


def route(minutes: int) -> str:
    """The route of *minutes* to read: for each stop the time, the token of its scenario, what to say and to ask.

    Raises ValueError if there is no such route.
    """
    return "\n".join(_lines(stops_of(minutes)))


def _lines(stops: tuple[Stop, ...]) -> Iterator[str]:
    at = 0
    for number, stop in enumerate(stops, 1):
        yield f"{at:2}-{at + stop.minutes} min  {number}. {stop.title} (lesson {stop.lesson})"
        at += stop.minutes
        yield _wrapped(stop.say)
        if token := stop.scenario.token():
            yield _wrapped(f"Everybody on the same scenario: raslib walk --token {token}")
        for question in stop.asks():
            yield _wrapped(f"Ask: {question.asks}")
            for answer in question.answers:
                why = "" if answer.right else f" - that would be right {answer.because}"
                yield _wrapped(f"{'right' if answer.right else 'wrong'}: {answer.text}{why}", 6)
        yield ""
    yield f"{at} minutes; what is left of the hour is for questions."


def _wrapped(text: str, indent: int = 4) -> str:
    return fill(text, 110, initial_indent=" " * indent, subsequent_indent=" " * (indent + 2))


# --- two pages to print ----------------------------------------------------------------------------------------------

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


# --- before and after ------------------------------------------------------------------------------------------------

QUIZZES = ("before", "after")  # the names of the lessons that ask at both ends of a session


def compared(lines: Iterable[str]) -> str:
    """How a group did before and after a session: a row for each of these lines, and what most have missed.

    A line is that of `Progress.line`, with a name before it if one likes. A quiz counts what was answered rightly at
    once. Raises ValueError that names the line which is none.
    """
    rows: list[tuple[str, ...]] = [("who", *QUIZZES)]
    missed = Counter[str]()
    for number, line in enumerate(filter(str.strip, lines), 1):
        name, _, packed = line.strip().rpartition(" ")
        progress = Progress({})
        try:
            progress.take(packed)
        except ValueError as e:
            raise ValueError(f"line {number}: {e}") from None
        rows.append((name.rstrip(": ") or str(number), *map(progress.score, QUIZZES)))
        missed.update(progress.again(*QUIZZES).keys())
    again = (f"  {topic}: {number} of {len(rows) - 1}" for topic, number in missed.most_common(5))
    return "\n".join([*columns(rows, (1, 2)), "", "Missed by most:", *again])
