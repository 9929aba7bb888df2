"""What others than Linux's printer log of an error, drivers, panics, firmware, QEMU: facts with their lines.

The words are those of Linux 3.10 to 7.2 (drivers/pci/pcie/aer.c, drivers/edac/ghes_edac.c and edac_mc.c,
mm/memory-failure.c, drivers/firmware/arm_sdei.c, drivers/acpi/apei/, arch/arm64/kernel/traps.c, arch/arm64/mm/fault.c),
TF-A 2.12 (bl31/aarch64/crash_reporting.S, plat_ehf and ea_delegate) and QEMU 10.2 (target/*/kvm).
"""

import re
from typing import NamedTuple

from .found import Observation
from .messages import Message

_X = r"0x([0-9a-fA-F]{1,16})"


class Rule(NamedTuple):
    """A kind of line: a pattern, and names for its groups; `!` before a name: in hex, `#`: decimal.

    *level* is the exception level whose syndrome an ESR is, as far as the line alone tells.
    """

    kind: str
    pattern: str
    names: tuple[str, ...] = ()
    level: str = ""


LONGEST = 1000  # characters of a line that are looked at
# fmt: off
RULES = (
    Rule("release", r"Linux version (\d[\w.+-]*)", ("release",)),
    Rule("machine", r"(?:^DMI:|Hardware name:|Machine model:|Hypervisor detected:|paravirtualized kernel on"
                    r"|[Dd]etected virtualization) (.+)", ("machine",)),
    Rule("core", r"(?:Booting Linux on physical CPU|Booted secondary processor) 0x[0-9a-f]+ \[0x([0-9a-f]{8})\]",
         ("!midr",)),
    Rule("core", r"^CPU implementer\s*: 0x([0-9a-f]{1,2})\b", ("!implementer",)),
    Rule("core", r"^CPU part\s*: 0x([0-9a-f]{1,3})\b", ("!part",)),
    Rule("core", r"CPU features: detected: (RAS Extension Support)", ("feature",)),
    Rule("core", r"\[\d+\]: (?:Protected )?(VHE|nVHE|Hyp) mode initialized", ("mode",)),
    Rule("config", r"^(?:# )?(CONFIG_(?:ACPI_APEI_\w+|ARM_SDE_INTERFACE|MEMORY_FAILURE))(?:=([ym])\b|=n\b| is not set)",
         ("option", "value")),
    Rule("edac", r"EDAC MC(\d+): (\d+) (CE|UE) (.*?) on (.*?) ?\(",
         ("#controller", "#count", "severity", "error", "label")),
    Rule("edac", r"EDAC (\S{1,60}(?: MC\d+)?): (.*)", ("controller", "error")),
    Rule("edac", r"ghes_edac: (.*)", ("error",)),
    Rule("edac", r"^\s*(\w+) on DIMM Label\(s\): '(.*)' location: (\S+) errors: (\d+)",
         ("severity", "label", "location", "#count")),
    Rule("trace", r"^\d+ \d{4}-\d\d-\d\d [\d:]{8} \S+ (.*error:.*)", ("error",)),
    Rule("trace", r"^\s*(\d+) (\w+) errors: (.*)|^\s*(CPU)\(mpidr=0x([0-9a-f]+)\) has (\d+) errors",
         ("#count", "severity", "error", "part", "!mpidr", "#errors")),
    Rule("device", r"^(\w+ [0-9a-f:.]+): (.*(?:\[error status=\w+\] found|PCI error detected).*)", ("device", "error")),
    Rule("aer", r"(\S{1,60}): aer_status: 0x([0-9a-f]{8}), aer_mask: 0x([0-9a-f]{8})", ("device", "!status", "!mask")),
    Rule("aer", r"(\S{1,60}):\s+device \[([0-9a-f:]+)\] error status/mask=([0-9a-f]{8})/([0-9a-f]{8})",
         ("device", "id", "!status", "!mask")),
    Rule("aer", r"(\S{1,60}): (?:AER: )?PCIe Bus Error: severity=([^,]+), type=([^,]+)",
         ("device", "severity", "layer")),
    Rule("aer", r"(\S{1,60}): AER: (.*)", ("device", "error")),
    Rule("aer", r"(\S{1,60}): aer_layer=(\w+)", ("device", "layer")),
    Rule("memory_failure", r"(?:Memory failure|MCE):? 0x([0-9a-f]+): (.*)", ("!pfn", "action")),
    Rule("memory_failure", r"(?:Sending SIGBUS to|Killing) (.+):(\d+) due to hardware memory corruption",
         ("process", "#pid")),
    Rule("memory_failure", r"(?:[Ss]oft[ _]offlin\w+|Unpoison)\w*: (.*)", ("action",)),
    Rule("mce", r"mce: (.*)|[Mm]achine check events logged", ("error",)),
    Rule("sdei", r"^sdei: (.*)", ("text",)),
    Rule("warning", r"\[Firmware (?:Warn|Bug|Info)\]: (.*)", ("text",)),
    Rule("apei", r"^(?:GHES|APEI|BERT|ERST|EINJ|HEST|HED|ACPI: (?:HEST|BERT|ERST|EINJ|AEST|SDEI)\b).?: ?(.*)",
         ("text",)),
    Rule("injection", r"/sys/kernel/debug/apei/einj/(\w+)", ("file",)),
    Rule("injection", r"\"execute\": *\"(arm-inject-error|inject-nmi|mce|inject-ghes-v2-error)\"", ("command",)),
    Rule("serror", rf"SError(?: Interrupt)?(?: on CPU(\d+))?, code {_X}", ("#cpu", "!esr"), "EL1 or EL2"),
    Rule("serror", rf"Bad mode in Error handler detected(?: on CPU(\d+))?, code {_X}", ("#cpu", "!esr"), "EL1"),
    Rule("oops", rf"Bad mode in (.*) handler detected(?: on CPU\d+)?, code {_X}", ("error", "!esr"), "EL1 or EL2"),
    Rule("sea", r"Internal error: (synchronous (?:external abort|parity.*?)[^:]*): ([0-9a-f]{8,16})\b",
         ("error", "!esr"), "EL1 or EL2"),
    Rule("sea", rf"(?:Unhandled fault|Synchronous External Abort): (synchronous .*?) \({_X}\) at {_X}",
         ("error", "!esr", "!far"), "EL1 or EL2"),
    Rule("oops", r"Internal error: (.*?): ([0-9a-f]{8,16})\b", ("error", "!esr"), "EL1 or EL2"),
    Rule("oops", r"Unable to handle kernel (.*?) at virtual address ([0-9a-f]+)", ("error", "!far")),
    Rule("U-Boot", rf"handler, esr {_X}", ("!syndrome",)),
    Rule("UEFI", rf"^ESR {_X} +FAR {_X}", ("!syndrome", "!far")),
    Rule("OP-TEE", rf"^E/TC:.*\besr {_X}", ("!syndrome",)),
    Rule("Xen", rf"^\(XEN\) .*\b(?:ESR|HSR)[ :=]+{_X}", ("!syndrome",)),
    Rule("esr", rf"(?i)\besr(?:_el[12])?[ :=]+{_X}", ("!esr",), "EL1 or EL2"),
    Rule("registers", r"^EC = 0x([0-9a-f]+): (.*)|^(?:EA|SET|FSC|ISV|CM) = .*", ("!ec", "class")),
    Rule("registers", r"^(pc|lr|sp|pstate) ?: (.*)", ("register", "value")),
    Rule("registers", r"^CPU: (\d+) .*PID: (\d+) Comm: (\S+)", ("#cpu", "#pid", "process")),
    Rule("panic", r"Kernel panic - not syncing: (.*)", ("why",)),
    Rule("firmware", r"Unhandled (?:External Abort|Exception).*?(?:from|in) (lower EL|EL\d)", ("from",)),
    Rule("firmware", rf"exception reason=(\d+) syndrome={_X}", ("#reason", "!esr"), "EL3"),
    Rule("firmware", rf"(?i)^(?:NOTICE:|ERROR:)?\s*esr_?el3\s*=\s*{_X}", ("!esr",), "EL3"),
    Rule("firmware", rf"^(\w+_el[0-3]|x\d{{1,2}}|sp_el0)\s+=\s+{_X}", ("register", "!value")),
    Rule("firmware", r"^(?:NOTICE|ERROR|WARNING|INFO):\s+(.*)", ("text",)),
    Rule("qemu", rf"(?:Guest MCE Memory Error|Hardware memory error) at (?:QEMU )?addr {_X}"
                 rf"(?: and GUEST addr {_X})?(?: of type (\S+))?",
         ("!address", "!guest_address", "type")),
    Rule("qemu", r"qemu-system-\w+: (.*(?:[Mm]emory [Ee]rror|SIGBUS|MCE).*)", ("text",)),
    Rule("trace", r"\b(mc_event|aer_event|arm_event|non_standard_event|memory_failure_event|extlog_mem_event|mce_record"
                  r"|cxl_(?:generic_event|general_media|dram|memory_module|poison|overflow|aer_\w+)):? (.*)",
         ("event", "text")),
)
# fmt: on
KINDS = tuple(dict.fromkeys(rule.kind for rule in RULES))
_COMPILED = [(rule, re.compile(rule.pattern)) for rule in RULES]
# words of which one stands in every such line: to pass over the others at once
# fmt: off
WORDS = (
    "Hardware Error]", "EDAC", "edac", "aer_", "AER", "PCIe Bus", "emory failure", "MCE", "mce",
    "SIGBUS", "offlin", "sdei", "Firmware", "GHES", "APEI", "BERT", "ERST", "EINJ", "HEST", "HED", "apei/einj",
    "execute", "SError", "Bad mode in", "External Abort", "Internal error", "Unhandled", "Unable to handle",
    "ESR", "esr", "Esr", "HSR=",
    "EC = ", "EA = ", "SET = ", "pc : ", "lr : ", "sp : ", "pstate", "Comm:", "Kernel panic", "exception reason",
    "_el", "x0 ", "NOTICE", "ERROR:", "WARNING:", "INFO:", "emory error", "emory Error", "qemu-", "_event", "_record",
    "Linux version", "DMI:", "Hardware name", "cxl_", "Unpoison", "achine check", "Machine model", "ypervisor detected",
    "aravirtualized", "etected virtualization", "Booting Linux", "Booted secondary", "CPU implementer", "CPU part",
    "RAS Extension", "mode initialized", "CONFIG_", "DIMM Label", "errors: ", "error:", "mpidr=", "error status",
    "PCI error",
)
# fmt: on
_WORDS = re.compile("|".join(map(re.escape, WORDS)))


def seen(message: Message) -> Observation | None:
    """What a message tells, if it is one of these."""
    text = message.text[:LONGEST]
    if (message.event is not None and "achine check" not in text) or not _WORDS.search(text):
        return None
    for rule, pattern in _COMPILED:
        if found := pattern.search(text):
            groups = zip(rule.names, found.groups(), strict=True)
            values = tuple((name.lstrip("!#"), _value(name, group)) for name, group in groups if group is not None)
            level = (("level", rule.level),) if rule.level else ()
            return Observation(message.number, rule.kind, text, values + level, message.host, message.time)
    return None


def _value(name: str, group: str) -> int | str:
    base = {"!": 16, "#": 10}.get(name[0])
    return int(group, base) if base else group


def release_in(text: str) -> str:
    """The release in the first line of a boot, or in that of an oops."""
    found = re.search(r"Linux version (\d+\.\d+(?:\.\d+)?)", text) if "Linux version" in text else None
    return found[1] if found else ""
