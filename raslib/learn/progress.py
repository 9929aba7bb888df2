"""What a learner has answered: a JSON file beside the notebooks, which goes nowhere else."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple, Self
from zlib import compress, decompressobj
from zlib import error as ZlibError

from ..views.table import Html, columns, table
from ..views.theme import Shown
from .ask import Check

FILE = "raslib-progress.json"
_SIGN = "ras1:"  # begins a line of progress, and says how it is written
_LARGEST = 1 << 20  # bytes of a line's JSON: far more than all lessons hold


class Answered(NamedTuple):
    """How a learner has fared with one question."""

    right: bool  # the last answer was
    tries: int  # until it was right for the first time, or so far; 0: it was asked, and not answered
    topic: str  # what it turns on

    @property
    def missed(self) -> bool:
        """Was a wrong answer given, whatever came after it?"""
        return self.tries > 1 or (self.tries == 1 and not self.right)


class Progress:
    """Answers by lesson and question, shown as a table. Made by `Progress.read`; `note` keeps an answer."""

    def __init__(self, entries: dict[tuple[str, str], Answered], path: Path | None = None) -> None:
        self.entries, self.path = entries, path

    @classmethod
    def read(cls, folder: Path | str = ".") -> Self:
        """The progress that is kept in *folder*; empty if there is none. Raises ValueError if the file is damaged."""
        path = Path(folder) / FILE
        return cls(_entries(path.read_text(encoding="utf-8"), str(path)) if path.exists() else {}, path)

    def ask(self, lesson: str, checks: Iterable[Check]) -> None:
        """Keep that these were asked: until it is answered, a question is open."""
        for check in checks:
            self.entries.setdefault((lesson, check.key), Answered(False, 0, check.topic))
        self._write()

    def begin(self, lesson: str) -> None:
        """Forget what is open in *lesson*, which asks again: a new version of it may have other questions."""
        self.entries = {key: entry for key, entry in self.entries.items() if key[0] != lesson or entry.tries}

    def note(self, lesson: str, question: str, right: bool, topic: str) -> None:
        """Keep that *question* (a `Check.key`) of *lesson* was answered."""
        before = self.entries.get((lesson, question))
        tries = 1 + before.tries if before and not before.right else before.tries if before else 1
        self.entries[lesson, question] = Answered(right, tries, topic)
        self._write()

    def score(self, lesson: str) -> str:
        """How many questions of *lesson* were answered rightly at once, `3 of 5`."""
        entries = [entry for (name, _), entry in self.entries.items() if name == lesson]
        return f"{sum(entry.right and not entry.missed for entry in entries)} of {len(entries)}"

    def again(self, *lessons: str) -> Counter[str]:
        """Topics to look at again, of these lessons or of all, with how many questions on them were missed."""
        missed = [entry for (name, _), entry in self.entries.items() if entry.missed and name in (lessons or (name,))]
        return Counter(topic for entry in missed for topic in entry.topic.split(", ") if topic)

    def line(self) -> str:
        """All of it as one line, to carry to another machine."""
        return _SIGN + urlsafe_b64encode(compress(self._json().encode(), 9)).decode()

    def take(self, line: str) -> int:
        """Add what another machine's `line` holds, and give the number of its questions.

        What was answered rightly here stays so; what was only asked there changes nothing. Raises ValueError if *line*
        is none.
        """
        others = _entries(_unpacked(line), "this line")
        for question, entry in others.items():
            mine = self.entries.get(question)
            if not mine or (entry.tries and not mine.right):
                self.entries[question] = entry
        self._write()
        return len(others)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        """What is done, what is open and what to look at again, lesson by lesson, and the line to carry it."""
        heads, rows = ("lesson", "done", "open", "to look at again"), [*self._rows()]
        text = "\n".join([*columns([heads, *rows], (1, 2)), "", self.line()])
        carry = f"<summary>As one line, to carry to another machine</summary><code>{self.line()}</code>"
        html = table(heads, rows, caption="Questions so far", numbers=(1, 2)) + f"<details>{carry}</details>"
        return Shown(Html(html), text)._repr_mimebundle_()

    def _rows(self) -> Iterable[tuple[str, str, str, str]]:
        for lesson in sorted({name for name, _ in self.entries}):
            right = [entry.right for (name, _), entry in self.entries.items() if name == lesson]
            again = (f"{topic} ({n})" if n > 1 else topic for topic, n in self.again(lesson).most_common())
            yield lesson, str(sum(right)), str(len(right) - sum(right)), ", ".join(again)

    def _json(self) -> str:
        lessons: dict[str, dict[str, Any]] = {}
        for (lesson, question), entry in sorted(self.entries.items()):
            lessons.setdefault(lesson, {})[question] = entry._asdict()
        return json.dumps({"version": 1, "lessons": lessons}, indent=1)

    def _write(self) -> None:
        if self.path:
            beside = self.path.with_suffix(".new")
            beside.write_text(self._json(), encoding="utf-8")
            beside.replace(self.path)


def _entries(text: str, where: str) -> dict[tuple[str, str], Answered]:
    try:
        lessons = json.loads(text)["lessons"]
        return {
            (lesson, question): Answered(bool(entry["right"]), int(entry["tries"]), str(entry["topic"]))
            for lesson, questions in lessons.items()
            for question, entry in questions.items()
        }
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as e:
        raise ValueError(f"{where} holds no progress that can be read ({type(e).__name__}: {e})") from None


def _unpacked(line: str) -> str:
    sign, packed = line.strip()[: len(_SIGN)], line.strip()[len(_SIGN) :]
    if sign != _SIGN:
        raise ValueError(f"a line of progress begins with {_SIGN!r}")
    try:
        unpacking = decompressobj()
        text = unpacking.decompress(urlsafe_b64decode(packed), _LARGEST)
        if not unpacking.eof:
            raise ValueError("a part of this line of progress is missing")
        return text.decode()
    except (Base64Error, ZlibError, UnicodeDecodeError):
        raise ValueError("this line of progress is damaged") from None
