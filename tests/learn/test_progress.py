"""What a learner has answered is kept, carried to another machine, and never lost by a bad file or line."""

import json
import re

import pytest

from raslib.learn.ask import ask
from raslib.learn.progress import FILE, Answered, Progress


def test_answers_are_kept_beside_the_notebooks(tmp_path):
    progress = Progress.read(tmp_path)
    progress.note("01", "a", False, "host.notify")
    progress.note("01", "a", True, "host.notify")
    progress.note("02", "b", True, "guest.notify")
    again = Progress.read(tmp_path)
    assert again.entries == {
        ("01", "a"): Answered(True, 2, "host.notify"),
        ("02", "b"): Answered(True, 1, "guest.notify"),
    }
    assert (again.score("01"), again.score("02"), again.score("03")) == ("0 of 1", "1 of 1", "0 of 0")
    assert [path.name for path in tmp_path.iterdir()] == [FILE]


def test_what_was_answered_rightly_once_counts_its_tries_no_more(tmp_path):
    progress = Progress.read(tmp_path)
    for right in (False, False, True, True, False):
        progress.note("01", "a", right, "host.notify")
    assert progress.entries["01", "a"] == Answered(False, 3, "host.notify")


def test_topics_to_look_at_again_are_those_that_took_more_than_one_try(tmp_path):
    progress = Progress.read(tmp_path)
    progress.note("01", "a", True, "host.notify")
    progress.note("01", "b", False, "guest.notify, guest.acked")
    progress.note("02", "c", False, "guest.acked")
    progress.note("02", "c", True, "guest.acked")
    assert progress.again() == {"guest.acked": 2, "guest.notify": 1}


def test_what_was_asked_and_not_answered_is_open(tmp_path):
    check = ask("How does it end for the guest?", "guest")
    progress = Progress.read(tmp_path)
    progress.ask("01", [check])
    assert Progress.read(tmp_path).entries == {("01", check.key): Answered(False, 0, check.topic)}
    assert progress.again() == {}
    progress.note("01", check.key, True, check.topic)
    progress.ask("01", [check])
    assert progress.entries == {("01", check.key): Answered(True, 1, check.topic)}


def test_a_lesson_that_begins_forgets_what_it_left_open_and_nothing_else(tmp_path):
    """A new version of it may ask otherwise; what it still asks is open again when it does."""
    progress = Progress.read(tmp_path)
    for lesson in ("01", "02"):
        progress.ask(lesson, [ask("How does it end for the guest?", "guest")])
        progress.note(lesson, "answered", False, "host.notify")
    progress.begin("01")
    assert [(lesson, entry.tries) for (lesson, _), entry in progress.entries.items()] == [
        ("01", 1),
        ("02", 0),
        ("02", 1),
    ]


def test_what_is_open_elsewhere_does_not_undo_what_was_tried_here():
    tried, asked = Answered(False, 2, "host.vhe"), Answered(False, 0, "host.vhe")
    here, there = Progress({("01", "a"): tried}), Progress({("01", "a"): asked, ("01", "b"): asked})
    here.take(there.line())
    assert here.entries == {("01", "a"): tried, ("01", "b"): asked}


def test_a_notebook_shows_it_as_a_table_with_the_line_to_carry(tmp_path):
    progress = Progress(
        {
            ("01", "a"): Answered(True, 1, "host.vhe"),
            ("01", "b"): Answered(True, 3, "host.notify, guest.acked"),
            ("01", "c"): Answered(False, 1, "host.notify"),
            ("02", "d"): Answered(False, 0, "cper.bytes"),
        }
    )
    shown = progress._repr_mimebundle_()
    assert shown["text/plain"].splitlines() == [
        "lesson  done  open  to look at again",
        "01         2     1  host.notify (2), guest.acked",
        "02         0     1",
        "",
        progress.line(),
    ]
    cells = re.findall(r"<td[^>]*>([^<]*)</td>", shown["text/html"])
    assert cells == ["01", "2", "1", "host.notify (2), guest.acked", "02", "0", "1", ""]
    assert f"<code>{progress.line()}</code>" in shown["text/html"]


def test_a_line_carries_progress_to_another_machine(tmp_path):
    here, there = Progress.read(tmp_path / "here"), Progress({})
    (tmp_path / "here").mkdir()
    here.note("01", "a", True, "host.notify")
    here.note("01", "b", False, "host.vhe")
    there.note("01", "b", True, "host.vhe")
    assert "\n" not in here.line()
    assert there.take(f" {here.line()}\n") == 2
    assert there.entries == {("01", "a"): Answered(True, 1, "host.notify"), ("01", "b"): Answered(True, 1, "host.vhe")}


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("", "a line of progress begins with 'ras1:'"),
        ("ras1:", "a part of this line of progress is missing"),
        ("ras1:????", "a part of this line of progress is missing"),
        ("ras1:AAAAAAAA", "this line of progress is damaged"),
        ("ras1:eJwDAAAAAAE=", "this line holds no progress that can be read"),
    ],
)
def test_a_bad_line_changes_nothing(line, why):
    progress = Progress({("01", "a"): Answered(True, 1, "")})
    with pytest.raises(ValueError, match=why):
        progress.take(line)
    assert progress.entries == {("01", "a"): Answered(True, 1, "")}


def test_a_cut_line_is_refused():
    progress = Progress({("01", "a"): Answered(True, 1, "x" * 80)})
    with pytest.raises(ValueError, match="line of progress"):
        Progress({}).take(progress.line()[:-8])


@pytest.mark.parametrize("text", ["[]", "null", '{"lessons": 3}', "{", '{"lessons": {"01": {"a": {}}}}', "[" * 100_000])
def test_a_damaged_file_is_named_and_left_alone(tmp_path, text):
    (tmp_path / FILE).write_text(text)
    with pytest.raises(ValueError, match=f"{FILE} holds no progress that can be read"):
        Progress.read(tmp_path)
    assert (tmp_path / FILE).read_text() == text


def test_the_file_is_plain_json(tmp_path):
    Progress.read(tmp_path).note("01", "a", True, "host.notify")
    assert json.loads((tmp_path / FILE).read_text()) == {
        "version": 1,
        "lessons": {"01": {"a": {"right": True, "tries": 1, "topic": "host.notify"}}},
    }
