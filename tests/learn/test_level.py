"""Levels: any answer that reaches the end is right, whatever the level has in mind; nothing else is."""

import pytest

from raslib.formats.ghes import StatusBlock
from raslib.formats.hest import Hest, Notify
from raslib.learn.level import GIVEN, advertise, decides, drawn, prints, reach
from raslib.resources import samples
from raslib.sim.model.outcome import ENDS
from raslib.sim.model.scenario import AXES, Scenario
from raslib.sim.walk import outcome, walk


def answer_of(level) -> str:
    """What the last hint shows."""
    return level.hint(3).removeprefix("One answer is ").removesuffix(".")


def test_several_answers_reach_an_end():
    level = reach("vm_abort", 2)
    for answer in ("guest.acked=false", "cpu.running=qemu-thread", ["guest.acked=false", "host.vhe=false"]):
        assert outcome(Scenario.of(*(answer.split() if isinstance(answer, str) else answer)))["end"] == "vm_abort"
        assert level.check(answer) == ""
    assert level.check(Scenario.of("guest.acked=false")) == ""


def test_an_answer_that_does_not_reach_it_is_told_how_it_ends():
    assert reach("vm_abort", 2).check("guest.notify=none") == f"it ends otherwise: {ENDS['vm_exit']}"


def test_more_choices_than_allowed_are_counted():
    why = reach("vm_abort", 1).check("guest.acked=false host.vhe=false")
    assert why == "that turns 2 choices (host.vhe, guest.acked), and 1 will do"


def test_what_is_given_stays():
    assert reach("vm_abort", 2).check("stance=architecture") == "stance is given"


@pytest.mark.parametrize("nonsense", [5, "x=y", "host.notify", None, ["guest.acked=perhaps"]])
def test_nonsense_is_no_answer(nonsense):
    assert reach("vm_abort", 2).check(nonsense)


def test_what_cannot_be_reached_is_no_level():
    with pytest.raises(ValueError, match="no 1 choices from this scenario end in api_error"):
        reach("api_error", 1)


@pytest.mark.parametrize("seed", range(8))
def test_drawn_levels_are_solved_by_their_last_hint(seed):
    level = drawn(seed)
    assert level.check(Scenario())
    answer = answer_of(level)
    assert level.check(answer.partition("=")[0] if seed % 2 else answer) == ""
    assert all(level.hint(stage) for stage in (1, 2, 3))


def test_seeds_draw_different_levels_and_the_same_one_again():
    assert len({drawn(seed).asks for seed in range(12)}) > 6
    assert drawn(4).asks == drawn(4).asks


def test_the_choice_that_decides_is_one_that_alone_does_it():
    a, b = Scenario(), Scenario.of("guest.notify=none", "host.vhe=false", "host.ghes=v1")
    level = decides(a, b)
    differ = [name for name in AXES if a[name] is not b[name]]
    alone = [n for n in differ if outcome(a.choose(f"{n}={AXES[n].word(b[n])}"))["end"] == outcome(b)["end"]]
    assert [name for name in differ if not level.check(name)] == alone == ["guest.notify"]
    assert level.check("host.vhe") == f"with host.vhe alone it ends as before: {ENDS['sigbus_ar']}"
    assert level.check("host.kvm") == "the two differ in host.ghes, host.vhe, guest.notify"
    assert not set(differ) & set(GIVEN)


def test_where_nothing_is_to_be_found_there_is_no_level():
    with pytest.raises(ValueError, match="no single choice decides"):
        decides(Scenario(), Scenario.of("host.vhe=false"))


def test_a_table_is_judged_by_what_it_leads_to():
    by_sea, locally = (Scenario.of(f"host.notify={notify}").host.hest() for notify in ("SEA", "LOCAL"))
    ends = walk(Scenario(), hest=by_sea).outcome["end"]
    level = advertise(ends, Scenario(), by_sea)
    assert level.check(by_sea) == ""
    assert level.check(by_sea.build()) == ""
    assert locally.error_sources[0].notification.type is Notify.LOCAL
    assert level.check(locally)
    assert level.check(b"HEST").startswith("Hest")
    assert level.check(Hest())
    with pytest.raises(ValueError, match="the example does not reach it"):
        advertise(ends, Scenario(), locally)


def test_a_block_is_judged_by_what_linux_prints():
    block = StatusBlock.parse(samples("status_blocks/g_qemu_mem"))
    level = prints(block)
    assert level.check(block) == ""
    assert level.check(block.build()) == ""
    unseen = block.edited("entries[0].section.bank", 3)  # no validation bit vouches for it: it is not printed
    assert unseen != block
    assert level.check(unseen) == ""
    says = level.check(block.edited("error_severity", "FATAL"))
    assert says == "where 'event severity: recoverable' is wanted, Linux prints 'event severity: fatal'"
    says = level.check(block.build()[:40])
    assert says == "StatusBlock.entries at byte 20 (0x14): needs 152 bytes, 20 are left"
    more = level.check(block.replace(entries=[*block.entries, *block.entries]))
    assert more == "where '' is wanted, Linux prints ' Error 1, type: recoverable'"
