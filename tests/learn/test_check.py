"""Checks: the key is the model's, and a wrong answer is told when it would be right."""

import pytest

from raslib.formats.ghes import StatusBlock
from raslib.learn.ask import Answer, Check, ask, ask_byte, ask_field, ask_most, ask_number
from raslib.learn.glossary import ask_word
from raslib.learn.terms import terms
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


@pytest.mark.parametrize("pairs", [(), ("host.first=kernel",), ("guest.notify=none",), ("host.notify=GSIV",)])
@pytest.mark.parametrize("part", ["end", "guest", "signal"])
def test_wrong_answers_are_right_where_their_explanation_says(pairs, part):
    scenario = Scenario.of(*pairs)
    check = ask("How does it end?", part, scenario)
    assert len(check.answers) in (2, 3, 4)
    for answer in check.answers:
        word = walk(answer.scenario or scenario).outcome[part]
        assert answer.text in (word, ENDS.get(word))
        if not answer.right:
            _, axis, _, choice = answer.because.split(maxsplit=3)
            assert answer.scenario == scenario.choose(f"{axis}={choice}")


def test_what_nothing_changes_is_not_asked():
    with pytest.raises(ValueError, match="no single choice changes the answer 'always'"):
        ask("Always?", lambda trace: "always")


def test_the_words_of_a_question_have_their_cards_but_for_those_that_are_its_answers():
    view = ask("Which signals does QEMU get of the HEST?", "guest").view()
    assert view["terms"]["HEST"] == terms()["HEST"].line
    assert view["terms"]["QEMU"] == terms()["QEMU"].line
    assert not ask_word("SDEI").view()["terms"].keys() & {answer.text for answer in ask_word("SDEI").answers}


def test_the_question_is_shown_without_its_key():
    check = ask(GUEST, "guest")
    assert str(check).splitlines()[0] == GUEST
    assert [line.lstrip(" 1234.") for line in str(check).splitlines()[1:]] == [answer.text for answer in check.answers]


def test_a_number_is_typed_and_wrong_ones_are_explained():
    check = ask_number("How many signals are sent?", lambda trace: len(trace.handed(Sigbus)))
    right = len(walk(Scenario()).handed(Sigbus))
    assert [answer.text for answer in check.answers if answer.right] == [str(right)]
    for answer in check.answers:
        if not answer.right:
            assert len(walk(answer.scenario).handed(Sigbus)) == int(answer.text)


def test_a_byte_is_asked_by_its_offset(block):
    check = ask_byte("Where does the address begin?", block, "entries[0].section.physical_address")
    [span] = [s for s in StatusBlock.spans(block.build()) if s.path == "entries[0].section.physical_address"]
    said = {int(answer.text, 16): answer.because for answer in check.answers}
    assert (said[span.start], said[span.start + 1], said[0]) == ("", f"for {span.path}", "for block_status")
    with pytest.raises(ValueError, match="StatusBlock has no field 'colour'"):
        ask_byte("Where?", block, "colour")


def test_a_field_is_chosen_among_others_of_the_record(block):
    check = ask_field("Which field says how bad the section is?", block, "entries[0].error_severity")
    assert [answer.text for answer in check.answers if answer.right] == ["entries[0].error_severity"]
    paths = {span.path for span in StatusBlock.spans(block.build())}
    assert len({answer.text for answer in check.answers} & paths) == 4


def test_which_has_most_is_asked_of_counts():
    check = ask_most("Which is largest?", {"none": 7, "some": 1200, "many": 900})
    assert {answer.text: answer.because for answer in check.answers} == {
        "none": "if its 7 were more than 1,200",
        "some": "",
        "many": "if its 900 were more than 1,200",
    }
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
    assert [answer.text for answer in before.answers if answer.right] == [ENDS["sigbus_ar"]]
    assert before.key != after.key


def test_a_question_keeps_its_name_while_it_and_its_answer_stay():
    assert ask(GUEST, "guest").key == ask(GUEST, "guest").key
    assert ask(GUEST, "guest").key != ask(GUEST, "guest", Scenario.of("guest.notify=none")).key


def test_two_questions_of_the_same_words_and_answer_have_two_names(block):
    """About two scenarios, about two records, and at two steps of one story."""
    other = Scenario.of("host.vhe=false")
    pairs = [
        (ask(GUEST, "guest"), ask(GUEST, "guest", other)),
        (ask_number("How many?", len), ask_number("How many?", len, Scenario.of("host.page_panics=true"))),
        (
            ask_byte("Where?", block, "block_status"),
            ask_byte("Where?", StatusBlock.parse(samples("status_blocks/g_arm")), "block_status"),
        ),
        (Check("Who?", "choice", "", (Answer("KVM"),), 3), Check("Who?", "choice", "", (Answer("KVM"),), 4)),
    ]
    for one, two in pairs:
        same = [(check.asks, next(answer.text for answer in check.answers if answer.right)) for check in (one, two)]
        assert same[0] == same[1]
        assert one.key != two.key
