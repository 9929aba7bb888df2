"""What the lab asks a kernel by playing its firmware: SDEI events, and SErrors and aborts, at the host and at a guest.

EL3 is emulated here; raslib/live/el3.py says what that can show and what it cannot.
"""

from ...formats.hest import Notify
from ...sim.cpu.syndromes import serror, serror_iss
from ...sim.model.choices import Category
from .blocks import arm, corrected, fatal, info, memory, recoverable
from .layout import CRITICAL, NORMAL, Wanted, sources
from .steps import Boot, BootLog, Busy, FirmwareCalls, GuestSea, GuestSError, Report, SError

NORMAL_SOURCE, CRITICAL_SOURCE, SEA = range(3)
_SDEI = (Wanted(NORMAL_SOURCE, Notify.SDEI, vector=NORMAL), Wanted(CRITICAL_SOURCE, Notify.SDEI, vector=CRITICAL))
_MEBIBYTES = 512

# fmt: off
BOOTS = (
    Boot("el3", "Python plays EL3: SDEI events, and SErrors into the kernel",
         sources(*_SDEI), mebibytes=_MEBIBYTES, firmware="el3"),
    Boot("el3-kvm", "Python plays EL3: errors while a virtual machine runs",
         sources(*_SDEI, Wanted(SEA, Notify.SEA)), kvm=True, mebibytes=_MEBIBYTES, firmware="el3"),
)
# fmt: on

# --- experiments ------------------------------------------------------------------------------------------------------

CACHE = 2
FAILED = "Memory failure: 0x"
_CE = 0x5000_0000
CASES = (  # name, ESR_ELx, title
    ("ce", serror(serror_iss(Category.CE)), "corrected"),
    ("ueo", serror(serror_iss(Category.UEO)), "uncorrected, restartable"),
    ("uer", serror(serror_iss(Category.UER)), "uncorrected, recoverable"),
    ("ueu", serror(serror_iss(Category.UEU)), "uncorrected, unrecoverable"),
    ("ids", 0xBF00_0123, "a syndrome that only the maker of the core can read"),
    ("dfsc0", 0xBE00_0000, "uncategorised"),
    ("uc", serror(serror_iss(Category.UC)), "uncontainable"),
)

# fmt: off
_EL3 = (
    ("sdei-boot", "what does the kernel ask of firmware that has SDEI?",
     BootLog("while booting", r"^sdei: |install \[SSDT-RASLIB- RASSDEI\]"), FirmwareCalls("the calls")),
    ("sdei-normal", "a corrected error, told by an event of normal priority",
     Report("normal", NORMAL_SOURCE, corrected(memory(_CE)))),
    ("sdei-critical", "a corrected error, told by an event of critical priority",
     Report("critical", CRITICAL_SOURCE, corrected(arm(info(CACHE, _CE + 0x1000))))),
    ("sdei-busy", "the same while the kernel works for a process, so that it returns as from an interrupt",
     Busy("normal, busy", NORMAL_SOURCE, corrected(memory(_CE + 0x3000)))),
    ("sdei-recoverable-late", "memory of a process is lost, and the process touches it",
     Report("normal, late kill", NORMAL_SOURCE, recoverable(memory(kind=3)), "late", FAILED)),
    ("sdei-recoverable-early", "the same by an event of critical priority, and the process has asked to be told early",
     Report("critical, early kill", CRITICAL_SOURCE, recoverable(memory(kind=3)), "early", FAILED)),
    *((f"serror-{name}", f"an SError: {title}", SError(title, esr)) for name, esr, title in CASES[:2]),
    ("sdei-fatal", "a fatal error, told by an event of critical priority",
     Report("critical, fatal", CRITICAL_SOURCE, fatal(memory(_CE + 0x2000, 3)))),
    *((f"serror-{name}", f"an SError: {title}", SError(title, esr)) for name, esr, title in CASES[2:]),
)

_KVM = (
    ("sdei-vhe", "a corrected error, told by an SDEI event to a kernel at EL2",
     Report("normal", NORMAL_SOURCE, corrected(memory(_CE)))),
    ("guest-sea-unclaimed", "an abort of a guest's access, of which firmware says nothing",
     GuestSea("no block")),
    ("guest-sea-recoverable", "the block names the page of the guest",
     GuestSea("memory error", recoverable(memory(kind=3)), FAILED)),
    *((f"guest-serror-{name}", f"an SError while a guest runs: {title}", GuestSError(title, esr))
      for name, esr, title in CASES),
    ("guest-sea-fatal", "an abort of a guest's access, and the block is fatal",
     GuestSea("fatal memory error", fatal(memory(kind=3)))),
)
# fmt: on

ROWS = {"el3": _EL3, "el3-kvm": _KVM}
