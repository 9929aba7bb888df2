"""What the mail argues for, sentence by sentence: a command that shows it, and how it ends by intent and as built.

The sentences are ours; the mail is James Morse's of 2017-12-06 on [PATCH v8 7/7], whose steps `sources` cites.
"""

from typing import NamedTuple

import pytest

from raslib.sim.explore import Space
from raslib.sim.model.outcome import ENDS, sentence
from raslib.sim.model.scenario import Scenario
from raslib.sim.model.trace import Trace
from raslib.sim.walk import walk

Ends = dict[str, str]  # parts of the outcome that are not none


class Sentence(NamedTuple):
    says: str
    command: str
    intended: Ends  # stance=architecture
    built: Ends  # stance=as-built


# fmt: off
AR_GUEST = {
    "end": "sigbus_ar",
    "host": "recovered",
    "claimed": "APEI",
    "acked": "yes",
    "signal": "BUS_MCEERR_AR",
    "guest": "sigbus_ar",
    "guest_acked": "yes",
}
SENTENCES = [
    Sentence("The kernel hears by CPER and claims; QEMU gets a signal, and makes CPER of its own for its guest",
             "raslib walk",
             AR_GUEST,
             AR_GUEST),
    Sentence("The same where the host is kernel-first, and its guest cannot tell",
             "raslib walk host.first=kernel",
             {"end": "sigbus_ar", "host": "recovered", "claimed": "kernel-first", "signal": "BUS_MCEERR_AR",
              "guest": "sigbus_ar", "guest_acked": "yes"},
             {"end": "guest_panic", "guest": "guest_panic"}),
    Sentence("The guest is kernel-first, whatever its host is",
             "raslib walk guest.first=kernel",
             {"end": "sigbus_ar", "host": "recovered", "claimed": "APEI", "acked": "yes", "signal": "BUS_MCEERR_AR",
              "guest": "sigbus_ar"},
             {"end": "vm_exit", "host": "recovered", "claimed": "APEI", "acked": "yes", "signal": "BUS_MCEERR_AR",
              "vm": "vm_exit"}),
    Sentence("Neither has firmware that would tell it",
             "raslib walk host.first=kernel guest.first=kernel",
             {"end": "sigbus_ar", "host": "recovered", "claimed": "kernel-first", "signal": "BUS_MCEERR_AR",
              "guest": "sigbus_ar"},
             {"end": "guest_panic", "guest": "guest_panic"}),
    Sentence("Which notification the host has is private: by SDEI",
             "raslib walk host.notify=SDEI",
             {"end": "sigbus_ar", "host": "recovered", "claimed": "APEI", "acked": "yes",
              "signal": "BUS_MCEERR_AO, BUS_MCEERR_AR", "guest": "sigbus_ar", "guest_acked": "yes"},
             {"end": "sigbus_ar", "host": "recovered", "claimed": "APEI", "acked": "yes",
              "signal": "BUS_MCEERR_AO, BUS_MCEERR_AR", "guest": "sigbus_ar", "guest_acked": "yes"}),
    Sentence("Which notification the host has is private: by an interrupt, found before anything consumed it",
             "raslib walk error.report=interrupt host.notify=GSIV error.touched_later=true",
             {"end": "sigbus_ar", "host": "recovered", "claimed": "APEI", "acked": "yes",
              "signal": "BUS_MCEERR_AO, BUS_MCEERR_AR", "guest": "sigbus_ar", "guest_acked": "yes"},
             {"end": "sigbus_ar", "host": "recovered", "claimed": "APEI", "acked": "yes",
              "signal": "BUS_MCEERR_AO, BUS_MCEERR_AR", "guest": "sigbus_ar", "guest_acked": "yes"}),
    Sentence("A kernel-first guest hears of an error that nothing consumed by the node's own interrupt",
             "raslib walk error.report=interrupt host.notify=GSIV guest.first=kernel",
             {"end": "recovered", "host": "recovered", "claimed": "APEI", "acked": "yes", "signal": "BUS_MCEERR_AO",
              "guest": "recovered"},
             {"end": "sigbus_ao", "host": "recovered", "claimed": "APEI", "acked": "yes", "signal": "BUS_MCEERR_AO"}),
    Sentence("A notification by SError is plumbed into APEI like any other",
             "raslib walk error.report=SError host.notify=SEI",
             {"end": "sigbus_ao", "host": "recovered", "claimed": "APEI", "acked": "yes", "signal": "BUS_MCEERR_AO"},
             {"end": "guest_panic", "acked": "no", "guest": "guest_panic"}),
    Sentence("A RAS SError that nobody knows of stops the host",
             "raslib walk error.report=uncategorized-SError host.first=kernel",
             {"end": "host_panic", "host": "host_panic"},
             {"end": "host_panic", "host": "host_panic"}),
    Sentence("An SError of a device is no RAS notification, and the guest's to deal with",
             "raslib walk error.report=device-SError host.first=kernel",
             {"end": "guest_panic", "guest": "guest_panic"},
             {"end": "guest_panic", "guest": "guest_panic"}),
    Sentence("If APEI and kernel-first deny, the default follows",
             "raslib walk host.apei=disabled",
             {"end": "guest_panic", "acked": "no", "guest": "guest_panic"},
             {"end": "guest_panic", "acked": "no", "guest": "guest_panic"}),
    Sentence("The kernel handles an error or panics: its own consumption",
             "raslib walk cpu.running=host-kernel",
             {"end": "host_panic", "host": "host_panic", "claimed": "APEI", "acked": "yes"},
             {"end": "host_oops", "host": "host_oops", "acked": "no"}),
    Sentence("User space may decide to notify nobody",
             "raslib walk guest.notify=none",
             {"end": "vm_exit", "host": "recovered", "claimed": "APEI", "acked": "yes", "signal": "BUS_MCEERR_AR",
              "vm": "vm_exit"},
             {"end": "vm_exit", "host": "recovered", "claimed": "APEI", "acked": "yes", "signal": "BUS_MCEERR_AR",
              "vm": "vm_exit"}),
    Sentence("QEMU may tell its guest by any notification that it has promised",
             "raslib walk guest.notify=SEI",
             AR_GUEST,
             {"end": "vm_exit", "host": "recovered", "claimed": "APEI", "acked": "yes", "signal": "BUS_MCEERR_AR",
              "vm": "vm_exit"}),
    Sentence("User space triggers by itself, too",
             "raslib walk begin=qmp",
             {"end": "recovered", "guest": "recovered", "guest_acked": "yes"},
             {"end": "recovered", "guest": "recovered", "guest_acked": "yes"}),
    Sentence("User space alone makes a guest meet an SError with a syndrome",
             "raslib walk begin=vcpu-events",
             {"end": "guest_panic", "guest": "guest_panic"},
             {"end": "guest_panic", "guest": "guest_panic"}),
    Sentence("One that waits can be read, set and moved; without FEAT_RAS there the syndrome is lost",
             "raslib walk begin=vcpu-events guest.masked=true ask.migration=to-no-RAS",
             {"end": "pending", "vm": "syndrome_lost", "guest": "pending"},
             {"end": "pending", "vm": "syndrome_lost", "guest": "pending"}),
    Sentence("A guest that unmasks meets what has waited",
             "raslib walk begin=vcpu-events guest.masked=true guest.unmasks=true",
             {"end": "guest_panic", "guest": "guest_panic"},
             {"end": "guest_panic", "guest": "guest_panic"}),
    Sentence("KVM hands no syndrome to user space: the design that was rejected",
             "raslib walk error.report=SError host.first=kernel host.kvm=v8-7",
             {"end": "sigbus_ao", "host": "recovered", "claimed": "kernel-first", "signal": "BUS_MCEERR_AO"},
             {"end": "guest_panic", "guest": "guest_panic"}),
    Sentence("An error that was reported a moment ago is still the host's to deal with",
             "raslib walk host.repeated=true host.linux=7.3",
             AR_GUEST,
             {"end": "guest_panic", "acked": "yes", "guest": "guest_panic"}),
]
# fmt: on


@pytest.mark.parametrize("row", SENTENCES, ids=lambda row: row.says)
def test_it_ends_so_by_intent_and_as_built(row: Sentence):
    raslib, walks, *choices = row.command.split()
    assert (raslib, walks) == ("raslib", "walk")
    for stance, ends in (("architecture", row.intended), ("as-built", row.built)):
        outcome = walk(Scenario.of(*choices, f"stance={stance}")).outcome
        assert {part: word for part, word in outcome.items() if word != "none"} == ends, stance


def test_the_four_combinations_of_who_hears_first_end_alike_for_a_guest_by_intent():
    """What its host is makes no difference to a guest; what the guest is makes none to its host."""
    by = {
        (host, guest): walk(Scenario.of("stance=architecture", f"host.first={host}", f"guest.first={guest}"))
        for host in ("firmware", "kernel")
        for guest in ("firmware", "kernel")
    }
    for guest in ("firmware", "kernel"):
        one, other = by["firmware", guest], by["kernel", guest]
        assert [step.does for step in one.guest] == [step.does for step in other.guest]
    for host in ("firmware", "kernel"):
        one, other = by[host, "firmware"], by[host, "kernel"]
        assert of_the_host(one) == of_the_host(other)


def of_the_host(trace: Trace) -> list[str]:
    """What its hardware, firmware and kernel do; QEMU and KVM do what the guest needs."""
    return [step.does for step in trace if step.machine == "host" and step.actor not in ("QEMU", "KVM")]


def test_no_end_denies_what_happened_beside_it():
    """In every outcome that there is: where a signal was sent, no end says that nobody got one."""
    for outcome in Space.of().outcomes():
        words = [ENDS[word] for part, word in outcome._asdict().items() if word in ENDS and word != "none"]
        if outcome.signal != "none":
            assert not [word for word in words if "nobody was" in word or "nothing else" in word], outcome
        assert outcome.end in ENDS


@pytest.mark.parametrize("end", ENDS)
def test_every_end_has_a_sentence(end: str):
    assert sentence(end)[0].isupper()
    assert sentence(end).endswith(".")
    assert not sentence(end).endswith("..")
