"""What other programs make of a record, or hold one in: traces, databases, Windows, Redfish, tables, monitors."""

import base64
import bz2
import gzip
import json
import lzma
import sqlite3
import zlib
from itertools import pairwise
from pathlib import Path
from uuid import UUID

import pytest

from raslib.cli import main
from raslib.formats.arm import ArmProcessor, ErrorInformation
from raslib.formats.cper import CperRecord, SectionDescriptor, Severity
from raslib.formats.ghes import StatusBlock
from raslib.formats.memory import PlatformMemory
from raslib.formats.sections import GUIDS
from raslib.intake import OBSERVATIONS, read, read_all
from raslib.resources import samples
from raslib.views.kernel_log import kernel_log

BLOCK, HEST = samples("status_blocks/g_mem"), samples("hest/qemu-7.2")
RECORD = CperRecord.of((SectionDescriptor(section_type=GUIDS[PlatformMemory]), PlatformMemory(node=3))).build()
ARM = ArmProcessor(error_information=(ErrorInformation(type=2),), mpidr_el1=0x81000000, midr_el1=0x413FD0C1)
VENDOR = UUID("12345678-1234-1234-1234-123456789abc")


def entry_of(found):
    return StatusBlock.parse(found.data).entries[0]


# --- monitors and dumps -----------------------------------------------------------------------------------------------


def words(size: int, before: str, row: str = "{:016x}: ", base: int = 0x785D80B0, width: int = 4) -> str:
    padded = BLOCK.ljust(-(-len(BLOCK) // 16) * 16, b"\0")
    made = [before]
    for at in range(0, len(padded), 16):
        numbers = [padded[i : i + size][::-1].hex() for i in range(at, at + 16, size)]
        made.append(row.format(base + at) + " ".join(f"0x{n}" if "0x" in before else n for n in numbers))
    return "\n".join(made) + "\n"


@pytest.mark.parametrize(
    "text",
    [
        words(4, "(qemu) xp /44wx 0x785d80b0"),
        words(1, "(qemu) xp /176xb 0x785d80b0"),
        words(8, "(qemu) xp /22xg 0x785d80b0"),
        words(4, "(gdb) x/44xw 0x785d80b0", "0x{:x}:\t"),
        words(1, "(gdb) x/176xb 0x785d80b0", "0x{:x} <estatus+16>:\t"),
        words(4, "=> md.l 785d80b0 2c", "{:08x}: "),
        words(1, "=> md.b 785d80b0 b0", "{:08x}: "),
    ],
)
def test_monitors_show_memory_from_an_address_on(text):
    found = read(text)
    assert found.data[: len(BLOCK)] == BLOCK
    assert found.kind == "status-block"


def test_a_dump_that_ends_early_says_how_much_there_should_be():
    text = "".join(words(4, "(qemu) xp /100x 0x785d80b0").splitlines(keepends=True)[:7])
    found = read(text)
    assert found.data == BLOCK[:96]
    assert f"its length says {len(BLOCK)} bytes, 96 are here" in found.note


def test_dumps_in_fences_and_under_headings_are_read_one_by_one():
    rows = "".join(f"{at:08x}  {BLOCK[at : at + 16].hex(' ')}\n" for at in range(0, len(BLOCK), 16))
    text = f"**Instance 1**\n\n```\n{rows}{len(BLOCK):08x}\n```\n\n**Instance 2**\n\n```\n{rows}```\nWhat is this?\n"
    assert [found.data for found in read_all(text)] == [BLOCK, BLOCK]
    assert read("".join(f"> {line}\n" for line in rows.splitlines())).data == BLOCK


IASL = """\
Intel ACPI Component Architecture
[000h 0000   4]                    Signature : "BERT"    [Boot Error Record Table]
[004h 0004   4]                 Table Length : 00000030
[008h 0008   1]                     Revision : 01
[009h 0009   1]                     Checksum : 15
[00Ah 0010   6]                       Oem ID : "PROJCT"
[010h 0016   8]                 Oem Table ID : "MACHINE"
[018h 0024   4]                 Oem Revision : 00000001
[01Ch 0028   4]              Asl Compiler ID : "PROJ"
[020h 0032   4]        Asl Compiler Revision : 00000001

[024h 0036   4]     Boot Error Region Length : 00001000
[028h 0040   8]    Boot Error Region Address : 00000000FB080000
"""
BERT = b"BERT\x30\0\0\0\1\x15PROJCTMACHINE \1\0\0\0PROJ\1\0\0\0\0\x10\0\0\0\0\x08\xfb\0\0\0\0"


def test_a_table_is_read_from_what_iasl_lists():
    assert read(IASL).data == BERT
    rows = "".join(f"    {at:04X}: {BERT[at : at + 16].hex(' ').upper()}  // ????\n" for at in (0, 16, 32))
    assert read(f"{IASL.partition('[00Ah')[0]}\nRaw Table Data: Length 48 (0x30)\n\n{rows}").data == BERT
    with pytest.raises(ValueError, match="no line has the byte at 0x8 of the table"):
        read(IASL.replace("[008h", "[108h"))


def test_a_table_and_what_lies_behind_it_are_two_things():
    table, region = read_all(BERT + BLOCK)
    assert (table.kind, table.data, region.kind, region.data) == ("bert", BERT, "status-block", BLOCK)
    assert [found.kind for found in read_all(HEST + BERT)] == ["hest", "bert"]
    assert read(BERT + b"rubbish").data == BERT + b"rubbish", "what nobody knows stays with the table"


def test_a_folder_is_its_files(tmp_path):
    tables = tmp_path / "tables"
    (tables / "data").mkdir(parents=True)
    (tables / "HEST").write_bytes(HEST)
    (tables / "DSDT").write_bytes(b"DSDT" + bytes(60))
    (tables / "data" / "BERT").write_bytes(BLOCK)
    found = read_all(tables)
    assert [one.kind for one in found] == ["hest", "status-block", OBSERVATIONS]
    assert [one.note.partition(":")[0] for one in found[:2]] == ["HEST", "data/BERT"]
    assert "DSDT" in found[2].note
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match="an empty folder"):
        read_all(tmp_path / "empty")


def test_a_path_bytes_and_text_are_read_alike(tmp_path):
    (tmp_path / "block.hex").write_text(BLOCK.hex())
    assert read(tmp_path / "block.hex").data == read(BLOCK.hex().encode()).data == read(BLOCK).data == BLOCK


def test_files_of_pstore_are_read_compressed_too(tmp_path):
    log = b"Panic#1 Part1\n<0>[  9.1] Kernel panic - not syncing: Fatal hardware error!\n"
    for data in (zlib.compress(log), gzip.compress(log), bz2.compress(log), lzma.compress(log), log):
        (found,) = read_all(data)
        assert [(one.kind, one.line) for one in found.observations] == [("panic", 2)]


# --- containers -------------------------------------------------------------------------------------------------------


def test_a_log_entry_of_redfish_holds_a_record():
    entry = {
        "@odata.type": "#LogEntry.v1_16_0.LogEntry",
        "DiagnosticDataType": "CPER",
        "DiagnosticData": base64.b64encode(RECORD).decode(),
        "CPER": {"NotificationType": "09a9d5ac-5204-4214-96e5-94992e752bcd"},
    }
    found = read(json.dumps({"Events": [{"EventId": "5"}, entry]}, indent=2))
    assert (found.kind, found.data) == ("record", RECORD)
    section = PlatformMemory(physical_address=5).build()
    entry |= {"DiagnosticDataType": "CPERSection", "DiagnosticData": base64.b64encode(section).decode()}
    entry["CPER"] = {"SectionType": str(GUIDS[PlatformMemory])}
    found = read(json.dumps(entry))
    assert entry_of(found).section.build() == section
    assert "error_severity" in found.unknown
    with pytest.raises(ValueError, match="line 1: DiagnosticData of a log entry cannot be read"):
        read(json.dumps(entry | {"DiagnosticData": "%%%"}))


EVENT = """<Event xmlns="http://schemas.microsoft.com/win/2004/08/events/event"><System>
<Provider Name="Microsoft-Windows-WHEA-Logger"/><EventID>18</EventID><Computer>PC</Computer></System>
<EventData><Data Name="ErrorSource">3</Data>{}</EventData></Event>"""


def test_an_event_of_windows_holds_a_record():
    raw = f'<Data Name="Length">{len(RECORD)}</Data><Data Name="RawData">{RECORD.hex().upper()}</Data>'
    found = read('<?xml version="1.0"?>\n' + EVENT.format(raw))
    assert (found.kind, found.data, found.note) == ("record", RECORD, "event 18 of Windows")
    assert len(read_all(f"<Events>{EVENT.format(raw) * 2}</Events>")) == 2
    with pytest.raises(ValueError, match="XML that cannot be read"):
        read(EVENT.format(raw).replace("</System>", ""))
    with pytest.raises(ValueError, match="XML with a document type"):
        read('<!DOCTYPE a [<!ENTITY b "c">]><Event>&b;</Event>')


def test_a_record_is_found_in_what_a_console_shows():
    digits = RECORD.hex().upper()
    lines = "\n".join(digits[at : at + 120] for at in range(14, len(digits), 120))
    assert read(f"> C:\\tools>DecodeWheaRecord.exe {digits[:14]}\n{lines}\n").data == RECORD


def test_json_that_is_nested_without_end_ends_in_a_sentence():
    for text in ('{"a":' * 100_000 + "1" + "}" * 100_000, '[{"a":' * 1000):
        with pytest.raises(ValueError, match="nested more than 100 deep"):
            read(text)


# --- traces -----------------------------------------------------------------------------------------------------------


def arm_event(sep: str) -> str:
    errors = ARM.error_information[0].build()
    parts = (("ARM Processor Err Info", errors), ("ARM Processor Err Context Info", b""))
    text = "affinity level: 255; MPIDR: 0000000081000000; MIDR: 00000000413fd0c1; running state: -1; PSCI state: -1;"
    for name, data in (*parts, ("Vendor Specific Err Info", b"vendor's")):
        text += f"{sep}{name} data len: {len(data)};{sep}{name} raw data: {data.hex(' ')};"
    return f"     kworker/0:1-61    [003] d.h1.   99.240616: arm_event: {text}\n"


@pytest.mark.parametrize("sep", [" ", "\n   "])
def test_an_arm_event_of_a_trace_gives_its_section(sep):
    section = entry_of(read(arm_event(sep))).section
    assert section.error_information == ARM.error_information
    assert (section.midr_el1, section.mpidr_el1, section.vendor_specific) == (0x413FD0C1, 0x81000000, b"vendor's")
    assert (section.validation_bits.running_state, section.validation_bits.error_affinity_level) == (False, False)


def test_an_older_arm_event_has_no_more_than_its_head():
    found = read(
        "<idle>-0 [000] 1.5: arm_event: affinity level: 0; MPIDR: 1; MIDR: 2; running state: 1; PSCI state: 0\n"
    )
    assert entry_of(found).section.error_information == ()
    assert "entries[0].section.err_info_num" in found.unknown


def test_a_non_standard_event_of_a_trace_gives_its_section():
    data = bytes(range(20))
    text = (
        f"           <...>-5  [001] .... 12.3: non_standard_event: severity: 1; sec type:{VENDOR};"
        f" FRU: {UUID(int=7)} DIMM A; data len:20; raw data:{data.hex(' ')}\n"
    )
    entry = entry_of(read(text))
    assert (entry.section_type, entry.section, entry.fru_text) == (VENDOR, data, "DIMM A")
    assert entry.error_severity == Severity.FATAL


DETAIL = "APEI location: node:0 card:1 rank:2 bank:0 row:8192 col:3 bit_pos:5 DIMM location:BANK 0 handle:0x0052"
MC = {
    "trace": f"mc_event: 1 Corrected error: Single-bit ECC on DIMM 1 (mc:0 location:1:2:-1"
    f" address:0x80001000 {DETAIL})",
    "rasdaemon": f"mc_event 2023-11-21 15:48:29 +0800 1 Corrected error: Single-bit ECC on DIMM 1 (mc: 0 location: 1:2"
    f" address: 0x80001000 grain: 12 {DETAIL})",
    "ras-mc-ctl": "1 2023-11-21 15:48:29 +0800 1 Corrected error(s): Single-bit ECC at DIMM 1 location: 1:2:-1,"
    f" addr 2147487744, grain 12, syndrome 0  {DETAIL}",
}


@pytest.mark.parametrize("form", MC)
def test_an_mc_event_gives_the_memory_section_behind_it(form):
    found = read(f"Memory controller events:\n{MC[form]}\n\nNo PCIe AER errors.\n")
    section = entry_of(found).section
    assert (section.physical_address, section.card, section.rank_number, section.row) == (0x8000_1000, 1, 2, 8192)
    assert (section.column, section.bit_position, section.memory_error_type) == (3, 5, 2)
    assert (section.module_handle, entry_of(found).error_severity) == (0x52, Severity.CORRECTED)
    assert "names the DIMM 'DIMM 1'" in found.note
    assert "entries[0].section.validation_bits.device" not in found.unknown or section.validation_bits.device is False


def database() -> bytes:
    with sqlite3.connect(":memory:") as base:
        base.executescript(
            "create table mc_event (id integer primary key, timestamp text, err_count integer, err_type text,"
            " err_msg text, label text, mc integer, top_layer integer, middle_layer integer, lower_layer integer,"
            " address integer,"
            " grain integer, syndrome integer, driver_detail text);"
            "create table non_standard_event (id integer primary key, timestamp text, sec_type blob, fru_id blob,"
            " fru_text text, severity text, error blob);"
            "create table arm_event (id integer primary key, timestamp text, error_count integer, affinity integer,"
            " mpidr integer, running_state integer, psci_state integer, err_info blob, context_info blob,"
            " vendor_info blob);"
            "create table aer_event (id integer primary key, timestamp text, dev_name text,"
            " err_type text, err_msg text);"
            "create table other (id integer);"
        )
        day = "2026-05-01 10:00:00 +0000"
        base.execute(
            "insert into mc_event"
            " values (1, ?, 1, 'Uncorrected', 'multi-bit ECC', 'DIMM 1', 0, 1, 2, -1, 4096, 12, 0, ?)",
            (day, DETAIL),
        )
        base.execute(
            "insert into non_standard_event values (1, ?, ?, ?, 'CARD', 'Recoverable', ?)",
            (day, VENDOR.bytes_le, UUID(int=7).bytes_le, b"\1\2\3"),
        )
        base.execute(
            "insert into arm_event values (1, ?, 1, -1, 0x81000000, -1, -1, ?, null, null)",
            (day, ARM.error_information[0].build()),
        )
        base.execute("insert into aer_event values (1, ?, '0000:01:00.0', 'Corrected', 'Receiver Error')", (day,))
        base.commit()
        return base.serialize()


def test_rasdaemons_database_gives_its_events(tmp_path):
    (tmp_path / "ras-mc_event.db").write_bytes(database())
    aer, arm, memory, other = read_all(tmp_path / "ras-mc_event.db")
    assert [(one.kind, one.text) for one in aer.observations] == [
        (
            "trace",
            "aer_event: id 1, timestamp 2026-05-01 10:00:00 +0000, dev_name 0000:01:00.0, err_type Corrected,"
            " err_msg Receiver Error",
        )
    ]
    assert entry_of(arm).section.error_information == ARM.error_information
    assert (entry_of(memory).section.physical_address, entry_of(memory).section.memory_error_type) == (0x1000, 3)
    assert (entry_of(other).section, entry_of(other).error_severity) == (b"\1\2\3", Severity.RECOVERABLE)
    assert other.note == "from rasdaemon's database, non_standard_event 1, 2026-05-01 10:00:00 +0000"
    with pytest.raises(ValueError, match="a database that cannot be read"):
        read_all(database()[:100] + bytes(9000))


# --- lines of others --------------------------------------------------------------------------------------------------

FACTS = {
    "Linux version 6.1.0-28-arm64": ("release", {"release": "6.1.0-28-arm64"}),
    "DMI: Maker Model/Board, BIOS 1.2": ("machine", {"machine": "Maker Model/Board, BIOS 1.2"}),
    "EDAC MC3: 2 CE memory error on DIMM_A1 (node:0 page:0x1)": (
        "edac",
        {"controller": 3, "count": 2, "severity": "CE", "error": "memory error", "label": "DIMM_A1"},
    ),
    "pcieport 0000:00:03.0: aer_status: 0x00001000, aer_mask: 0x00002000": (
        "aer",
        {"device": "0000:00:03.0", "status": 0x1000, "mask": 0x2000},
    ),
    "Memory failure: 0x40a1: recovery action for dirty LRU page: Recovered": (
        "memory_failure",
        {"pfn": 0x40A1, "action": "recovery action for dirty LRU page: Recovered"},
    ),
    "Memory failure: 0x40a1: Sending SIGBUS to victim:812 due to hardware memory corruption": (
        "memory_failure",
        {"pfn": 0x40A1, "action": "Sending SIGBUS to victim:812 due to hardware memory corruption"},
    ),
    "mce: [Hardware Error]: Machine check events logged": ("mce", {"error": "Machine check events logged"}),
    "sdei: SDEIv1.0 (0x0) detected in firmware.": ("sdei", {"text": "SDEIv1.0 (0x0) detected in firmware."}),
    "[Firmware Warn]: GHES: Invalid address in generic error data: 0x1f0": (
        "warning",
        {"text": "GHES: Invalid address in generic error data: 0x1f0"},
    ),
    "SError Interrupt on CPU5, code 0x00000000be000011 -- SError": (
        "serror",
        {"cpu": 5, "esr": 0xBE000011, "level": "EL1 or EL2"},
    ),
    "Internal error: synchronous external abort: 0000000096000410 [#1] SMP": (
        "sea",
        {"error": "synchronous external abort", "esr": 0x96000410, "level": "EL1 or EL2"},
    ),
    "Kernel panic - not syncing: Asynchronous SError Interrupt": ("panic", {"why": "Asynchronous SError Interrupt"}),
    "ERROR:   exception reason=1 syndrome=0x92000210": ("firmware", {"reason": 1, "esr": 0x92000210, "level": "EL3"}),
    "esr_el3        = 0x0000000096000210": ("firmware", {"esr": 0x96000210, "level": "EL3"}),
    "elr_el3        = 0x00000000fff03450": ("firmware", {"register": "elr_el3", "value": 0xFFF03450}),
    "qemu-system-aarch64: warning: Guest MCE Memory Error at QEMU addr 0x7f00 and GUEST addr 0x4000 of type"
    " BUS_MCEERR_AR injected": ("qemu", {"address": 0x7F00, "guest_address": 0x4000, "type": "BUS_MCEERR_AR"}),
}


@pytest.mark.parametrize("line", FACTS)
@pytest.mark.parametrize("before", ["", "[   18.348119] ", "May 18 23:04:17 node7 kernel: [   18.348119] "])
def test_lines_of_others_are_observed_with_their_values(line, before):
    (found,) = read_all(f"[    1.0] usb 1-1: something else\n{before}{line}\n")
    (one,) = found.observations
    assert (found.kind, found.data, one.line) == (OBSERVATIONS, b"", 2)
    assert (one.kind, dict(one.values)) == FACTS[line]
    assert one.host == ("node7" if "node7" in before else "")


def test_a_panic_names_the_command_that_explains_its_syndrome(tmp_path, capsys):
    text = (
        "[ 18.3] SError Interrupt on CPU5, code 0x00000000be000000 -- SError\n[ 18.4] Kernel panic - not syncing: x\n"
    )
    assert (
        read(text).note
        == "no record; lines of: serror 1, panic 1; `raslib esr 0xbe000000` explains the syndrome at line 1"
    )
    (tmp_path / "panic.txt").write_text(text)
    assert main(["decode", str(tmp_path / "panic.txt")]) == 0
    shown = capsys.readouterr().out
    assert "line 1" in shown
    assert "raslib esr 0xbe000000" in shown


EDAC = """\
[  9.1] {1}[Hardware Error]: event severity: corrected
[  9.1] {1}[Hardware Error]:  Error 0, type: corrected
[  9.1] {1}[Hardware Error]:   section_type: memory error
[  9.1] {1}[Hardware Error]:   error_type: 2, single-bit ECC
[  9.1] {1}[Hardware Error]:   DIMM location: N1 DIMM_L0
[  9.2] EDAC MC1: 1 CE ghes_mc on N1 DIMM_L0 (card:3 page:0xbd0db44 offset:0x10 grain:0 - APEI location: handle:0x0052)
"""
AER = """\
[  9.1] {1}[Hardware Error]: event severity: corrected
[  9.1] {1}[Hardware Error]:  Error 0, type: corrected
[  9.1] {1}[Hardware Error]:   section_type: PCIe error
[  9.1] {1}[Hardware Error]:   device_id: 0000:40:03.1
[  9.2] pcieport 0000:40:03.1: aer_status: 0x00000040, aer_mask: 0x00002000
"""


def test_what_other_drivers_say_completes_the_record():
    found = read(EDAC)
    section = entry_of(found).section
    assert (section.physical_address, section.module_handle) == (0xBD0D_B440_10, 0x52)
    assert "line 6 (edac) gives physical_address, module_handle" in found.note
    found = read(AER)
    aer = entry_of(found).section.aer
    assert (aer.correctable_status.build(), aer.correctable_mask.build()) == (0x40, 0x2000)
    assert "line 5 (aer) gives aer.correctable_status, aer.correctable_mask" in found.note
    other = read(AER.replace("pcieport 0000:40:03.1", "pcieport 0000:40:03.2"))
    assert entry_of(other).section.validation_bits.aer is False


# --- what log servers, makers and stores make of a log ----------------------------------------------------------------

LOG = [f"[   12.345678] {{1}}[Hardware Error]: {line}" for line in kernel_log(BLOCK, "6.6").splitlines()]


def csv_of(head: str, row: str) -> str:
    quoted = (line.replace('"', '""') for line in LOG)
    return head + "\n" + "".join(row.format(line) + "\n" for line in quoted)


@pytest.mark.parametrize(
    ("text", "host"),
    [
        (csv_of('"_time","host","_raw"', '"2026-04-03T10:11:12.000+0000","n1","{}"'), "n1"),
        (csv_of('"@timestamp","host.name",message', '"Apr 3, 2026 @ 10:11:12","n1","{}"'), ""),
        (csv_of("Date,Line", '2026-04-03,"{}"'), ""),
        ("".join(f'<3>1 2026-04-03T10:11:12.003Z n1 kernel - - [meta x="1"] {line}\n' for line in LOG), "n1"),
        ("".join(f"<3>1 2026-04-03T10:11:12.003Z n1 kernel - - - {line}\n" for line in LOG), "n1"),
    ],
)
def test_exports_of_log_servers_are_read(text, host):
    found = read(text)
    assert (found.data, found.host) == (BLOCK, host)
    assert "not understood" not in found.note


def test_the_parts_of_a_panic_in_pstore_are_put_in_order(tmp_path):
    """Part1 is the end of the log; in one text, or a file each, of which some are compressed."""
    end = "\n".join(["Panic#2 Part1", *LOG[5:], "[   12.5] Kernel panic - not syncing: Fatal hardware error!"])
    begin = "\n".join(["Panic#2 Part2", *LOG[:5]])
    earlier = "Oops#1 Part1\n[    3.0] Internal error: Oops: 96000004 [#1] SMP"
    (tmp_path / "dmesg-efi-165").write_text(end)
    (tmp_path / "dmesg-efi-166.enc.z").write_bytes(zlib.compress(begin.encode()))
    for source in (f"{end}\n{begin}\n", f"{earlier}\n{end}\n{begin}", tmp_path):
        found = next(one for one in read_all(source) if one.kind == "status-block")
        assert found.data == BLOCK
        assert found.observations[-1].text == "Kernel panic - not syncing: Fatal hardware error!"
        assert "not there" not in found.note


def test_a_maker_of_bmcs_has_its_record_in_base64():
    entry = {"Oem": {"Maker": {"CPER": {"RawData": base64.b64encode(RECORD).decode()}}}}
    assert read(json.dumps(entry)).data == RECORD
    with pytest.raises(ValueError, match="raw data that is not hex digits of whole bytes, nor base64"):
        read('{"RawData": "%%"}')


def test_an_event_of_windows_may_stand_among_words():
    xml = "<Event xmlns='x'><System><EventID>18</EventID></System><EventData><Data Name='RawData'>"
    found = read(f"Log Name: System\nEvent Xml:\n{xml}{RECORD.hex()}</Data></EventData></Event>\n")
    assert (found.data, found.note) == (RECORD, "event 18 of Windows")


@pytest.mark.parametrize("size", [1, 4, 8])
def test_gdb_puts_tabs_between_its_words(size):
    padded = BLOCK.ljust(-(-len(BLOCK) // 16) * 16, b"\0")
    rows = [
        (at, [padded[i : i + size][::-1].hex() for i in range(at, at + 16, size)]) for at in range(0, len(padded), 16)
    ]
    text = "".join(f"0x{0x7FFF0000 + at:x} <buf+{at}>:\t" + "\t".join(f"0x{w}" for w in row) + "\n" for at, row in rows)
    assert read(f"(gdb) x/99x buf\n{text}").data == padded


def test_digits_under_a_heading_are_read_and_the_heading_is_said():
    found = read(f"CPER Record:\n{BLOCK.hex(' ')}\n-- end --\n")
    assert (found.data, found.note) == (BLOCK, "from hex digits; not understood: line 1, 3")


def test_a_word_of_hex_letters_is_no_record_and_a_table_with_an_endless_field_is_refused():
    with pytest.raises(ValueError, match="line 1: 'Dear' is not hex digits"):
        read("Dear\nbad cafe\n", "record")
    with pytest.raises(ValueError, match="line 1: a table that cannot be read: field larger than field limit"):
        read(f'time,message\n1,"{"x" * 200_000}"\n')


def test_a_number_of_a_location_in_hex_is_read_and_said():
    log = "event severity: fatal\n Error 0, type: fatal\n  section_type: memory error\n  node:1 row:0x1234 column:5 "
    found = read(log)
    section = entry_of(found).section
    assert (section.node, section.row, section.column, section.validation_bits.row) == (1, 0x1234, 5, True)
    assert found.note.endswith("; line 4 has row in hex, as Linux does not print it")
    cut = read(log.replace("row:0x1234 column:5", "row:"))
    assert cut.note.endswith("; line 4 is cut off in row")


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("MCE 0x400a1: dirty LRU page recovery: Recovered", "memory_failure"),
        ("MCE: Killing app:123 due to hardware memory corruption fault at 7f00", "memory_failure"),
        ("hisi_sec2 0000:76:00.0: qm_acc_do_task_timeout [error status=0x20] found", "device"),
        ("hns3 0000:7d:00.0: ROCEE_TX_ERR [error status=0x4] found", "device"),
        ("Corrected on DIMM Label(s): 'CPU1_DIMM_A1' location: 0:0:1:-1 errors: 13", "edac"),
        ("\tCPU(mpidr=0x81000000) has 3 errors", "trace"),
        ("   <...>-8  [000] .... 0.000013 aer_event 2026-04-03 10:11:12 +0000 0000:01:00.0 Corrected error", "trace"),
        ("1 2026-04-03 10:11:15 +0000 error: pfn=0x400a1, page_type=dirty LRU page, action_result=Recovered", "trace"),
    ],
)
def test_lines_of_old_kernels_of_makers_and_of_tools_are_kept(line, kind):
    found = read(line)
    assert [(one.kind, one.text.strip()) for one in found.observations] == [(kind, line.strip())]


def test_perf_and_ras_mc_ctl_have_records_too():
    ns = "ras:non_standard_event: severity: corrected; sec type:{}; FRU: {} X; data len:4; "
    ns += "raw data:{{0x01, 0x02, 0x03, 0x04}}"
    assert entry_of(read(f"kworker 33 [000] 12.3: {ns.format(VENDOR, UUID(int=0))}\n")).section == bytes((1, 2, 3, 4))
    arm = "error: affinity=0, mpidr=0x81000000, midr=0x481fd010, running_state=1, psci_state=0"
    section = entry_of(read(f"ARM processor events:\n1 2026-04-03 10:11:14 +0000 {arm}\n")).section
    assert (section.midr_el1, section.mpidr_el1) == (0x481FD010, 0x8100_0000)


# --- refusals ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("96000410", "a number alone: if it is a syndrome, `raslib esr 0x96000410` explains it"),
        ("", "there is nothing in it"),
        ("   1 | 04/03/2026 | 10:11:12 | Memory #0x53 | Correctable ECC | Asserted\n", "the event log of a BMC"),
        ("mc0: csrow0: CPU_SrcID#0_DIMM#0: 13 Corrected Errors\n", "counters of EDAC"),
        ("Guten Tag, hier ist nichts.", "line 1: 'Guten' is not hex digits"),
        ("echo 0x8 > /sys/kernel/debug/apei/einj/error_type\n", None),
        ('{ "execute": "arm-inject-error", "arguments": {"error": []} }\n', None),
    ],
)
def test_what_holds_no_bytes_is_said_to_hold_none(text, why):
    if why:
        with pytest.raises(ValueError, match=why):
            read(text)
    else:
        assert "commands that inject an error hold no bytes of the record" in read(text).note


def test_rubbish_ends_in_a_sentence(tmp_path):
    import random

    data = random.Random(3).randbytes(5000)
    with pytest.raises(ValueError, match="none of HEST"):
        read(data)
    with pytest.raises(ValueError, match="there is nothing in it"):
        read(b"")
    (tmp_path / "log").write_bytes(data)
    assert main(["decode", str(tmp_path / "log"), str(tmp_path / "none")]) == 1


def test_a_large_log_is_read_as_it_comes(tmp_path):
    noise = "".join(f"[{n}.5] usb 1-1: new device number {n}\n" for n in range(300_000))
    event = "".join(f"[ 9.1] {line}\n" for line in EDAC.splitlines()[:4])
    path: Path = tmp_path / "kern.log"
    path.write_text(noise + event + noise)
    seen: list[tuple[int, int]] = []
    (found,) = read_all(path, progress=lambda done, whole: seen.append((done, whole)))
    assert "lines 300001 to 300004" in found.note
    assert [seen[-1], all(a < b for (a, _), (b, _) in pairwise(seen))] == [
        (path.stat().st_size, path.stat().st_size),
        True,
    ]
    assert len(seen) > 100


@pytest.mark.parametrize("prefix", ["{7}[Hardware Error]: ", ""])
def test_a_large_log_comes_to_the_same_as_a_small_one(tmp_path, monkeypatch, prefix):
    """Lines without a word of ours are passed over there; those behind a line that broke are not."""
    noise = "".join(f"[{n}.5] usb 1-1: new device number {n}\n" for n in range(3000))
    event = "".join(f"[ 9.1] {prefix}{line}\n" for line in kernel_log(BLOCK, "6.6").splitlines())
    broken = event.replace("address_mask: ", "address_\nmask: ")
    others = "[ 9.2] EDAC MC0: 1 UE Multi-bit ECC on unknown memory (page:0x1234 offset:0x40 grain:1)\n"
    path: Path = tmp_path / "kern.log"
    path.write_text("[0.0] Linux version 6.6.30 (b@h)\n" + noise + broken + others + noise + event * 4)
    small = read_all(path)
    monkeypatch.setattr("raslib.intake.reading.LARGE", 1000)
    monkeypatch.setattr("raslib.intake.logs.CHUNK", 5000)
    assert read_all(path) == small
    assert [[o.kind for o in one.observations] for one in small][:2] == [["release", "edac"], []]


def test_a_large_log_in_utf_16_is_read_too(tmp_path, monkeypatch):
    monkeypatch.setattr("raslib.intake.reading.LARGE", 1000)
    text = "".join(f"[ 9.1] {line}\r\n" for line in EDAC.splitlines())
    for encoded in (text.encode("utf-16"), text.encode("utf-16-le")):
        (tmp_path / "kern.log").write_bytes(encoded)
        assert [one.kind for one in read_all(tmp_path / "kern.log")] == ["status-block"]


def test_lines_of_the_printer_that_are_of_no_record_are_named():
    """Of another decoder, or an event of which the head alone is there."""
    other = "[1.0] [Hardware Error]: Unified Memory Controller Ext. Error Code: 0, DRAM ECC error.\n"
    found = read_all(other + "\n".join(LOG))
    assert [one.kind for one in found] == ["status-block", "observations"]
    assert "line 1: hardware errors in no words of APEI's, 'Unified Memory Controller" in found[1].note
    assert [one.kind for one in read_all("\n".join(LOG))] == ["status-block"]
