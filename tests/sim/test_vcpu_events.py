"""The event calls of KVM: what is refused, what waits, and that nothing is lost or doubled on the way elsewhere."""

from dataclasses import replace
from errno import EINVAL

import pytest
from hypothesis import given
from hypothesis import strategies as st

from raslib.sim.kvm.vcpu_events import SetAnswer, Vcpu, VcpuEvents, get_events, moved, run, set_events
from raslib.sim.model.trace import ArmException

RECOVERABLE = 0xC11  # ISS: AET = UER, DFSC = 0x11
OLD, NEW = Vcpu(at_once=False), Vcpu(at_once=True)
both = pytest.mark.parametrize("v", [OLD, NEW], ids=["6.16", "6.17"])
ASKS = VcpuEvents(serror_pending=True, serror_has_esr=True, serror_esr=RECOVERABLE)
PLAIN = VcpuEvents(serror_pending=True)

syndromes = st.integers(0, 2**25 - 1)
asked = st.builds(VcpuEvents, st.booleans(), st.booleans(), st.booleans(), st.integers(0, 2**26 - 1))
vcpus = st.builds(
    Vcpu, at_once=st.booleans(), ras=st.booleans(), el=st.sampled_from((0, 1)), a=st.booleans(), nmea=st.booleans(),
    ease=st.booleans(),
)  # fmt: skip


def esr(v: Vcpu) -> list[int]:
    return [entry.esr for entry in v.entered]


# --- one call --------------------------------------------------------------------------------------------------------


def test_before_6_17_an_serror_is_made_pending_and_taken_when_the_guest_runs():
    after = set_events(OLD, ASKS).vcpu
    assert (after.vse, after.vsesr, after.entered) == (True, RECOVERABLE, ())
    assert get_events(after) == ASKS
    taken = run(after)
    assert taken.entered == (ArmException("virtual SError", "EL1", 0xBE000C11, 0x380),)
    assert (taken.a, get_events(taken)) == (True, VcpuEvents(serror_has_esr=True))


def test_since_6_17_an_serror_that_is_not_masked_is_entered_at_once_with_il_clear():
    after = set_events(NEW, ASKS).vcpu
    assert after.entered == (ArmException("virtual SError", "EL1", 0xBC000C11, 0x380),)
    assert get_events(after) == VcpuEvents(serror_has_esr=True)
    assert run(after) is after


@pytest.mark.parametrize("el", [0, 1])
def test_the_vector_says_where_the_guest_was(el: int):
    assert set_events(replace(NEW, el=el), ASKS).vcpu.entered[0].vector == (0x380 if el else 0x580)


@both
def test_a_masked_serror_waits_until_the_guest_unmasks_it(v: Vcpu):
    after = set_events(replace(v, a=True), ASKS).vcpu
    assert (get_events(after), run(after)) == (ASKS, after)
    assert esr(run(replace(after, a=False))) == [0xBE000C11]


def test_nmea_takes_the_mask_away():
    masked = replace(NEW, a=True, nmea=True)
    assert esr(set_events(masked, ASKS).vcpu) == [0xBC000C11]


@both
def test_without_a_syndrome_kvm_says_implementation_defined(v: Vcpu):
    """0xbf000000 was measured with Linux 6.1 and 6.12."""
    assert esr(run(set_events(v, PLAIN).vcpu)) == [0xBF000000 if v is OLD else 0xBD000000]


@both
@pytest.mark.parametrize("esr_", [1 << 25, 0xBE000C11, 1 << 32, 1 << 63])
def test_bits_outside_the_iss_are_refused(v: Vcpu, esr_: int):
    assert set_events(v, ASKS._replace(serror_esr=esr_)) == SetAnswer(v, -EINVAL)


@both
def test_bit_24_is_taken(v: Vcpu):
    """The documentation speaks of the lower 24 bits; the code takes IDS as well."""
    assert esr(run(set_events(v, ASKS._replace(serror_esr=1 << 24)).vcpu))[0] & 0x1FFFFFF == 1 << 24


@both
def test_a_syndrome_needs_feat_ras(v: Vcpu):
    bare = replace(v, ras=False)
    assert set_events(bare, ASKS) == SetAnswer(bare, -EINVAL)
    assert set_events(bare, PLAIN).errno == 0


@both
def test_a_syndrome_that_nothing_pends_with_is_not_looked_at(v: Vcpu):
    bare = replace(v, ras=False)
    assert set_events(bare, VcpuEvents(serror_has_esr=True, serror_esr=1 << 25)) == SetAnswer(bare)


@both
def test_pending_0_does_not_cancel(v: Vcpu):
    waiting = set_events(replace(v, a=True), ASKS).vcpu
    assert set_events(waiting, VcpuEvents()) == SetAnswer(waiting)


@both
def test_an_abort_is_entered_and_never_read_back(v: Vcpu):
    after = set_events(v, VcpuEvents(ext_dabt_pending=True)).vcpu
    assert after.entered == (ArmException("SEA", "EL1", 0x96000010, 0x200),)
    assert get_events(after) == VcpuEvents(serror_has_esr=True)


def test_with_ease_an_abort_uses_the_vector_of_serrors():
    after = set_events(replace(NEW, ease=True, el=0), VcpuEvents(ext_dabt_pending=True)).vcpu
    assert after.entered == (ArmException("SEA", "EL1", 0x92000010, 0x580),)


@both
def test_an_abort_comes_first_and_the_serror_waits_behind_it(v: Vcpu):
    after = set_events(v, ASKS._replace(ext_dabt_pending=True)).vcpu
    assert (esr(after), get_events(run(after))) == ([0x96000010], ASKS)
    assert esr(run(replace(after, a=False))) == [0x96000010, 0xBE000C11]


def test_since_6_17_the_abort_is_done_though_the_call_fails():
    wrong = ASKS._replace(ext_dabt_pending=True, serror_esr=1 << 25)
    assert set_events(OLD, wrong) == SetAnswer(OLD, -EINVAL)
    after, errno = set_events(NEW, wrong)
    assert (esr(after), errno) == ([0x96000010], -EINVAL)


# --- every call ------------------------------------------------------------------------------------------------------


@given(vcpus, syndromes)
def test_what_is_read_while_masked_can_be_set_again(v: Vcpu, iss: int):
    waiting = set_events(replace(v, a=True, nmea=False), VcpuEvents(True, v.ras, serror_esr=iss if v.ras else 0)).vcpu
    read = get_events(waiting)
    assert read == VcpuEvents(True, v.ras, serror_esr=iss if v.ras else 0)
    assert set_events(waiting, read) == SetAnswer(waiting)
    assert get_events(set_events(replace(waiting, vse=False, vsesr=0), read).vcpu) == read


@given(vcpus, asked)
def test_what_is_asked_is_refused_or_met_once(v: Vcpu, events: VcpuEvents):
    after, errno = set_events(v, events)
    met = [entry.kind for entry in run(replace(run(after), a=False)).entered]
    refused = events.serror_pending and events.serror_has_esr and (not v.ras or events.serror_esr >> 25 > 0)
    assert (errno == -EINVAL) is refused
    assert met.count("virtual SError") == (events.serror_pending and not refused)
    assert met.count("SEA") == (events.ext_dabt_pending and not (refused and not v.at_once))


@given(vcpus, syndromes, st.lists(st.booleans(), max_size=5))
def test_migration_neither_loses_nor_doubles_a_pending_serror(v: Vcpu, iss: int, hosts: list[bool]):
    """A host without FEAT_RAS loses the syndrome alone."""
    there = set_events(replace(v, a=True, nmea=False), VcpuEvents(True, v.ras, serror_esr=iss if v.ras else 0)).vcpu
    kept = v.ras
    for ras in hosts:
        there, errno = moved(there, ras=ras)
        kept = kept and ras
        assert errno == 0
        assert there.vse
        assert (there.vsesr == iss) or not kept
    met = run(replace(there, a=False)).entered
    assert [e.kind for e in met] == ["virtual SError"]
    assert met[0].esr == (0xBE000000 | iss if kept else 0xBF000000)


@given(vcpus)
def test_migration_of_a_vcpu_without_anything_pending_makes_nothing(v: Vcpu):
    for ras in (True, False):
        assert moved(v, ras=ras) == SetAnswer(replace(v, ras=ras))
