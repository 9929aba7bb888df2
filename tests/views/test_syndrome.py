"""What a syndrome means: the sentences that follow from every code, by what Linux and KVM really do."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from raslib.cli import main
from raslib.formats.cores import CORES, by_midr, by_name
from raslib.formats.esr import Aet, Set
from raslib.records import RecordError
from raslib.views.syndrome import explain

STATES = {
    "CE": "CE, corrected: nothing is lost; software may go on.",
    "UEO": "UEO, restartable: the error was not consumed; software may go on.",
    "UER": "UER, recoverable: the error was consumed, and is contained; software must repair or stop what consumed it.",
    "UEU": "UEU, unrecoverable: the state of the PE is lost; software must not go on in what was interrupted.",
    "UC": "UC, uncontainable: the error may be anywhere; software must stop at once.",
}
VSERROR = "gives the guest a virtual SError with IDS = 1"
PANIC = "Linux takes it for uncontainable and panics, even if a guest was running."
NEVER = "APEI is never asked about an SError (Linux up to 7.3)."
# what the host's kernel does about its own SError, and what KVM does if a guest was running
SERRORS = {
    "CE": ("goes on, and logs nothing", "resumes the guest"),
    "UEO": ("goes on, and logs nothing", "resumes the guest"),
    "UER": ("panics: an SError may be imprecise, so there is nothing to repair", VSERROR),
    "UEU": ("panics", VSERROR),
    "UC": ("panics at once", "panics the host"),
}
AETS = {0: "UC", 1: "UEU", 2: "UEO", 3: "UER", 6: "CE"}
SETS = {0: "UER", 2: "UC", 3: "UEO"}


def serror(iss: int) -> tuple[str, list[str]]:
    """State and sentences of ISS[24:0] of an SError, in the order in which the kernel asks."""
    ids, aet, dfsc = iss >> 24 & 1, iss >> 10 & 7, iss & 0x3F
    if ids:
        return "", [
            "IDS is 1: only the maker of the core can read the syndrome, so it is no RAS error to Linux.",
            f"Linux panics; if a guest was running, KVM {VSERROR}.",
        ]
    if dfsc != 0x11:
        return "", [f"DFSC is {dfsc:#x}, not 0x11: AET says nothing, the error is uncategorized.", PANIC]
    if aet not in AETS:
        return "", [f"AET 0b{aet:03b} is reserved.", PANIC, NEVER]
    host, guest = SERRORS[AETS[aet]]
    follows = f"As an SError: Linux {host}; if a guest was running, KVM {guest}."
    return AETS[aet], [STATES[AETS[aet]], follows, NEVER]


def abort(iss: int, lower: bool) -> tuple[str, list[str]]:
    """State and sentences of ISS[24:0] of a data or instruction abort; *lower*: not of the kernel's own level."""
    code, fsc, fnv = iss >> 11 & 3, iss & 0x3F, iss >> 10 & 1
    signal = {0x10: "SIGBUS, BUS_OBJERR", 0x18: "SIGBUS, BUS_OBJERR"}.get(fsc, "SIGKILL")
    after = ["From its own exception level, Linux since 5.8 does not ask APEI: oops."]
    if lower:
        after = [
            f"From an application, Linux asks APEI; claimed, memory_failure decides; unclaimed, it sends {signal}.",
            "From a guest, KVM asks APEI; unclaimed, the guest gets a virtual SError with IDS = 1.",
        ]
    if fsc == 0x12:
        after = ["From its own exception level: oops."]
        if lower:
            after = [
                "From an application, Linux sends SIGKILL; from a guest, KVM_RUN fails with EFAULT. APEI is not asked."
            ]
    if fsc not in {0x10, *range(0x12, 0x19), *range(0x1B, 0x20)}:
        return "", [f"Fault status code {fsc:#x} is no external abort: no RAS error."]
    if fsc != 0x10:
        first = "SET and FnV count only with fault status code 0x10; the state of the PE is not told."
        return "", [first, *LEVELS.get(fsc, []), *after]
    state = SETS.get(code, "")
    first = STATES[state] if state else "SET 0b01 is reserved; Linux does not look at SET."
    far = ["FnV is 1: FAR_ELx does not hold the address, si_addr of an unclaimed abort is 0."] if fnv else []
    tfa = ["Firmware that is asked first (TF-A) takes it for uncontainable and stops the machine."]
    return state, [first, *far, *after, *(tfa if state == "UC" else [])]


LEVELS = {
    0x12: ["Level -2 is of FEAT_D128, of which Linux up to 7.3 knows nothing: it takes the code for an unknown fault."],
    0x13: ["Level -1 is of FEAT_LPA2; Linux 6.1 takes the code for an unknown fault."],
}
WITH = "So it is on cores with FEAT_RAS (ID_AA64PFR0_EL1.RAS is not 0: Armv8.2 and later). Without it, "
WITHOUT = {
    True: f"{WITH}no SError is a RAS error to Linux. Linux panics; if a guest was running, KVM {VSERROR}.",
    False: f"{WITH}SET is 0 and tells no state. Linux does not look at SET.",
}
FROM_LOWER = (
    "Taken to EL3, SPSR_EL3.M tells who was interrupted: an application, a guest, or the kernel at EL2 or EL1 itself; "
    "TF-A asks the platform's handler, and panics where there is none."
)
FROM_SAME = (
    "At EL2, with VHE that is the host's kernel; without VHE it is KVM's own code, and the host panics. "
    "At EL3 firmware interrupted itself, and TF-A panics."
)
FROM_ANY = (
    "SPSR_ELx.M tells who was interrupted, this class does not: KVM's own code at EL2 makes the host panic, unless the "
    "SError came up on the way out of a guest, whose it then is; TF-A at EL3 panics, of a lower level it asks the "
    "platform's handler, and panics where there is none."
)


def esr(value: int) -> tuple[str, list[str]]:
    ec = value >> 26 & 0x3F
    if ec not in (0x20, 0x21, 0x24, 0x25, 0x2F):
        return "", ["This exception class carries no RAS error."]
    lower = ec in (0x20, 0x24)
    state, said = serror(value) if ec == 0x2F else abort(value, lower)
    with_ras = [WITHOUT[ec == 0x2F]] if state else []
    return state, [*said, *with_ras, FROM_ANY if ec == 0x2F else FROM_LOWER if lower else FROM_SAME]


def disr(value: int) -> tuple[str, list[str]]:
    if not value >> 31 & 1:
        return "", ["A is 0: no SError was deferred; nothing else counts."]
    state, said = serror(value)
    return state, ["An ESB instruction deferred an SError.", *said]


def vsesr(value: int) -> tuple[str, list[str]]:
    taken = 0xBE00_0000 + value % (1 << 25)
    state, said = serror(taken)
    first = f"A guest that takes the virtual SError reads ESR_EL1 = {taken:#x}, and its kernel decides by that."
    return state, [first, *said]


def vdisr(value: int) -> tuple[str, list[str]]:
    if not value >> 31 & 1:
        return "", ["A is 0: no virtual SError was deferred."]
    state, said = serror(value)
    return state, ["The guest's ESB deferred a virtual SError; it reads this as DISR_EL1.", *said]


RULES: dict[str, Any] = {"esr": esr, "disr": disr, "vsesr": vsesr, "vdisr": vdisr}
ECS = [0x00, 0x15, 0x20, 0x21, 0x24, 0x25, 0x2F, 0x3F]


def follows(register: str, value: int) -> None:
    found = explain(register, value)
    state, said = RULES[register](value)
    assert (found.state, list(found.means)) == (state, said), hex(value)


@pytest.mark.parametrize("register", RULES)
@pytest.mark.parametrize("ids", [0, 1])
def test_every_serror_means_what_the_kernel_does(register, ids):
    frame = {"esr": 0x2F << 26, "disr": 1 << 31, "vdisr": 1 << 31, "vsesr": 0}[register]
    for aet in range(8):
        for dfsc in range(64):
            follows(register, frame | ids << 24 | aet << 10 | dfsc)


@pytest.mark.parametrize("ec", [0x20, 0x21, 0x24, 0x25])
def test_every_abort_means_what_the_kernel_does(ec):
    for code in range(4):
        for fnv in range(2):
            for fsc in range(64):
                follows("esr", ec << 26 | code << 11 | fnv << 10 | fsc)


@pytest.mark.parametrize("ec", range(64))
def test_other_classes_are_no_ras_errors(ec):
    follows("esr", ec << 26 | 0x11)


words = st.one_of(
    st.integers(0, (1 << 64) - 1),
    st.builds(lambda ec, low: ec << 26 | low, st.sampled_from(ECS), st.integers(0, (1 << 26) - 1)),
    st.builds(lambda low: 1 << 31 | low, st.integers(0, (1 << 31) - 1)),
)


@pytest.mark.parametrize("register", RULES)
@settings(deadline=None, max_examples=60)
@given(value=words)
def test_any_value_is_explained(register, value):
    """Nothing of 64 bits fails; no bit that is set is left out; JSON and text say the same fields."""
    follows(register, value)
    found = explain(register, value)
    shown = found.to_json()
    assert json.loads(json.dumps(shown)) == shown
    assert (shown["value"], shown["means"]) == (hex(value), list(found.means))
    places = [bit for f in shown["fields"] for bit in range(f["bits"][1], f["bits"][0] + 1)]
    assert len(places) == len(set(places))
    assert all(bit in places for bit in range(64) if value >> bit & 1)
    assert [f["bits"][0] for f in shown["fields"]] == sorted((f["bits"][0] for f in shown["fields"]), reverse=True)
    lines = str(found).splitlines()
    assert lines[0] == f"{shown['register']} = {value:#x}"
    assert [line.split()[1] for line in lines[1:][: len(shown["fields"])]] == [f["name"] for f in shown["fields"]]
    assert lines[1 + len(shown["fields"]) :] == shown["means"]


@pytest.mark.parametrize("register", RULES)
@pytest.mark.parametrize("value", [-1, 1 << 64])
def test_what_is_no_word_of_64_bits_is_refused(register, value):
    with pytest.raises(RecordError, match="is not a 64-bit value"):
        explain(register, value)


def test_a_register_of_another_name_is_refused():
    with pytest.raises(RecordError, match="ttbr: is none of esr, disr, vsesr, vdisr"):
        explain("ttbr", 0)


def test_a_syndrome_as_text_in_full():
    assert str(explain("esr", 0xBF00_0002)) == (
        "ESR_ELx = 0xbf000002\n"
        " [55:32]  ISS2      0       more of the syndrome\n"
        " [31:26]  EC        SERROR  47: SError interrupt\n"
        "    [25]  IL        1       1: a 32-bit instruction, or an exception that no one instruction caused\n"
        "    [24]  IDS       1       1: the rest is IMPLEMENTATION DEFINED\n"
        "  [23:0]  SYNDROME  2       IMPLEMENTATION DEFINED\n"
        "IDS is 1: only the maker of the core can read the syndrome, so it is no RAS error to Linux.\n"
        "Linux panics; if a guest was running, KVM gives the guest a virtual SError with IDS = 1.\n"
        f"{FROM_ANY}\n"
    )


# what cores without FEAT_RAS say


def test_without_feat_ras_set_tells_no_state():
    """0x96000210, the most common in the field, by the number of a core, and by its name."""
    for core in (by_midr(0x410F_D034), by_name("cortex-a53"), by_name("A53")):
        found = explain("esr", 0x9600_0210, core)
        assert found.state == ""
        assert list(found.means) == [
            "Cortex-A53 has no FEAT_RAS: SET is no field of it, the state of the PE is not told.",
            "From its own exception level, Linux since 5.8 does not ask APEI: oops.",
            FROM_SAME,
        ]
        assert [f["text"] for f in found.fields if f["name"] == "SET"] == ["does not count: this core has no FEAT_RAS"]


def test_a_core_with_feat_ras_has_the_state_without_the_condition():
    found = explain("esr", 0x9600_0210, by_name("Neoverse-N1"))
    assert (found.state, found.means[0]) == ("UER", STATES["UER"])
    assert not any("Without it" in line for line in found.means)


NO_RAS = "has no FEAT_RAS: no SError of it is a RAS error to Linux."
A53 = "(Cortex-A53 TRM DDI 0500J, table 4-95)"


@pytest.mark.parametrize(
    ("iss", "core", "lines"),
    [
        (0x100_0000, "A53", [f"ISS[23:22] is 0b00, ISS[1:0] 0b00: DECERR on an external access {A53}."]),
        (0x100_0002, "A53", [f"ISS[23:22] is 0b00, ISS[1:0] 0b10: SLVERR on an external access {A53}."]),
        (0x140_0001, "A53", [f"ISS[23:22] is 0b01, ISS[1:0] 0b01: nREI was asserted {A53}."]),
        (0x180_0001, "A53", ["What ISS[23:0] 0x800001 means is not known of Cortex-A53."]),
        (0x140_0001, "A35", ["What ISS[23:0] 0x400001 means is not known of Cortex-A35."]),
        (0x100_0002, "A72", ["What ISS[23:0] 0x2 means is not known of Cortex-A72."]),
        (0x000_0C11, "A72", ["ISS[24] is 0: the syndrome says nothing."]),
    ],
)
def test_what_a_core_without_feat_ras_says_of_an_serror_is_its_makers(iss, core, lines):
    found = explain("esr", 0xBE00_0000 | iss, by_name(core))
    assert found.state == ""
    last = f"Linux panics; if a guest was running, KVM {VSERROR}."
    assert list(found.means) == [f"Cortex-{core} {NO_RAS}", *lines, last, FROM_ANY]


def test_a_manual_that_promises_more_of_a_syndrome_is_named():
    note = "AET of a physical SError is UC or UEU, never another, and EA is 0 (Cortex-A76 TRM 100798_0300_00 §B2.47)."
    assert note in explain("esr", 0xBE00_0011, by_name("A76")).means
    assert note not in explain("esr", 0xBE00_0011, by_name("A77")).means


def test_cores_are_told_apart_by_implementer_and_part():
    assert len({(core.implementer, core.part) for core in CORES}) == len({core.name for core in CORES}) == len(CORES)
    assert [by_midr(n).name for n in (0x410F_D034, 0x413F_D0C1, 0x481F_D010)] == ["Cortex-A53", "Neoverse-N1", "TSV110"]
    assert [(by_midr(n).name, by_midr(n).ras) for n in (0x431F_0AF1, 0xC00F_AC30)] == [
        ("ThunderX2", False),
        ("Ampere-1", True),
    ]
    assert by_midr(0x420F_D034) is None
    assert all(core.cite for core in CORES if core.serrors or core.note)


def test_the_command_line_takes_a_core_by_number_or_name(capsys):
    for arguments in (["--midr", "410fd034"], ["--midr", "0x410f_d034"], ["--core", "Cortex-A53"]):
        status, out, _ = said(capsys, "esr", "96000210", *arguments)
        assert (status, "Cortex-A53 has no FEAT_RAS" in out) == (0, True)
    status, out, err = said(capsys, "esr", "96000210", "--midr", "1")
    assert err == "raslib: nothing is known of a core with MIDR_EL1 0x1; the value is read as any core's\n"
    assert (status, out) == said(capsys, "esr", "96000210")[:2]
    status, _, err = said(capsys, "esr", "96000210", "--core", "A9")
    assert (status, err.startswith("raslib: 'A9' is none of Cortex-A35, Cortex-A53")) == (1, True)


def test_a_syndrome_as_json_in_full():
    ref = "DDI 0487, VSESR_EL2"
    ids, iss = "1: ISS is IMPLEMENTATION DEFINED", "ISS of an SError interrupt, see `SErrorIss`"
    no_field = "no field is defined here"
    assert explain("vsesr", 0x1_0000_0411).to_json() == {
        "register": "VSESR_EL2",
        "value": "0x100000411",
        "state": "UEU",
        "fields": [
            {"name": "reserved", "bits": [63, 25], "value": "0x80", "text": no_field, "doc": no_field, "ref": ref},
            {"name": "IDS", "bits": [24, 24], "value": "0", "text": ids, "doc": ids, "ref": ref},
            {"name": "ISS", "bits": [23, 0], "value": "0x411", "text": iss, "doc": iss, "ref": ref},
        ],
        "means": [
            "A guest that takes the virtual SError reads ESR_EL1 = 0xbe000411, and its kernel decides by that.",
            STATES["UEU"],
            f"As an SError: Linux panics; if a guest was running, KVM {VSERROR}.",
            NEVER,
        ],
    }


def test_the_tables_here_have_every_code():
    assert {a.value: a.name for a in Aet} == AETS
    assert {s.value: s.name for s in Set} == SETS


# the same through the command line


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    status = main(arguments)
    out, err = capsys.readouterr()
    return status, out, err


@pytest.mark.parametrize("register", RULES)
def test_the_command_line_says_the_same(register, capsys):
    for value in (0, 0xBE00_0C11, 0x8000_0411, 0x9600_0010, 0xFFFF_FFFF_FFFF_FFFF):
        found = explain(register, value)
        assert said(capsys, register, hex(value)) == (0, str(found), "")
        assert said(capsys, register, f"{value:x}", "--as", "json") == (0, json.dumps(found.to_json()) + "\n", "")


@settings(deadline=None, max_examples=60)
@given(value=words, register=st.sampled_from(sorted(RULES)))
def test_the_command_line_never_fails_on_unknown_bits(value, register):
    assert main([register, f"{value:#x}", "--as", "json"]) == 0


def test_several_values_give_a_line_each(capsys):
    status, out, _ = said(capsys, "esr", "be000411", "0x9600_0410", "--as", "json")
    assert (status, [json.loads(line)["value"] for line in out.splitlines()]) == (0, ["0xbe000411", "0x96000410"])


@pytest.mark.parametrize(
    ("value", "error"),
    [
        ("x", "raslib: 'x' is not a value: give it in hex\n"),
        ("", "raslib: '' is not a value: give it in hex\n"),
        ("1" + "0" * 16, "raslib: Esr: 0x10000000000000000 is not a 64-bit value\n"),
    ],
)
def test_a_value_that_is_none_is_refused(value, error, capsys):
    assert said(capsys, "esr", value) == (1, "", error)
