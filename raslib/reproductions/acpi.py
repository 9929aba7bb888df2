"""A shell script that compiles a HEST, moved to memory that QEMU has, into tables for a guest's initrd.

QEMU takes no `-acpitable` for arm64 ("Option not supported for this target", 7.2 and 11.1). Linux takes tables from its
initrd instead: Documentation/admin-guide/acpi/initrd_table_override.rst.
"""

from pathlib import Path

from ..formats.hest import Hest, Notify
from ..live.recording.layout import BASE, HED_GSI, SIZE, adopted
from ..sim.linux.hest_init import probe
from ..sim.model.scenario import Scenario
from ..views.export.iasl import iasl
from .parts import Reproduction, described

ERROR_DEVICE = Path(__file__).with_name("error_device.asl")
_BY_ERROR_DEVICE = (Notify.SCI, Notify.GPIO, Notify.GSIV)
KERNEL = ("host.apei", "host.config", "host.vhe", "host.linux")  # what decides which sources it takes
_BODY = """\
#!/bin/sh
set -eu
folder=${{1:?a folder for the tables}}
mkdir -p "$folder/kernel/firmware/acpi"
cd "$folder"
{tables}find kernel | cpio -o -H newc > tables.cpio
truncate -s {size} rasmem
echo 'cat tables.cpio YOUR-INITRD > initrd, and then:'
echo 'qemu-system-aarch64 -M virt,nvdimm=on,gic-version=3 -cpu max -m 1024,slots=1,maxmem=3072M \\'
echo '  -object memory-backend-file,id=rasmem,share=on,mem-path=rasmem,size={size} \\'
echo '  -device nvdimm,memdev=rasmem -bios QEMU_EFI.fd -kernel YOUR-KERNEL -initrd initrd -nographic \\'
echo '  -append "console=ttyAMA0 acpi=force acpi_no_memhotplug"'
"""
_TABLE = """\
cat > {name}.dsl <<'END'
{source}END
iasl -p kernel/firmware/acpi/{name} {name}.dsl
"""


def acpi(s: Scenario, hest: Hest | None = None) -> Reproduction:
    """The host's table, which is *hest* or what the choices of *s* make, in the memory at `layout.BASE`.

    Expected is what Linux does with each source when it boots; errors are no part of tables. Raises ValueError if the
    machine of *s* advertises no source.
    """
    table = hest or s.host.hest()
    if not table.error_sources:
        raise ValueError("the host of this scenario advertises no error source: it is kernel-first, or has no ACPI")
    moved, notes = adopted(table)
    tables = {"hest": iasl(moved)}
    notifies = {source.notification.type for source in moved.error_sources if hasattr(source, "notification")}
    if notifies & set(_BY_ERROR_DEVICE):
        tables["ssdt"] = ERROR_DEVICE.read_text(encoding="utf-8")
    needs = ["iasl and cpio; a guest with CONFIG_ACPI_TABLE_UPGRADE and CONFIG_ACPI_APEI_GHES, booted by UEFI"]
    needs += [f"The guest has 1 GiB of memory, so that the shared memory is at {BASE:#x}"]
    needs += [f"{note[:1].upper()}{note[1:]}" for note in notes]
    if notifies & set(_BY_ERROR_DEVICE):
        needs += [f"To notify, make interrupt {HED_GSI} pending; `raslib reproduce --as live` does so"]
    if Notify.SDEI in notifies:
        needs += ["Firmware with SDEI, which QEMU's is not; `raslib reproduce --as live` plays it"]
    expected = [f"Linux takes its tables, and of {probed}." for probed in probe(moved, s, "host")]
    body = _BODY.format(tables="".join(_TABLE.format(name=n, source=t) for n, t in tables.items()), size=SIZE)
    return Reproduction(s, tuple(needs), described(s, KERNEL), tuple(expected), body)
