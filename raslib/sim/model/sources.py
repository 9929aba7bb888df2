"""Where it is written: every document and function that a step or a choice rests on, each named once.

A key of `CITATIONS` is a word for whose it is (arm, acpi, uefi, mail, tf-a, linux, qemu), a dot, and a word for what it
is; where an older or newer release does otherwise, a second key ends with that release. Steps name keys, so that what
a document is called is written in one place.
"""

from typing import NamedTuple


class Document(NamedTuple):
    """A place in a document.

    name: the document, with its number and release: `ACPI 6.5`
    section: of it, and what is to be found there
    url: where it can be read, if anybody can read it
    """

    name: str
    section: str
    url: str = ""

    @property
    def label(self) -> str:
        """The document and the place in it, in a line."""
        return f"{self.name} {self.section}"

    def view(self) -> dict[str, str]:
        """Plain values for the views: the label, and where it can be read, if it can."""
        return {"label": self.label} | ({"url": self.url} if self.url else {})


class Code(NamedTuple):
    """A function as it was read, in one release of a project.

    project, version: `Linux`, `7.1`
    file: from the top of its sources; may be two that belong together
    function: or several, with their parentheses; or a table or a label
    """

    project: str
    version: str
    file: str
    function: str

    @property
    def label(self) -> str:
        """Project, release, file and function, in a line."""
        return f"{self.project} {self.version} {self.file}: {self.function}"

    def view(self) -> dict[str, str]:
        """Plain values for the views: the label."""
        return {"label": self.label}


_ARM = "Arm ARM DDI 0487 M.a.a"
_RAS = "Arm RAS System Architecture IHI 0100"
_ACPI_URL = "https://uefi.org/specs/ACPI/6.5/18_Platform_Error_Interfaces.html"
_UEFI_URL = "https://uefi.org/specs/UEFI/2.10/Apx_N_Common_Platform_Error_Record.html"
_MAIL = "James Morse, kvmarm list, 2017-12-06, on [PATCH v8 7/7],"


TF_A_MAIN = "main of 2026-08"  # what is in no release yet


def _acpi(section: str) -> Document:
    """A section of the ACPI specification, release 6.5."""
    return Document("ACPI 6.5", section, _ACPI_URL)


def _uefi(section: str) -> Document:
    """A section of the UEFI specification, release 2.10."""
    return Document("UEFI 2.10", section, _UEFI_URL)


def _linux(file: str, function: str, version: str = "7.1") -> Code:
    """A function of Linux, as it was read in *version*."""
    return Code("Linux", version, file, function)


def _qemu(file: str, function: str) -> Code:
    """A function of QEMU, as it was read in 10.2."""
    return Code("QEMU", "10.2", file, function)


def _tf_a(file: str, function: str, version: str = "2.12") -> Code:
    """A function of Trusted Firmware-A, as it was read in *version*."""
    return Code("TF-A", version, file, function)


_GHES, _TRAPS, _FAULT = "drivers/acpi/apei/ghes.c", "arch/arm64/kernel/traps.c", "arch/arm64/mm/fault.c"
_KVM, _MM = "arch/arm64/kvm", "mm/memory-failure.c"

# fmt: off
CITATIONS: dict[str, Document | Code] = {
    "arm.states":          Document(_ARM, "§D20.4, states of the PE after an error"),
    "arm.reporting":       Document(_ARM, "§D20.4, reporting of errors: External Aborts and interrupts"),
    "arm.err-status":      Document(_RAS, "ERR<n>STATUS, ERR<n>ADDR"),
    "arm.overwrite":       Document(_RAS, "§2.4.3.3, Table 2-3: which of two errors stays in a record"),
    "arm.err-clear":       Document(_RAS, "§3.2.33, ERR<n>STATUS: clearing"),
    "arm.fhi":             Document(_RAS, "§2.5.1, fault handling interrupt"),
    "arm.aest":            Document("Arm DEN0085", "AEST, the table of error sources for kernel-first handling"),
    "arm.scr-ea":          Document(_ARM, "SCR_EL3.EA"),
    "arm.vhe":             Document(_ARM, "HCR_EL2.E2H, HCR_EL2.TGE"),
    "arm.sea-iss":         Document(_ARM, "ESR_ELx, ISS encoding for a data abort: SET, FnV, DFSC"),
    "arm.serror-iss":      Document(_ARM, "ESR_ELx, ISS encoding for an SError interrupt: IDS, AET, DFSC"),
    "arm.sea-routing":     Document(_ARM, "§D1.4.5.2 (R_QDLHN), §J1.3.2.7"),
    "arm.serror-routing":  Document(_ARM, "§D1.4.6.3 (R_MGNFZ), §J1.3.2.6"),
    "arm.serror-masking":  Document(_ARM, "§D1.4.6.4 (R_GCTZC, R_JFKMF)"),
    "arm.virtual-serror":  Document(_ARM, "§D1.4.6.1 (R_CDCKC), §D1.4.6.4 (R_GYGBD)"),
    "arm.esb":             Document(_ARM, "§D20.5, error synchronization events: ESB, DISR_EL1"),
    "arm.e3dse":           Document(_ARM, "FEAT_E3DSE, delegated SError exceptions"),
    "arm.isr":             Document(_ARM, "§D1.4.6, ISR_EL1.A"),
    "arm.illegal-return":  Document(_ARM, "illegal exception returns, HCR_EL2.TGE"),
    "arm.terr":            Document(_ARM, "ERXSTATUS_EL1, HCR_EL2.TERR, SCR_EL3.TERR"),

    "acpi.notification":   _acpi("§18.3.2.9, Hardware Error Notification"),
    "acpi.ghesv2":         _acpi("§18.3.2.8, Generic Hardware Error Source version 2"),
    "acpi.status-block":   _acpi("§18.3.2.7.1, Generic Error Status Block"),
    "uefi.severity":       _uefi("§N.2.1, Error Severity"),
    "uefi.sections":       _uefi("§N.2.2, Section Type"),
    "uefi.section-flags":  _uefi("§N.2.2, Section Descriptor, Flags"),
    "uefi.memory-section": _uefi("§N.2.5, Memory Error Section"),
    "uefi.arm-section":    _uefi("§N.2.4.4.1, ARM Processor Error Information, Type"),

    "mail.steps":          Document(_MAIL, "the steps from EL3 to the guest"),
    "mail.intent":         Document(_MAIL, "what it argues for"),
    "mail.claim":          Document(_MAIL, "APEI is asked first, then kernel-first, then the default follows"),
    "mail.private":        Document(_MAIL, "a notification is private to firmware and kernel"),
    "mail.handle-or-panic": Document(_MAIL, "the kernel handles an error or panics"),
    "mail.spurious":       Document(_MAIL, "a RAS SError that nobody knows of means panic"),
    "mail.plain-serror":   Document("James Morse, 2017-07-06, on [PATCH v4 3/3],",
                                    "a device's SError is not a RAS notification"),
    "mail.user-space-decides": Document(_MAIL, "user space may decide to notify its guest"),
    "mail.cper":           Document(_MAIL, "user space makes CPER in memory that only it knows"),
    "mail.trigger":        Document(_MAIL, "user space alone triggers what the guest meets"),
    "mail.rejected":       Document("Dongjiu Geng, [PATCH v8 7/7],", "KVM hands SErrors of the guest to user space"),
    "mail.either-or":      Document(_MAIL, "host and guest: each firmware-first or kernel-first, in any combination"),
    "mail.independent":    Document(_MAIL, "what the guest is told depends on its own HEST alone"),

    "tf-a.delegate":       _tf_a("bl31/aarch64/ea_delegate.S", "delegate_sync_ea(), delegate_async_ea()"),
    "tf-a.ea_proceed":     _tf_a("bl31/aarch64/ea_delegate.S", "ea_proceed()"),
    "tf-a.uncontainable":  _tf_a("plat/common/aarch64/platform_helpers.S", "plat_handle_uncontainable_ea()"),
    "tf-a.plat_ea_handler": _tf_a("plat/common/aarch64/plat_common.c", "plat_default_ea_handler()"),
    "tf-a.ras_ea_handler": _tf_a("lib/extensions/ras/ras_common.c", "ras_ea_handler()"),
    "tf-a.ras_interrupt_handler": _tf_a("lib/extensions/ras/ras_common.c", "ras_interrupt_handler()"),
    "tf-a.nrd":            _tf_a("plat/arm/board/neoverse_rd/common/ras/nrd_ras_cpu.c", "nrd_ras_cpu_intr_handler()"),
    "tf-a.sdei_dispatch_event": _tf_a("services/std_svc/sdei/sdei_intr_mgmt.c", "sdei_dispatch_event()"),
    "tf-a.vectors":        _tf_a("bl31/aarch64/runtime_exceptions.S", "sync_exception_sp_elx, serror_sp_elx"),
    "tf-a.pending":        _tf_a("bl31/aarch64/runtime_exceptions.S",
                                 "sync_and_handle_pending_serror, reflect_pending_async_ea_to_lower_el()"),
    "tf-a.ehf":            _tf_a("bl31/ehf.c", "ehf_activate_priority()"),
    "tf-a.traps":          _tf_a("bl31/bl31_traps.c", "inject_undef64()"),
    "tf-a-2.15.traps":     _tf_a("bl31/bl31_traps.c", "handle_sysreg_trap()", "2.15"),
    "tf-a-2.15.runtime_svc": _tf_a("common/runtime_svc.c",
                                   "handler_sync_exception(), handler_lower_el_async_ea()", "2.15"),
    "tf-a-2.15.sea":       _tf_a("bl31/bl31_traps.c", "inject_sync_ea64()", TF_A_MAIN),

    "linux.do_sea":        _linux(_FAULT, "do_sea()"),
    "linux.do_sea_5_4":    _linux(_FAULT, "do_sea()", "5.4"),
    "linux.fault_info":    _linux(_FAULT, "fault_info[]"),
    "linux.do_page_fault": _linux(_FAULT, "do_page_fault()"),
    "linux.die":           _linux(_TRAPS, "die()"),
    "linux.apei_claim_sea": _linux("arch/arm64/kernel/acpi.c", "apei_claim_sea()"),
    "linux.do_serror":     _linux(_TRAPS, "do_serror()"),
    "linux.arm64_is_fatal_ras_serror": _linux(_TRAPS, "arm64_is_fatal_ras_serror()"),
    "linux.arm64_is_ras_serror": _linux("arch/arm64/include/asm/traps.h", "arm64_is_ras_serror()"),
    "linux.sdei_arch_get_entry_point": _linux("arch/arm64/kernel/sdei.c", "sdei_arch_get_entry_point()"),
    "linux.do_sdei_event": _linux("arch/arm64/kernel/sdei.c", "do_sdei_event()"),
    "linux.acpi_hest_init": _linux("drivers/acpi/apei/hest.c", "acpi_hest_init()"),
    "linux.hest_parse_ghes": _linux("drivers/acpi/apei/hest.c", "hest_parse_ghes()"),
    "linux.aest":          _linux("drivers/acpi/arm64", "no AEST driver", "7.3"),
    "linux.aest-v6":       Document("Linux, proposed: ACPI: APEI: AEST driver, [PATCH v6], 2026-01-22,",
                                    "drivers/ras/aest"),
    "linux.ras-cper-v6":   Document("Linux, proposed: arm,ras-cper, [PATCH v6], 2026-06-17,",
                                    "drivers/ras/cper-esource.c"),
    "linux.ghes_probe":    _linux(_GHES, "ghes_probe()"),
    "linux.ghes_notify_sea": _linux(_GHES, "ghes_notify_sea()"),
    "linux.ghes_notify_hed": _linux(_GHES, "ghes_notify_hed()"),
    "linux.ghes_irq_func": _linux(_GHES, "ghes_irq_func()"),
    "linux.ghes_sdei":     _linux(_GHES, "ghes_sdei_normal_callback(), ghes_sdei_critical_callback()"),
    "linux.ghes_in_nmi_queue_one_entry": _linux(_GHES, "ghes_in_nmi_queue_one_entry()"),
    "linux.ghes_in_nmi_queue_one_entry-7.3": _linux(_GHES, "ghes_in_nmi_queue_one_entry()", "7.3"),
    "linux.ghes_estatus_cached": _linux(_GHES, "ghes_estatus_cached()"),
    "linux.ghes_estatus_pool": _linux(_GHES, "ghes_in_nmi_queue_one_entry(), ghes_estatus_pool"),
    "linux.ghes_proc":     _linux(_GHES, "ghes_proc()"),
    "linux.ghes_do_proc":  _linux(_GHES, "ghes_do_proc()"),
    "linux.ghes_do_proc_5_4": _linux(_GHES, "ghes_do_proc(), log_arm_hw_error()", "5.4"),
    "linux.cxl_cper_post_event": _linux(_GHES, "cxl_cper_post_event(), cxl_cper_post_prot_err()"),
    "linux.log_arm_hw_error": _linux("drivers/ras/ras.c", "log_arm_hw_error()"),
    "linux.ghes_handle_aer": _linux(_GHES, "ghes_handle_aer(), ghes_defer_non_standard_event()"),
    "linux.ghes_handle_memory_failure": _linux(_GHES, "ghes_handle_memory_failure(), ghes_handle_arm_hw_error()"),
    "linux.ghes_check_estatus": _linux(_GHES, "__ghes_check_estatus(), __ghes_read_estatus()"),
    "linux.ghes_clear_estatus": _linux(_GHES, "ghes_clear_estatus()"),
    "linux.ghes_panic":    _linux(_GHES, "__ghes_panic()"),
    "linux.memory_failure_cb": _linux(_GHES, "memory_failure_cb()"),
    "linux.ghes_kick_task_work": _linux(_GHES, "ghes_kick_task_work()", "6.12"),
    "linux.memory_failure": _linux(_MM, "memory_failure()"),
    "linux.memory_failure_pfn": _linux(_MM, "memory_failure_pfn()"),
    "linux.panic_on_unrecoverable_mf": _linux(_MM, "panic_on_unrecoverable_mf()", "7.3"),
    "linux.kill_proc":     _linux(_MM, "kill_proc(), find_early_kill_thread()"),
    "linux.kill_procs":    _linux(_MM, "kill_procs()"),
    "linux.kill_accessing_process": _linux(_MM, "kill_accessing_process()"),
    "linux.me_pagecache_dirty": _linux(_MM, "me_pagecache_dirty()"),
    "linux.aer_recover_work_func": _linux("drivers/pci/pcie/aer.c", "aer_recover_work_func()"),
    "linux.pci_print_aer": _linux("drivers/pci/pcie/aer.c", "pci_print_aer()"),
    "linux.pci_print_aer-7.3": _linux("drivers/pci/pcie/aer.c", "aer_compute_anfe_status(), __pci_print_aer()", "7.3"),
    "linux.guest_exit":    _linux(f"{_KVM}/hyp/entry.S", "__guest_exit"),
    "linux.vcpu_set_hcr":  _linux(f"{_KVM}/sys_regs.c", "vcpu_set_hcr()"),
    "linux.xfer_to_guest_mode": _linux(f"{_KVM}/arm.c", "kvm_arch_vcpu_ioctl_run()"),
    "linux.kvm_handle_guest_sea": _linux(f"{_KVM}/mmu.c", "kvm_handle_guest_sea()"),
    "linux.kvm_send_hwpoison_signal": _linux(f"{_KVM}/mmu.c", "user_mem_abort(), kvm_send_hwpoison_signal()"),
    "linux.kvm_handle_guest_serror": _linux(f"{_KVM}/handle_exit.c", "kvm_handle_guest_serror(), handle_exit_early()"),
    "linux.hyp-entry":    _linux(f"{_KVM}/hyp/hyp-entry.S", "__kvm_hyp_vector, valid_vect"),
    "linux.guest_enter":  _linux(f"{_KVM}/hyp/entry.S", "__guest_enter"),
    "linux.fixup_guest_exit": _linux(f"{_KVM}/hyp/include/hyp/switch.h", "__fixup_guest_exit()"),
    "linux.deactivate_traps": _linux(f"{_KVM}/hyp/include/hyp/switch.h", "___deactivate_traps()"),
    "linux.hyp_panic":    _linux(f"{_KVM}/hyp/{{vhe,nvhe}}/switch.c", "hyp_panic()"),
    "linux.kvm_handle_guest_abort_5_4": _linux("virt/kvm/arm/mmu.c", "kvm_handle_guest_abort()", "5.4"),
    "linux.kvm_inject_serror": _linux(f"{_KVM}/inject_fault.c", "kvm_inject_serror_esr()"),
    "linux.kvm_serror_target_is_el2": _linux(f"{_KVM}/inject_fault.c", "kvm_serror_target_is_el2()"),
    "linux.nv_hcrx":       _linux(f"{_KVM}/hyp/include/hyp/switch.h", "NV_HCRX_GUEST_EXCLUDE", "7.3"),
    "linux.vcpu_events":   _linux(f"{_KVM}/guest.c", "__kvm_arm_vcpu_set_events()"),

    "linux.access_ras":    _linux(f"{_KVM}/sys_regs.c", "access_ras()"),

    "qemu.early_kill":     _qemu("system/cpus.c", "qemu_init_sigbus()"),
    "qemu.sigbus_handler": _qemu("system/cpus.c", "sigbus_handler()"),
    "qemu.kvm_on_sigbus_vcpu": _qemu("accel/kvm/kvm-all.c", "kvm_on_sigbus_vcpu()"),
    "qemu.kvm_on_sigbus": _qemu("accel/kvm/kvm-all.c", "kvm_on_sigbus()"),
    "qemu.kvm_arch_on_sigbus_vcpu": _qemu("target/arm/kvm.c", "kvm_arch_on_sigbus_vcpu()"),
    "qemu.kvm_inject_arm_sea": _qemu("target/arm/kvm.c", "kvm_inject_arm_sea()"),
    "qemu.ghes_record":    _qemu("hw/acpi/ghes.c", "ghes_record_cper_errors()"),
    "qemu.inject_ghes":    _qemu("hw/acpi/ghes_cper.c", "qmp_inject_ghes_v2_error()"),
    "qemu.kvm_put_vcpu_events": _qemu("target/arm/kvm.c", "kvm_get_vcpu_events(), kvm_put_vcpu_events()"),
    "qemu.acpi_generic_error": _qemu("hw/arm/virt.c", "virt_generic_error_req()"),
    "qemu.hest":           _qemu("hw/acpi/ghes.c", "acpi_build_hest()"),
}
# fmt: on


def label(key: str) -> str:
    """The citation *key* in a line."""
    return CITATIONS[key].label
