"""The CXL protocol error section in Linux's words (drivers/firmware/efi/cper_cxl.c)."""

from collections.abc import Iterator

from ...formats.more.cxl import CxlProtocol, CxlRasCapability
from ...formats.pcie_config import PcieCapability
from ...intake import linux
from ...intake import linux_cxl as words
from ...intake.fields import fixed, whole
from .body import Body, Said, Wording, dump

FIXED = fixed(CxlProtocol, "dvsec")
CAPABILITY = fixed(CxlProtocol, "capability")
REGISTERS, HEADER_LOG = whole(CxlRasCapability), fixed(CxlRasCapability, "header_log")
INDENT = "  "
INNER = INDENT + " "  # of the lines; dumps stand further left


def cxl(body: Body, wording: Wording) -> Iterator[str]:
    """Which lines there are depends on who detected the error. Linux takes the RAS registers to be whole."""
    values = body.values(CxlProtocol, size=FIXED)
    agent = values.number("agent_type")
    yield from values.write(words.AGENT, indent=INNER)
    if agent in words.ON_PCIE:
        yield from values.write(*words.DEVICE, indent=INNER)
    elif agent in words.AGENT.words:
        yield from values.write(words.RCRB, indent=INNER)
    if agent in words.NUMBERED:
        yield from values.write(words.SERIAL, indent=INNER)
    if agent in words.ON_PCIE and values.valid("capability"):
        yield from dump(body.data[CAPABILITY : CAPABILITY + whole(PcieCapability)], INDENT, wording)
    log = FIXED + values.number("dvsec_length")
    if values.valid("dvsec"):
        yield from values.write(words.DVSEC_LENGTH, indent=INNER)
        yield INNER + words.DVSEC
        yield from dump(body.data[FIXED:log], INDENT, wording)
    if body.lacks(log + (REGISTERS if values.valid("error_log") else 0)):
        yield linux.PAST
    elif values.valid("error_log"):
        yield from _log(values, body.data[log : log + REGISTERS], wording)


def _log(values: Said, registers: bytes, wording: Wording) -> Iterator[str]:
    yield from values.write(words.LOG_LENGTH, indent=INNER)
    yield INNER + words.LOG
    yield from Said(CxlRasCapability, registers).write(*words.REGISTERS, indent=INNER)
    yield INNER + words.HEADER_LOG
    yield from dump(registers[HEADER_LOG:], INDENT, wording)
