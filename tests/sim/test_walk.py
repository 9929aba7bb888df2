"""The walk: the mail's story step by step, its kernel-first twin, tables and bytes from elsewhere, single steps."""

import random
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from formats.acpi_checks import sample

from raslib.formats.ghes import BlockStatus, DataEntry, StatusBlock
from raslib.formats.hest import GenericSource, Hest, Notify
from raslib.formats.memory import PlatformMemory
from raslib.formats.sections import GUIDS
from raslib.resources import samples
from raslib.sim.el3.blocks import qemu_block
from raslib.sim.model.outcome import ENDS, Mark, Outcome
from raslib.sim.model.platform import GUEST_PHYSICAL_ADDRESS
from raslib.sim.model.scenario import AXES, Scenario
from raslib.sim.model.trace import CperBytes, Sigbus, Trace
from raslib.sim.walk import STAGES, events, events_from, outcome, steps, walk
from raslib.views.trace_view import trace_view

Told = list[tuple[str, str, str]]


def told(trace: Trace) -> Told:
    return [(f"{s.machine} {s.el}", s.actor, s.does) for s in trace]


# fmt: off
FROM_THE_SIGNAL_ON: Told = [
    ("host EL0", "QEMU", "takes SIGBUS, BUS_MCEERR_AR, on the thread of a vCPU"),
    ("host EL0", "QEMU", "writes a Generic Error Status Block for its guest: recoverable, memory at 0x40001000"),
    ("host EL0", "QEMU", "notifies by SEA: sets the vCPU's registers to the guest's abort vector"),
    ("host EL2", "KVM", "enters the guest at the vector of the exception"),
    ("guest EL1", "kernel", "asks APEI whether it knows of this abort"),
    ("guest EL1", "APEI", "reads 172 bytes at 0x43da0020, the block of source 0: recoverable"),
    ("guest EL1", "APEI", "clears the block and acknowledges it"),
    ("guest EL1", "APEI", "queues a copy"),
    ("guest EL1", "APEI", "asks memory_failure() to isolate 0x40001000"),
    ("guest EL1", "memory_failure", "isolates the page at 0x40001000: poisoned, unmapped everywhere"),
    ("guest EL1", "memory_failure", "sends the process SIGBUS, BUS_MCEERR_AR: action required"),
    ("guest EL0", "process", "takes SIGBUS, BUS_MCEERR_AR"),
]

THE_MAILS_STORY: Told = [
    ("host HW", "hardware", "finds an error in memory, UER, and records it in ERR<n>STATUS and ERR<n>ADDR"),
    ("host HW", "hardware", "takes a synchronous External Abort from the guest to EL3"),
    # (1) EL3 triages, writes CPER, notifies; EL2 leaves the guest; the kernel asks APEI, which claims
    ("host EL3", "EL3 firmware", "triages the error: UER"),
    ("host EL3", "EL3 firmware", "writes a Generic Error Status Block: recoverable, platform memory error section"),
    ("host EL3", "EL3 firmware", "notifies by SEA: enters EL2 as if it had taken the abort itself"),
    ("host EL2", "KVM", "leaves the guest"),
    ("host EL2", "KVM", "asks APEI whether it knows of this abort"),
    ("host EL2", "APEI", "reads 172 bytes at 0xf8100010, the block of source 0: recoverable"),
    ("host EL2", "APEI", "clears the block and acknowledges it"),
    ("host EL2", "APEI", "queues a copy"),
    # (2) memory_failure() signals, and KVM sees the signal before the guest runs again
    ("host EL2", "APEI", "asks memory_failure() to isolate 0x840001000"),
    ("host EL2", "memory_failure", "isolates the page at 0x840001000: poisoned, unmapped everywhere"),
    ("host EL2", "memory_failure", "sends QEMU SIGBUS, BUS_MCEERR_AR: action required"),
    ("host EL2", "KVM", "sees the signal pending before it enters the guest again, and leaves for user space"),
    # (3) user space makes CPER of its own, and triggers what its guest's HEST says
    *FROM_THE_SIGNAL_ON,
]
# fmt: on


def test_the_mails_story():
    trace = walk(Scenario())
    assert told(trace) == THE_MAILS_STORY
    assert trace.outcome == {
        "end": "sigbus_ar",
        "host": "recovered",
        "claimed": "APEI",
        "acked": "yes",
        "signal": "BUS_MCEERR_AR",
        "vm": "none",
        "guest": "sigbus_ar",
        "guest_acked": "yes",
    }


def test_the_mails_story_without_vhe():
    """ "(assuming no-VHE)": the same steps, but the kernel's are at EL1, one world switch after KVM left the guest."""
    expected = [(place.replace("EL2", "EL1"), actor, does) for place, actor, does in THE_MAILS_STORY]
    at = expected.index(("host EL1", "KVM", "leaves the guest"))
    expected[at : at + 1] = [
        ("host EL2", "KVM", "leaves the guest"),
        ("host EL2", "KVM", "switches back to the host's world, and returns to EL1"),
    ]
    assert told(walk(Scenario.of("host.vhe=false"))) == expected


def test_kernel_first_by_the_architecture():
    """The same story without EL3: the record is read by the kernel itself, after APEI has denied."""
    trace = walk(Scenario.of("host.first=kernel", "stance=architecture"))
    assert told(trace) == [
        ("host HW", "hardware", "finds an error in memory, UER, and records it in ERR<n>STATUS and ERR<n>ADDR"),
        ("host HW", "hardware", "takes a synchronous External Abort from the guest to EL2"),
        ("host EL2", "KVM", "leaves the guest"),
        ("host EL2", "KVM", "asks APEI whether it knows of this abort"),
        ("host EL2", "APEI", "knows nothing of it: no SEA source has been advertised"),
        (
            "host EL2",
            "kernel-first",
            "claims the error: it reads UER from ERR<n>STATUS, the address from ERR<n>ADDR, and clears the record",
        ),
        ("host EL2", "kernel-first", "asks memory_failure() to isolate 0x840001000"),
        *THE_MAILS_STORY[11:],
    ]
    assert trace.outcome["claimed"] == "kernel-first"


def test_kernel_first_as_built():
    """No Linux has a driver for it: the guest is given an SError that says nothing, and panics."""
    trace = walk(Scenario.of("host.first=kernel"))
    assert told(trace)[4:] == [
        ("host EL2", "APEI", "knows nothing of it: no SEA source has been advertised"),
        ("host EL2", "kernel", "leaves ERR<n>STATUS unread"),
        ("host EL2", "KVM", "enters the guest's SError vector itself: kvm_inject_serror()"),
        ("guest EL1", "kernel", 'panics: "Asynchronous SError Interrupt"'),
    ]
    assert {name: said for name, said in trace.outcome.items() if said != "none"} == {
        "end": "guest_panic",
        "guest": "guest_panic",
    }


def test_an_interrupt_is_dealt_with_in_one_go_an_abort_in_two():
    """The NMI-like path acknowledges before it works, the IRQ-like path after."""

    def order(*choices: str) -> list[str]:
        keys = [s.text.key for s in walk(Scenario.of(*choices)) if s.machine == "host" and s.actor == "APEI"]
        return [key.removeprefix("apei.") for key in keys]

    assert order() == ["reads", "acks", "queues", "to-memory-failure"]
    assert order("host.notify=SDEI") == ["sdei", "reads", "acks", "queues", "to-memory-failure"]
    assert order("host.notify=GSIV") == order("host.notify=POLLED") == ["reads-at-once", "to-memory-failure", "acks"]


def test_one_step_at_a_time():
    w = steps(Scenario())
    first, second, third = next(w), next(w), next(w)
    assert (first.el, second.carries.target, third.actor) == ("HW", "EL3", "EL3 firmware")
    rest = list(w)
    assert (first, second, third, *rest) == walk(Scenario()).steps
    with pytest.raises(StopIteration):
        next(w)


def test_the_outcome_is_that_of_the_marks_on_the_way():
    s = Scenario.of("host.tf_a=2.15")
    marks = [one for one in events(s) if isinstance(one, Mark)]
    assert Outcome().after(*marks) == Outcome(end="fw_panic", host="fw_panic")
    assert outcome(s) == walk(s).outcome == Outcome().after(*marks)._asdict()


# --- tables from elsewhere -------------------------------------------------------------------------------------------


def sources() -> Iterator[tuple[str, ...]]:
    for notify in Notify:
        for ghes in ("v1", "v2"):
            yield (f"host.notify={notify.name}", f"host.ghes={ghes}")


@pytest.mark.parametrize("report", ["SEA", "SError", "interrupt"])
def test_a_walk_driven_by_a_table_is_the_walk_driven_by_the_choices(report: str):
    """What the walk knows of the source it reads from the table: its type, version and addresses."""
    for choices in sources():
        s = Scenario.of(*choices, f"error.report={report}")
        table = Hest.parse(s.host.hest().build())
        assert replace(walk(s, hest=table), hest=None) == walk(s)
        other = s.choose("host.ghes=v1", "host.poll=0")  # choices that a table overrides
        assert walk(other, hest=table).steps == walk(s).steps
        assert walk(other, hest=table).scenario.host.ghes is s.host.ghes


def test_a_table_of_qemu_drives_a_host():
    """The table that QEMU 7.2 gave its guest, as if firmware had given it to the host: its addresses are used."""
    table = Hest.parse(samples("hest/qemu-7.2"))
    trace = walk(Scenario(), hest=table)
    [block] = [s.carries for s in trace if isinstance(s.carries, CperBytes) and s.machine == "host" and s.el == "EL3"]
    assert block.address == table.error_sources[0].error_status_address.address + 16
    assert f"reads 172 bytes at {block.address:#x}, the block of source 0: recoverable" in [s.does for s in trace]
    assert trace.outcome == walk(Scenario()).outcome


def test_the_source_that_is_chosen_is_used_if_the_table_has_it():
    table = Scenario().guest.hest()  # SEA and GPIO
    assert walk(Scenario(), hest=table).outcome["signal"] == "BUS_MCEERR_AR"
    assert walk(Scenario.of("host.notify=GPIO"), hest=table).outcome["signal"] == "BUS_MCEERR_AO, BUS_MCEERR_AR"
    kernel_first = Scenario.of("host.first=kernel")  # whose firmware asks no table
    assert walk(kernel_first, hest=table).steps == walk(kernel_first).steps


def test_a_notification_that_the_table_does_not_have_is_refused_in_words():
    table = Scenario().guest.hest()
    for refused in (walk, outcome, steps):
        with pytest.raises(ValueError, match="notifies by SDEI") as said:
            refused(Scenario.of("host.notify=SDEI"), hest=table)
        assert str(said.value) == (
            "no source of this HEST that is enabled notifies by SDEI: it has SEA (source 0) and GPIO (source 1); "
            "choose host.notify=SEA or host.notify=GPIO"
        )
    odd = by("SEA", 0)
    odd = odd.replace(notification=odd.notification.replace(type=200))
    with pytest.raises(ValueError, match=r"notifies by SEA: it has type 200 \(source 0\)$"):
        walk(Scenario(), hest=Hest(error_sources=(odd,)))


def by(notify: str, number: int, **fields: Any) -> GenericSource:
    """A source of a table of our own, of version 1; the addresses of all differ."""
    source: GenericSource = Scenario.of(f"host.notify={notify}", "host.ghes=v1").host.hest().error_sources[0]
    at = source.error_status_address.replace(address=0x9000_0000 + 8 * number)
    return source.replace(source_id=number, error_status_address=at, **fields)


OURS = Hest(error_sources=(by("SDEI", 4, enabled=0), by("GSIV", 5), by("SDEI", 6), by("GSIV", 7)))


@pytest.mark.parametrize(("notify", "number", "also"), [("SDEI", 6, ""), ("GSIV", 5, ", the first of 2 by GSIV")])
def test_which_source_speaks_follows_the_notification(notify: str, number: int, also: str):
    trace = walk(Scenario.of(f"host.notify={notify}"), hest=OURS)
    assert f"HEST source {number} names this memory" in next(s.why for s in trace if s.text.key == "firmware.writes")
    assert any(f"the block of source {number}:" in s.does for s in trace)
    assert trace.title == (
        "UER error, told by SEA while guest runs; firmware-first host "
        f"notified by {notify} (source {number} of its HEST{also}); guest notified by SEA"
    )
    assert str(trace).startswith(f"{trace.title}\n")
    assert trace_view(trace)["title"] == trace.title
    choices = trace_view(trace)["choices"]
    assert (choices["host.notify"], choices["host.ghes"]) == (notify, "v1")


def test_a_title_says_nothing_of_a_table_that_was_not_given_and_that_one_is_not_used():
    assert walk(Scenario()).title == str(Scenario())
    assert "; kernel-first host (whose HEST is not used); " in walk(Scenario.of("host.first=kernel"), hest=OURS).title


def test_a_server_without_sea_says_so():
    """Ampere Altra: an abort can be told by SCI or be found by a poll, and not by SEA."""
    table = Hest.parse(sample("samples/hest/ampere-altra.aml"))
    with pytest.raises(ValueError, match="notifies by SEA") as said:
        walk(Scenario(), hest=table)
    assert str(said.value) == (
        "no source of this HEST that is enabled notifies by SEA: it has SCI (sources 0, 2, 6, 7, 3, 5) and POLLED "
        "(sources 1, 4); choose host.notify=SCI or host.notify=POLLED"
    )
    found = walk(Scenario.of("host.notify=POLLED"), hest=table)
    assert "notified by POLLED (source 1 of its HEST, the first of 2 by POLLED)" in found.title
    assert any("looks every 3000 ms" in step.why for step in found)


def test_a_table_without_sources_drives_nothing():
    with pytest.raises(ValueError, match="advertises no generic hardware error source"):
        walk(Scenario(), hest=Scenario.of("host.first=kernel").host.hest())


# --- bytes from elsewhere --------------------------------------------------------------------------------------------


def memory_block(**fields: object) -> StatusBlock:
    section = PlatformMemory.parse(qemu_block(0x8_4000_1000)[92:])
    entry = DataEntry(section_type=GUIDS[PlatformMemory], section=section)
    return StatusBlock(**{"block_status": BlockStatus(uncorrectable=True), "entries": (entry,), **fields})


def test_the_block_of_qemu_is_the_sample():
    assert qemu_block(GUEST_PHYSICAL_ADDRESS) == samples("status_blocks/g_qemu_mem")


def test_bytes_that_firmware_would_write_make_no_difference_when_they_are_given():
    s = Scenario()
    [own] = [step.carries.block for step in walk(s) if isinstance(step.carries, CperBytes) and step.el == "EL3"]
    given = walk(s, block=own)
    assert [step for step in given if step.el != "EL3"] == [step for step in walk(s) if step.el != "EL3"]
    assert given.outcome == walk(s).outcome


@pytest.mark.parametrize(
    ("block", "end"),
    [
        (memory_block(), "sigbus_ar"),
        (memory_block(error_severity=1), "host_panic"),
        (memory_block(error_severity=2), "vm_abort"),  # SIGBUS without an address, which QEMU does not survive
        (memory_block(error_severity=9), "host_panic"),  # an unknown number is taken for fatal
        (memory_block(block_status=BlockStatus()), "guest_panic"),  # empty: not claimed
        (memory_block(entries=()), "vm_abort"),  # nothing in it
    ],
)
def test_the_bytes_decide_not_the_scenario(block: StatusBlock, end: str):
    assert walk(Scenario(), block=block.build()).outcome["end"] == end


@pytest.mark.parametrize(
    ("block", "does", "end"),
    [
        (b"", "sees at a glance that no SEA source has a block", "guest_panic"),
        (bytes(172), "sees at a glance that no SEA source has a block", "guest_panic"),
        (b"\1" + bytes(11) + b"\x28\x23\0\0" + bytes(4), 'warns "Invalid error status block length!"', "guest_panic"),
        (b"\1" + bytes(11) + b"\x3f\0\0\0" + bytes(4), 'warns "Invalid CPER header!"', "guest_panic"),
        (memory_block().build()[:12] + b"\x97" + memory_block().build()[13:], 'warns "Failed to read', "guest_panic"),
        (
            memory_block().build()[:100],
            "asks memory_failure() to isolate 0x0",
            "sigbus_ar",
        ),  # zeros follow in memory
    ],
)
def test_broken_bytes_take_their_course(block: bytes, does: str, end: str):
    trace = walk(Scenario(), block=block)
    assert any(s.does.startswith(does) for s in trace if s.actor == "APEI"), [
        s.does for s in trace if s.actor == "APEI"
    ]
    assert trace.outcome["end"] == end


def test_a_section_too_short_for_its_kind_is_no_reason_to_refuse_the_block():
    short = DataEntry(section_type=GUIDS[PlatformMemory], section=bytes(40))
    block = memory_block(entries=(short,)).build()
    trace = walk(Scenario.of("host.notify=GSIV", "error.report=interrupt"), block=block)
    assert trace.outcome["end"] == "logged"
    assert trace.outcome["acked"] == "yes"


def test_an_address_without_memory_costs_the_consumer_its_life():
    section = PlatformMemory.parse(qemu_block(0xFFF0_0000_0000)[92:])
    block = memory_block(entries=(DataEntry(section_type=GUIDS[PlatformMemory], section=section),)).build()
    assert walk(Scenario.of("cpu.running=host-user"), block=block).outcome["end"] == "sigbus_kernel"
    assert walk(Scenario.of("error.report=interrupt", "host.notify=SCI"), block=block).outcome["end"] == "logged"


def test_any_bytes_at_all_lead_somewhere():
    chance = random.Random(7)
    good = memory_block().build()
    for _ in range(400):
        block = bytearray(good)
        for _ in range(chance.randint(1, 6)):
            block[chance.randrange(len(block))] = chance.randrange(256)
        cut = bytes(block[: chance.choice([len(block), chance.randrange(len(block))])])
        for choices in ((), ("host.notify=GSIV",), ("host.notify=SDEI", "cpu.running=host-user")):
            assert walk(Scenario.of(*choices), block=cut).outcome["end"] in ENDS


# --- everything ------------------------------------------------------------------------------------------------------


def test_random_scenarios_walk_to_a_known_end():
    chance = random.Random(2017)
    for _ in range(2000):
        s = Scenario().choose(**{name.replace(".", "_"): chance.choice(a.values) for name, a in AXES.items()})
        trace = walk(s)
        for key in ("end", "host", "vm", "guest"):
            assert trace.outcome[key] in ENDS, s.chosen()
        assert trace.outcome["end"] != "none"
        assert all(value in ("none", "yes", "no") for key, value in trace.outcome.items() if key.endswith("acked"))
        assert str(trace)


def test_stages_are_found_by_the_names_of_functions():
    assert all(name == stage.__name__ and stage.__doc__ for name, stage in STAGES.items())
    assert {"apei_claim_sea", "ghes_do_proc", "memory_failure", "kvm_handle_guest_sea", "sigbus_handler"} <= set(STAGES)


def test_a_walk_may_begin_anywhere():
    """From the signal on, the story is told without its beginning."""
    whole = list(walk(Scenario()))
    at = next(i for i, s in enumerate(whole) if s.actor == "QEMU")
    signalled = ("sigbus_handler", _signalled())
    assert list(Trace.of(Scenario(), events_from(Scenario(), *signalled))) == whole[at:]


def _signalled():
    from raslib.sim.model.messages import Signalled

    return Signalled(Sigbus("BUS_MCEERR_AR", 0xFFFF_4000_1000), None)
