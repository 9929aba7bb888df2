"""HEST at boot: which sources of any table Linux will listen to, and what its log says of the others."""

import pytest
from formats.acpi_checks import sample

from raslib.formats.hest import Hest, MachineCheckException, Notify, SourceFlags
from raslib.resources import samples
from raslib.sim.linux.hest_init import Probed, probe, refused
from raslib.sim.model.messages import Kernel
from raslib.sim.model.platform import advertised_by, host_source
from raslib.sim.model.scenario import AXES, Scenario
from raslib.sim.walk import walk

HOST = Kernel("host", "EL2")


def table(*choices: str, source_id: int = 5) -> Hest:
    """A host's table, whose source has this id."""
    made = Scenario.of(*choices).host.hest()
    return made.replace(error_sources=tuple(s.replace(source_id=source_id) for s in made.error_sources))


def one(hest: Hest, *choices: str, machine: str = "host") -> Probed:
    [found] = probe(hest, Scenario.of(*choices), machine)
    return found


@pytest.mark.parametrize("name", ["POLLED", "EXTERNAL", "SCI", "GPIO", "SEA", "GSIV", "SDEI"])
def test_a_source_that_linux_can_hear_is_used_without_a_word(name: str):
    found = one(table(f"host.notify={name}"))
    assert (found.used, found.words) == (True, ())
    assert found.why == f"{Notify[name].means}; the block is read once at boot, too"


# The kernel's own words, as Linux 6.1 and 6.12 were seen to print them.
WORDS = {
    "LOCAL": "GHES: Generic hardware error source: 5 notified via local interrupt is not supported!",
    "NMI": "GHES: Generic hardware error source: 5 notified via NMI interrupt is not supported!",
    "CMCI": "[Firmware Warn]: GHES: Unknown notification type: 5 for generic hardware error source: 5",
    "MCE": "[Firmware Warn]: GHES: Unknown notification type: 6 for generic hardware error source: 5",
    "SEI": "[Firmware Warn]: GHES: Unknown notification type: 9 for generic hardware error source: 5",
}


@pytest.mark.parametrize("name", WORDS)
def test_a_source_of_another_type_is_refused_alone(name: str):
    bad, good = table(f"host.notify={name}").error_sources[0], table("host.notify=SEA", source_id=6).error_sources[0]
    first, second = probe(Hest(error_sources=(bad, good)), Scenario(), "host")
    assert (first.used, first.words) == (False, (WORDS[name],))
    assert second.used


def test_a_type_that_no_document_names_is_refused():
    source = table().error_sources[0]
    found = one(Hest(error_sources=(source.replace(notification=source.notification.replace(type=12)),)))
    assert found.words == ("[Firmware Warn]: GHES: Unknown notification type: 12 for generic hardware error source: 5",)
    assert found.why == "Linux knows no notification of type 12"


def test_the_architecture_knows_sei():
    assert one(table("host.notify=SEI"), "stance=architecture").used


def test_a_polled_source_with_an_interval_of_0_is_disabled():
    found = one(table("host.notify=POLLED", "host.poll=0"))
    words = "[Firmware Warn]: GHES: Poll interval is 0 for generic hardware error source: 5, disabled."
    assert (found.used, found.words) == (False, (words,))


def test_sdei_needs_an_event_and_a_kernel_that_has_an_entry_for_it():
    hest = table("host.notify=SDEI")
    found = one(hest, "host.vhe=false")
    assert (found.used, found.words) == (False, ("sdei: Not supported on this hardware/boot configuration",))
    assert one(hest, "host.vhe=false", machine="guest").used
    source = hest.error_sources[0]
    none = Hest(error_sources=(source.replace(notification=source.notification.replace(vector=0)),))
    assert not one(none).used
    assert "-EINVAL" in one(none).why
    assert walk(Scenario.of("host.notify=SDEI", "error.report=interrupt"), hest=none).outcome["end"] == "lost"


def test_two_sources_with_one_id_cost_the_whole_table():
    first, second = table("host.notify=SEA").error_sources[0], table("host.notify=GPIO").error_sources[0]
    other = table("host.notify=GSIV", source_id=6).error_sources[0]
    found = probe(Hest(error_sources=(first, second, other)), Scenario(), "host")
    assert [p.used for p in found] == [False] * 3
    words = "[Firmware Warn]: HEST: Duplicated hardware error source ID: 5."
    assert [p.words for p in found] == [(), (words,), ()]
    off = second.replace(enabled=0)  # who is not enabled does not count
    assert [p.used for p in probe(Hest(error_sources=(first, off, other)), Scenario(), "host")] == [True, False, True]


def test_every_source_of_such_a_table_is_lost_to_a_story_too():
    """Not only the two: a third, with an id of its own, is one of a table that Linux has given up."""
    source = table("host.notify=SEA").error_sources[0]
    hest = Hest(error_sources=(source, source, source.replace(source_id=6)))
    told = [refused(Scenario(), HOST, source) for source in advertised_by(hest)]
    assert told == ["Two sources have the same id, and so Linux gave up the whole table"] * 3
    assert [probed.why for probed in probe(hest, Scenario(), "host")] == told


def test_a_source_is_refused_by_its_type_before_its_blocks_are_looked_at():
    """As ghes_probe() asks; the table and a story say the same."""
    source = table("host.notify=NMI").error_sources[0].replace(error_status_block_length=8)
    hest = Hest(error_sources=(source,))
    assert refused(Scenario(), HOST, advertised_by(hest)[0]) == "Notification by NMI does not exist on arm64"
    assert one(hest).why == "Notification by NMI does not exist on arm64"


def test_the_same_source_twice_is_what_the_choice_says():
    s = Scenario.of("host.apei=same-ids")
    assert [p.used for p in probe(s.host.hest(), Scenario(), "host")] == [False, False]
    assert walk(Scenario(), hest=s.host.hest()).outcome == walk(s).outcome


def test_a_kernel_that_does_not_use_its_hest_uses_no_source():
    found = one(table(), "host.apei=disabled")
    assert (found.used, found.why) == (False, "The kernel does not use its HEST")
    assert one(table(), "host.apei=disabled", machine="guest").used


def test_a_source_that_assists_a_machine_check_is_skipped():
    machine_check = MachineCheckException(type=0, source_id=1, flags=SourceFlags(ghes_assist=True))
    assisting = table().error_sources[0].replace(related_source_id=1)
    plain = machine_check.replace(flags=SourceFlags())
    for mce, used in ((machine_check, False), (plain, True)):
        hest = Hest(error_sources=(mce, assisting, assisting.replace(source_id=6, related_source_id=0xFFFF)))
        assert [p.used for p in probe(hest, Scenario(), "host")] == [False, used, True]
        assert [s.assists for s in advertised_by(hest)] == [not used, False]
        old = Scenario.of(host_linux="6.1")  # which does not know of such sources
        assert [p.used for p in probe(hest, old, "host")] == [False, True, True]
    # and its id may be another's, for Linux never gets to compare it
    twins = Hest(error_sources=(machine_check, assisting, assisting.replace(related_source_id=0xFFFF)))
    assert [p.used for p in probe(twins, Scenario(), "host")] == [False, False, True]
    assert not any(p.used for p in probe(twins, Scenario.of(host_linux="6.1"), "host"))


def test_blocks_of_any_length_are_taken_if_a_header_fits():
    source = table().error_sources[0]
    for length, used, words in (
        (19, False, "[Firmware Bug]: GHES: Invalid error block length: 19 for generic hardware error source: 5"),
        (65537, True, "[Firmware Warn]: GHES: Error status block length is too long: 65537 for generic hardware error "
                      "source: 5."),
    ):  # fmt: skip
        found = one(Hest(error_sources=(source.replace(error_status_block_length=length),)))
        assert (found.used, found.words) == (used, (words,))


def test_a_source_that_is_not_enabled_is_not_used():
    assert not one(Hest(error_sources=(table().error_sources[0].replace(enabled=0),))).used


def test_the_tables_of_qemu_and_of_a_server_are_used_whole():
    for hest in (Hest.parse(samples("hest/qemu-7.2")), Hest.parse(sample("samples/hest/ampere-altra.aml"))):
        assert all(p.used for p in probe(hest, Scenario(), "host"))
    [first, *_] = probe(Hest.parse(samples("hest/qemu-7.2")), Scenario(), "guest")
    assert str(first) == "source 0: used. Armv8 synchronous external abort; the block is read once at boot, too"


@pytest.mark.parametrize("choices", [(), ("stance=architecture",), ("host.vhe=false",), ("host.apei=disabled",)])
def test_what_is_said_of_a_table_is_what_the_story_goes_by(choices: tuple[str, ...]):
    """A source is refused in a walk if, and only if, it is not used at boot; and for the same reason."""
    for notify in AXES["host.notify"].values:
        s = Scenario.of(*choices, host_notify=notify)
        found, because = one(s.host.hest(), *choices), refused(s, HOST, host_source(notify, True))
        assert found.used is not bool(because)
        assert because in ("", found.why)
