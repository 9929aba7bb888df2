"""Checks: the key is the model's, and a wrong answer is told when it would be right."""

import pytest

from raslib.formats.ghes import StatusBlock
from raslib.learn.ask import ask, ask_byte, ask_field, ask_most, ask_number
from raslib.resources import samples
from raslib.sim import walk as walking
from raslib.sim.model.outcome import ENDS, ended
from raslib.sim.model.scenario import Scenario
from raslib.sim.model.trace import Sigbus
from raslib.sim.walk import walk

GUEST = "How does it end for the guest?"


@pytest.fixture(scope="module")
def block() -> StatusBlock:
    return StatusBlock.parse(samples("status_blocks/g_qemu_mem"))


def test_a_part_of_the_outcome_is_asked_for_in_sentences():
    check = ask(GUEST, "guest")
    [right] = [answer for answer in check.answers if answer.right]
    assert right.text == ENDS["sigbus_ar"]
    assert check.verdict(right.text) == (True, "Yes.", None)


@pytest.mark.parametrize("pairs", [(), ("host.first=kernel",), ("guest.notify=none",), ("host.notify=GSIV",)])
@pytest.mark.parametrize("part", ["end", "guest", "signal"])
def test_wrong_answers_are_right_where_their_explanation_says(pairs, part):
    scenario = Scenario.of(*pairs)
    check = ask("How does it end?", part, scenario)
    assert len(check.answers) in (2, 3, 4)
    for answer in check.answers:
        word = walk(answer.scenario or scenario).outcome[part]
        assert answer.text in (word, ENDS.get(word))
        verdict = check.verdict(answer.text)
        assert verdict.right is answer.right
        if not answer.right:
            assert verdict.says == f"No: that would be right {answer.because}."
            assert verdict.scenario == answer.scenario


def test_an_answer_may_be_given_by_its_number():
    check = ask(GUEST, "guest")
    for number, answer in enumerate(check.answers, 1):
        assert check.verdict(number).right is answer.right
        assert check.verdict(str(number)).right is answer.right


def test_what_is_no_answer_is_refused():
    with pytest.raises(ValueError, match="'perhaps' is none of the 4 answers"):
        ask(GUEST, "guest").verdict("perhaps")


def test_what_nothing_changes_is_not_asked():
    with pytest.raises(ValueError, match="no single choice changes the answer 'always'"):
        ask("Always?", lambda trace: "always")


def test_the_question_is_shown_without_its_key():
    check = ask(GUEST, "guest")
    assert str(check).splitlines()[0] == GUEST
    assert [line.lstrip(" 1234.") for line in str(check).splitlines()[1:]] == [answer.text for answer in check.answers]


def test_a_number_is_typed_and_wrong_ones_are_explained():
    check = ask_number("How many signals are sent?", lambda trace: len(trace.handed(Sigbus)))
    right = len(walk(Scenario()).handed(Sigbus))
    assert check.verdict(f"{right:#x}").right
    for answer in check.answers:
        if not answer.right:
            assert len(walk(answer.scenario).handed(Sigbus)) == int(answer.text)
            assert check.verdict(answer.text).says == f"No: that would be right {answer.because}."
    assert check.verdict(77).says == "No, and no single other choice would make it 77."
    with pytest.raises(ValueError, match="invalid literal"):
        check.verdict("many")


def test_a_byte_is_asked_by_its_offset(block):
    check = ask_byte("Where does the address begin?", block, "entries[0].section.physical_address")
    [span] = [s for s in StatusBlock.spans(block.build()) if s.path == "entries[0].section.physical_address"]
    assert check.verdict(span.start).right
    assert check.verdict(hex(span.start)).right
    assert check.verdict(span.start + 1).says == f"No: that would be right for {span.path}."
    assert check.verdict(0).says == "No: that would be right for block_status."
    with pytest.raises(ValueError, match="StatusBlock has no field 'colour'"):
        ask_byte("Where?", block, "colour")


def test_a_field_is_chosen_among_others_of_the_record(block):
    check = ask_field("Which field says how bad the section is?", block, "entries[0].error_severity")
    assert [answer.text for answer in check.answers if answer.right] == ["entries[0].error_severity"]
    paths = {span.path for span in StatusBlock.spans(block.build())}
    assert len({answer.text for answer in check.answers} & paths) == 4


def test_which_has_most_is_asked_of_counts():
    check = ask_most("Which is largest?", {"none": 7, "some": 1200, "many": 900})
    assert check.verdict("some").right
    assert check.verdict("many").says == "No: that would be right if its 900 were more than 1,200."
    for counts in ({"a": 2, "b": 2}, {"a": 1}):
        with pytest.raises(ValueError, match="'Which\\?': no answer has more than all others"):
            ask_most("Which?", counts)


def test_another_model_has_another_key(monkeypatch):
    """The key is computed when the question is made; nothing of it is written down."""
    before = ask(GUEST, "end")

    def memory_failure(s, m):
        yield ended("host", "ignored")
        return None

    monkeypatch.setitem(walking.STAGES, "memory_failure", memory_failure)
    after = ask(GUEST, "end")
    [right] = [answer.text for answer in after.answers if answer.right]
    assert right == ENDS["ignored"]
    assert not before.verdict(next(a.text for a in before.answers if a.text != ENDS["sigbus_ar"])).right
    assert before.key != after.key


def test_a_question_keeps_its_name_while_it_and_its_answer_stay():
    assert ask(GUEST, "guest").key == ask(GUEST, "guest").key
    assert ask(GUEST, "guest").key != ask(GUEST, "guest", Scenario.of("guest.notify=none")).key
