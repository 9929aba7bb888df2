"""Sections of processors other than ARM's: check words, contexts with and without padding, counts among the flags."""

import pytest
from formats import acpi_checks as checks

from raslib.formats import processor
from raslib.formats.cper import CperRecord
from raslib.formats.more import x86
from raslib.records import RecordError

IA32 = x86.X86ContextInformation(register_context_type=2, registers=x86.Ia32State(EIP=0xC0DE, GDTR=b"8 bytes."))
X64 = x86.X86ContextInformation(register_context_type=3, registers=x86.X64State(RIP=0xC0DE, IDTR=bytes(range(16))))
MSRS = x86.X86ContextInformation(
    register_context_type=1,
    msr_address=0x401,
    registers=x86.RegisterValues(registers=(x86.RegisterValue(value=1 << 63), x86.RegisterValue(value=2))),
)


def sections(name: str, kind: type) -> list:
    record = CperRecord.parse(checks.sample(f"samples/whea/{name}.cper"))
    return [body for body in record.sections if isinstance(body, kind)]


def test_a_bus_error_that_windows_recorded():
    [found] = sections("edk2-pytool-004", x86.X86Processor)
    assert found.local_apic_id == 64
    [error] = found.error_information
    assert error.validation_bits == x86.CheckValid(check_information=True)
    name, layout = x86.CHECKS[error.structure_type]
    assert name == "bus check"
    assert layout.parse(error.check_information) == x86.BusCheck(
        operation_valid=True,
        level_valid=True,
        context_corrupt_valid=True,
        uncorrected_valid=True,
        overflow_valid=True,
        participation_valid=True,
        timed_out_valid=True,
        address_space_valid=True,
        level=3,
        overflow=True,
        participation=x86.Participation.GENERIC,
        address_space=x86.CheckAddressSpace.OTHER,
    )


def test_windows_packs_the_four_registers_of_cpuid():
    """The document has each in 64 bits; here two stand in each field, and the APIC id of EBX is the section's own."""
    [found] = sections("edk2-pytool-004", x86.X86Processor)
    eax, ebx = found.cpuid.eax & 0xFFFF_FFFF, found.cpuid.eax >> 32
    assert eax == 0x000406F1
    assert ebx >> 24 == found.local_apic_id
    [generic] = sections("edk2-pytool-004", processor.GenericProcessor)
    assert generic.cpu_version == eax


def test_a_generic_section_that_windows_recorded():
    [found] = sections("edk2-pytool-000", processor.GenericProcessor)
    assert (found.processor_type, found.processor_isa) == (processor.ProcessorType.IA32_X64, processor.ProcessorIsa.X64)
    assert found.processor_error_type == processor.ProcessorErrorType()
    assert (found.cpu_version, found.processor_id) == (0x406F1, 114)
    assert not found.validation_bits.cpu_brand


def test_a_brand_that_is_no_text_stays_as_it_was():
    named = processor.GenericProcessor(cpu_brand="Neoverse N1")
    assert named.build()[24:152] == b"Neoverse N1".ljust(128, b"\0")
    odd = named.build()[:24] + b"N1\0left over".ljust(128, b"\0") + named.build()[152:]
    assert checks.lossless(processor.GenericProcessor, odd).cpu_brand == odd[24:152]


def test_operations_of_a_cache_are_more_than_those_of_a_tlb():
    snoop = 8 << 18
    assert x86.CacheCheck.parse(snoop).operation is x86.CacheCheckOperation.SNOOP
    assert x86.TlbCheck.parse(snoop).operation == 8
    assert not isinstance(x86.TlbCheck.parse(snoop).operation, x86.CheckOperation)
    assert x86.BusCheck.parse(snoop).operation == 8


def test_contexts_are_padded_to_16_bytes():
    sizes = {2: (92, 4), 3: (244, 12), 1: (16, 0)}
    for context in (IA32, X64, MSRS):
        size, padding = sizes[context.register_context_type]
        assert (context.register_array_size, len(context.padding)) == (size, padding)
        assert len(context.build()) % 16 == 0
    made = x86.X86Processor(context_information=(IA32, X64, MSRS))
    assert checks.lossless(x86.X86Processor, made.build()) == made


def test_contexts_without_padding_are_read_too():
    packed = tuple(context.replace(padding=b"") for context in (IA32, X64, MSRS))
    made = x86.X86Processor(context_information=packed)
    found = checks.lossless(x86.X86Processor, made.build())
    assert found.context_information == packed
    assert found.beyond == b""


def test_an_array_too_short_for_its_registers_stays_bytes():
    short = x86.X86ContextInformation(register_context_type=3, registers=b"243 bytes, say")
    assert x86.X86ContextInformation.parse(short.build()).registers == b"243 bytes, say"
    odd = x86.X86ContextInformation(register_context_type=1, registers=bytes(8) + b"odd")
    assert x86.X86ContextInformation.parse(odd.build()).registers.beyond == b"odd"


@pytest.mark.parametrize("kind", [0, 4, 5, 6, 8])
def test_types_without_a_table_stay_bytes(kind):
    context = x86.X86ContextInformation(register_context_type=kind, registers=bytes(64))
    assert checks.lossless(x86.X86ContextInformation, context.build()).registers == bytes(64)


def test_the_counts_among_the_validation_bits_follow_what_is_there():
    two = x86.X86Processor(
        validation_bits=x86.X86Valid(cpuid=True, reserved=1 << 63),
        error_information=(x86.X86ErrorInformation(),) * 2,
        context_information=(MSRS,),
    )
    assert two.build()[:8] == (1 << 63 | 1 << 8 | 2 << 2 | 1 << 1).to_bytes(8, "little")
    assert two.replace(error_information=()).validation_bits.error_info_num == 0
    edited = {**two.to_json(), "error_information": []}
    assert x86.X86Processor.from_json(edited).build()[:8] == (1 << 63 | 1 << 8 | 1 << 1).to_bytes(8, "little")


def test_more_than_63_errors_do_not_fit():
    with pytest.raises(RecordError, match="error_info_num"):
        x86.X86Processor(error_information=(x86.X86ErrorInformation(),) * 64).build()
    sixty_three = x86.X86Processor(error_information=(x86.X86ErrorInformation(),) * 63)
    assert x86.X86Processor.parse(sixty_three.build()) == sixty_three


def test_a_count_of_more_than_there_is_names_the_first_that_is_missing():
    data = x86.X86Processor(error_information=(x86.X86ErrorInformation(),)).build()
    with pytest.raises(RecordError) as caught:
        x86.X86Processor.parse((3 << 2).to_bytes(8, "little") + data[8:])
    assert (caught.value.path, caught.value.offset) == ("error_information[1].structure_type", 128)
