"""Make the index of what stands in which file of which release, from source trees.

    python tests/citations/make.py Linux=7.1:/usr/src/linux-7.1.13 QEMU=10.2:qemu-10.2.2 TF-A=2.12:tf-a ...

The trees are Debian's linux-source packages or kernel.org's archives, QEMU's and TF-A's own. A release that is given is
read anew, the others stay as they are. `index.json` holds names alone: of functions, macros, variables and labels.
"""

import json
import re
import sys
from pathlib import Path

INDEX = Path(__file__).with_name("index.json")
FILES = {  # what a citation may be of
    "Linux": (
        *("arch/arm64/include/asm/traps.h", "arch/arm64/include/asm/kvm_ras.h", "arch/arm64/include/asm/kvm_emulate.h"),
        "arch/arm64/include/asm/cputype.h",
        *("arch/arm64/kernel/acpi.c", "arch/arm64/kernel/entry*", "arch/arm64/kernel/sdei.c"),
        *("arch/arm64/kernel/traps.c", "arch/arm64/kernel/cpu_errata.c", "arch/arm64/mm/fault.c"),
        *("arch/arm64/kvm/*.[ch]", "arch/arm64/kvm/hyp/*.[chS]", "arch/arm64/kvm/hyp/include/hyp/*.h"),
        *("arch/arm64/kvm/hyp/*vhe/switch.c", "virt/kvm/arm/*.c", "kernel/entry/*.c", "lib/hexdump.c"),
        *("drivers/acpi/apei/*.[ch]", "drivers/acpi/arm64/*.c", "drivers/acpi/hed.c", "include/acpi/ghes.h"),
        *("drivers/firmware/arm_sdei.c", "drivers/firmware/efi/cper*.c", "drivers/edac/ghes_edac.c"),
        *("drivers/ras/*.c", "drivers/ras/*/*.c", "drivers/pci/pcie/aer*.c", "mm/memory-failure.c", "mm/madvise.c"),
    ),
    "QEMU": (
        *("hw/acpi/ghes*.c", "hw/acpi/generic_event_device.c", "hw/arm/virt*.c", "system/cpus.c"),
        *("accel/kvm/kvm-all.c", "target/arm/kvm.c", "target/arm/helper.c"),
    ),
    "TF-A": (
        *("bl31/*.c", "bl31/aarch64/*.S", "common/runtime_svc.c", "lib/extensions/ras/*.c", "lib/el3_runtime/*/*.S"),
        *("plat/common/aarch64/*", "plat/arm/board/fvp/aarch64/*.c", "plat/arm/board/neoverse_rd/common/ras/*.c"),
        *("services/std_svc/sdei/*.c", "services/std_svc/spm/common/*/*.S"),
    ),
}
COMMENTS = re.compile(r"/\*.*?\*/|//[^\n]*|\"(?:\\.|[^\"\\\n])*\"", re.DOTALL)
NAMES = (
    re.compile(r"^[A-Za-z_][\w \t*]*?[ \t\n*](\w+)\s*\((?:[^;{}()]|\([^()]*\))*\)[\w\s]*\{", re.MULTILINE),  # function
    re.compile(
        r"^(?:static|const|struct|bool|int|unsigned|NotifierList)\b[^\n;(){}=]*?(\w+)(?:\[[^\n]*\])*\s*[=;]", re.M
    ),
    re.compile(r"^#\s*define\s+(\w+)", re.MULTILINE),
    re.compile(r"^\s*(?:SYM_\w*START\w*|SYM_INNER_LABEL|ENTRY|DEFINE_\w+)\(\s*(\w+)", re.MULTILINE),
    re.compile(r"^\s*(?:func|\.macro|vector_entry)\s+(\w+)", re.MULTILINE),
    re.compile(r"^(\w+):", re.MULTILINE),
)


def names(text: str) -> set[str]:
    """What a file of C or assembly defines."""
    bare = COMMENTS.sub(" ", text)
    return {name for pattern in NAMES for name in pattern.findall(bare)} - {"if", "for", "while", "switch", "return"}


def read(project: str, tree: Path) -> dict[str, set[str]]:
    """The files of a source tree that may be cited, and the names in each."""
    paths = sorted({path for pattern in FILES[project] for path in tree.glob(pattern) if path.is_file()})
    return {str(p.relative_to(tree)): names(p.read_text(encoding="utf-8", errors="replace")) for p in paths}


def main(arguments: list[str]) -> None:
    index = json.loads(INDEX.read_text(encoding="utf-8")) if INDEX.exists() else {}
    trees: dict[str, dict[str, dict[str, set[str]]]] = {
        project: {
            release: {
                file: {name for sets, text in groups.items() if release in sets.split() for name in text.split()}
                for file, groups in held["files"].items()
                if any(release in sets.split() for sets in groups)
            }
            for release in held["releases"]
        }
        for project, held in index.items()
    }
    for argument in arguments:
        project, _, rest = argument.partition("=")
        release, _, tree = rest.partition(":")
        trees.setdefault(project, {})[release] = read(project, Path(tree))
    made = {project: pack(releases) for project, releases in sorted(trees.items())}
    INDEX.write_text(json.dumps(made, indent=0, sort_keys=True) + "\n", encoding="utf-8")


def pack(releases: dict[str, dict[str, set[str]]]) -> dict[str, object]:
    """Each name once per file, under the releases that have it."""
    files: dict[str, dict[str, list[str]]] = {}
    for file in sorted({file for found in releases.values() for file in found}):
        for name in sorted({name for found in releases.values() for name in found.get(file, ())}):
            having = " ".join(release for release, found in releases.items() if name in found.get(file, ()))
            files.setdefault(file, {}).setdefault(having, []).append(name)
    groups = {file: {having: " ".join(names) for having, names in found.items()} for file, found in files.items()}
    return {"releases": list(releases), "files": groups}


if __name__ == "__main__":
    main(sys.argv[1:])
