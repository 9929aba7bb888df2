"""Lines of other machines and programs: x86, boot loaders, Windows, and what a kernel's own syndrome excludes."""

import pytest

from raslib import diagnose, read
from raslib.intake import OBSERVATIONS, read_all

PCIE = """\
[   12.1] {1}[Hardware Error]: Hardware error from APEI Generic Hardware Error Source: 3
[   12.1] {1}[Hardware Error]: event severity: recoverable
[   12.1] {1}[Hardware Error]:  Error 0, type: recoverable
[   12.1] {1}[Hardware Error]:   section_type: PCIe error
[   12.1] {1}[Hardware Error]:   port_type: 0, PCIe end point
[   12.1] {1}[Hardware Error]:   device_id: 0003:01:00.0
"""


def story(text: str) -> str:
    return diagnose(("a.log", text)).text().split("\n\n")[0].replace("\n    ", " ")


@pytest.mark.parametrize(
    "line",
    [
        "[    7.0] Internal error: : 96000610 [#1] SMP",  # Linux 4.14 to 4.17 have no word for it
        "[    7.0] Internal error: : 86000010 [#1] SMP",
        "[    7.0] Internal error: synchronous external abort: 0000000096000010 [#1] SMP",
    ],
)
def test_an_oops_was_taken_by_the_kernel_and_by_no_firmware(line):
    found = diagnose(("a.log", line))
    assert {end.partition(",")[0] for end in found.agreeing.ends} == {"host_oops", "host_panic"}
    assert "by-consumer" not in found.text()


@pytest.mark.parametrize(
    ("line", "esr"),
    [
        ("[    7.0] ESR = 0x0000000096000010", 0x96000010),
        ("[INT] ESR_EL1: 0xbe000c11 (EC=0x2f)", 0xBE000C11),
        (
            "[    7.0] Synchronous External Abort: synchronous external abort (0x96000010) at 0xffff8f1a0fc0",
            0x96000010,
        ),
        ("[    7.0] Unhandled fault: synchronous external abort (0x92000010) at 0xffff8f1a0fc0", 0x92000010),
        ("[    7.0] SError Interrupt on CPU3, code 0xbf000002 -- SError", 0xBF000002),
    ],
)
def test_whoever_printed_a_syndrome_had_heard_of_the_error(line, esr):
    """Else EL3 would have stopped the machine; where EL3 itself printed it, it may have."""
    found = diagnose(("a.log", line))
    assert [dict(one.values)["esr"] for one in found.events[0].observations] == [esr]
    assert found.agreeing.agree > 0
    assert not [end for end in found.agreeing.ends if end.startswith("fw_panic")]
    of_el3 = diagnose(("a.log", f"esr_el3        = {esr:#018x}"))
    assert [end for end in of_el3.agreeing.ends if end.startswith("fw_panic")]


def test_a_syndrome_that_is_no_error_is_named_once_with_its_lines():
    text = "[  6.7]   ESR = 0x000000008600000e\n[  6.7] Internal error: Oops: 000000008600000e [#1] SMP\n"
    assert story(text).count("raslib esr 0x8600000e") == 1
    assert "a.log, line 1; a.log, line 2" in story(text)


def test_another_mode_than_error_is_no_serror():
    """bad_mode() of arch/arm64/kernel/traps.c names the vector that was taken; only "Error" is an SError's."""
    text = "Bad mode in Synchronous Abort handler detected on CPU2, code 0x86000005 -- IABT (current EL)"
    assert "raslib esr 0x86000005 reads it" in story(text)
    assert diagnose(("a.log", text.replace("Synchronous Abort", "Error").replace("0x86000005", "0xbe000c11"))).cases


@pytest.mark.parametrize(
    ("text", "program", "esr"),
    [
        ('"Synchronous Abort" handler, esr 0x96000210, far 0x70000000', "U-Boot", 0x96000210),
        ('"Error" handler, esr 0xbf000002', "U-Boot", 0xBF000002),
        ("(XEN) ESR=0xbf000002", "Xen", 0xBF000002),
        ("(XEN) traps.c:2045:d0v1 HSR=0x00000092000010 pc=0xffff800010c8 gva=0xffff80001", "Xen", 0x92000010),
        ("E/TC:0 0  esr 0x96000010  ttbr0 0x200009e878000", "OP-TEE", 0x96000010),
        (
            "Data abort: Synchronous External abort\n  ESR 0x96000010          FAR 0x0000000040000000",
            "UEFI",
            0x96000010,
        ),
    ],
)
def test_the_syndrome_of_another_program_is_read_and_not_taken_for_linux(text, program, esr):
    assert f"{program} printed a syndrome" in story(text)
    assert f"raslib esr {esr:#x} reads it" in story(text)
    assert diagnose(("a.log", text)).scenario is None


@pytest.mark.parametrize(
    "line",
    [
        "[   12.2] EDAC MC3: 1 UE memory read error on CPU_SrcID#1_MC#1_Chan#2_DIMM#0 (channel:2 slot:0 page:0xb7)\n"
        "[   12.2] EDAC skx MC3: HANDLING MCE MEMORY ERROR",
        "[   12.2] mce: [Hardware Error]: Machine check events logged",
    ],
)
def test_an_x86_machine_is_named_and_gets_no_exception_levels(line):
    found = diagnose(("a.log", PCIE + line))
    assert "It is an x86 machine" in found.text()
    did = [one.text for one in found.sentences if one.about == "did"]
    assert did
    assert not [text for text in did if "EL3 firmware" in text or "hardware" in text.split()[0]]


def test_of_a_device_s_error_only_what_linux_does_is_told():
    """The simulator has memory and cores; of PCI Express it knows the record."""
    found = diagnose(("a.log", PCIE))
    assert "The simulator has errors of memory alone" in found.text()
    assert not [one for one in found.sentences if one.about == "did" and "in memory, " in one.text]
    memory = PCIE.replace("PCIe error", "memory error").replace("  port_type: 0, PCIe end point", "  node:0 ")
    memory = memory.replace("  device_id: 0003:01:00.0", "  physical_address: 0x0000000040001000")
    assert "errors of memory alone" not in diagnose(("a.log", memory)).text()


def test_messages_on_one_line_with_the_word_kernel_between_are_told_apart():
    first, *rest = [f"kernel: {line[9:]}" for line in PCIE.splitlines()]
    one = "\n".join([" ".join([first, *rest[:2]]), *rest[2:]])
    plain, joined = read("\n".join([first, *rest])), read(one)
    assert (joined.data, joined.source) == (plain.data, plain.source)
    assert "error_severity" not in joined.unknown


def test_what_rasdaemon_has_of_other_errors_is_told():
    text = (
        "No Memory errors.\n\nMCE events:\n1 2024-12-19 03:52:38 +0000 error: Corrected error, no action required., "
        "CPU 2, bank Unified Memory Controller (bank=17), mcg mcgstatus=0, mci CECC, status=0x9c2040000000011b\n"
    )
    (found,) = read_all(text.encode())
    assert found.kind == OBSERVATIONS
    assert story(text).startswith(
        "Drivers tell of errors (rasdaemon), none of which is a record that firmware reported"
    )


@pytest.mark.parametrize(
    ("text", "looks"),
    [
        ("A corrected hardware error has occurred.\n\nComponent: PCI Express Root Port\n", "wevtutil qe System /f:xml"),
        ("Log Name:      System\nEvent ID:      17\nLevel:         Warning\n", "an event of Windows in words"),
        ("出现已更正的硬件错误。\n组件: PCI Express 根端口\n", "no line of it"),
        (
            "APEI Corrected Memory Error:\n Error Status: 0x400\n Physical Address: 0x6a47d1f540\n",
            "no line of it is one",
        ),
        ("E: ELR_ELn: 0x000000000000a5c4\nE: ESR_ELn: 0x00000000be000011\n", "raslib esr 0x00000000be000011"),
        ("00 11 2g\n", "'2g' is not hex digits of whole bytes"),
    ],
)
def test_a_refusal_says_what_it_looks_like(text, looks):
    with pytest.raises(ValueError, match="hex digits of whole bytes") as refused:
        read(text)
    assert looks in str(refused.value)
