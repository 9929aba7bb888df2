"""ARM processor sections: layout, error information, contexts in every shape, and the dialects of the type byte."""

import itertools
from uuid import UUID

import pytest
from construct import Int32ul, Int64ul
from formats import acpi_checks as checks
from hypothesis import given, settings
from hypothesis import strategies as st

from raslib.formats import arm
from raslib.formats.arm import (
    CONTEXTS,
    AccessMode,
    ArmProcessor,
    ArmValid,
    BusError,
    CacheError,
    CacheOperation,
    ContextInformation,
    ContextType,
    Dialect,
    ErrorAddressSpace,
    ErrorInformation,
    ErrorInformationFlags,
    ErrorInformationValid,
    Kind,
    MicroArchitecturalError,
    MiscRegister,
    MrsEncoding,
    Operation,
    Participation,
    Reading,
    RunningState,
    TlbError,
    TlbOperation,
    Transaction,
    guess,
    layout,
    read_type,
    type_byte,
)
from raslib.formats.cper import CperRecord, Severity
from raslib.formats.ghes import BlockStatus, DataEntry, StatusBlock
from raslib.records import RecordError

ARM = UUID("e19e3d16-bc11-11e4-9caa-c2051d5d46b0")


def section(name: str) -> ArmProcessor:
    found = StatusBlock.parse(checks.sample(name)).entries[0].section
    assert isinstance(found, ArmProcessor)
    return found


def refusal(data: bytes) -> tuple[str, int | None, str]:
    with pytest.raises(RecordError) as e:
        ArmProcessor.parse(data)
    assert e.value.record == "ArmProcessor"
    return e.value.path, e.value.offset, e.value.why


# --- layout ----------------------------------------------------------------------------------------------------------


def test_the_section_lies_as_the_document_says():
    assert checks.layout(ArmProcessor) == [
        ("validation_bits", 0, 4),
        ("err_info_num", 4, 2),
        ("context_info_num", 6, 2),
        ("section_length", 8, 4),
        ("error_affinity_level", 12, 1),
        ("reserved", 13, 3),
        ("mpidr_el1", 16, 8),
        ("midr_el1", 24, 8),
        ("running_state", 32, 4),
        ("psci_state", 36, 4),
        ("error_information", 40, None),
        ("context_information", None, None),
        ("vendor_specific", None, None),
        ("beyond", None, None),
    ]
    assert checks.size(ArmProcessor) == 40


def test_error_information_lies_as_the_document_says():
    """`multiple_error` is not aligned."""
    assert checks.layout(ErrorInformation) == [
        ("version", 0, 1),
        ("length", 1, 1),
        ("validation_bits", 2, 2),
        ("type", 4, 1),
        ("multiple_error", 5, 2),
        ("flags", 7, 1),
        ("error_information", 8, 8),
        ("virtual_fault_address", 16, 8),
        ("physical_fault_address", 24, 8),
        ("beyond", 32, None),
    ]
    assert checks.size(ErrorInformation) == 32


def test_a_context_begins_with_eight_bytes():
    assert [(row.name, row.offset, row.size) for row in ContextInformation.table()][:4] == [
        ("version", 0, 2),
        ("register_context_type", 2, 2),
        ("register_array_size", 4, 4),
        ("registers", 8, None),
    ]


def test_flags_stand_at_their_bits():
    checks.flags_at(ArmValid, {0: "mpidr", 1: "error_affinity_level", 2: "running_state", 3: "vendor_specific"})
    checks.flags_at(RunningState, {0: "running"})
    governed = ["multiple_error", "flags", "error_information", "virtual_fault_address", "physical_fault_address"]
    checks.flags_at(ErrorInformationValid, dict(enumerate(governed)))
    captured = ["first_error_captured", "last_error_captured", "propagated", "overflow"]
    checks.flags_at(ErrorInformationFlags, dict(enumerate(captured)))


WORD = {
    "transaction_type_valid": (0, 0),
    "operation_valid": (1, 1),
    "level_valid": (2, 2),
    "context_corrupt_valid": (3, 3),
    "corrected_valid": (4, 4),
    "precise_pc_valid": (5, 5),
    "restartable_pc_valid": (6, 6),
    "transaction_type": (17, 16),
    "operation": (21, 18),
    "level": (24, 22),
    "context_corrupt": (25, 25),
    "corrected": (26, 26),
    "precise_pc": (27, 27),
    "restartable_pc": (28, 28),
}
BUS = {
    "participation_valid": (7, 7),
    "timed_out_valid": (8, 8),
    "address_space_valid": (9, 9),
    "memory_attributes_valid": (10, 10),
    "access_mode_valid": (11, 11),
    "participation": (30, 29),
    "timed_out": (31, 31),
    "address_space": (33, 32),
    "memory_attributes": (42, 34),
    "access_mode": (43, 43),
}


def test_the_error_information_word_lies_as_the_document_says():
    checks.fields_at(CacheError, WORD)
    checks.fields_at(TlbError, WORD)
    checks.fields_at(BusError, WORD | BUS)
    checks.fields_at(MicroArchitecturalError, {"vendor": (63, 0)})
    checks.fields_at(MrsEncoding, {"Op2": (2, 0), "CRm": (6, 3), "CRn": (10, 7), "Op1": (13, 11), "Op0": (15, 14)})


def test_operations_have_the_documents_numbers():
    common = ["GENERIC_ERROR", "GENERIC_READ", "GENERIC_WRITE", "DATA_READ", "DATA_WRITE", "INSTRUCTION_FETCH"]
    common += ["PREFETCH"]
    cache = [*common, "EVICTION", "SNOOPING", "SNOOPED", "MANAGEMENT"]
    tlb = [*common, "LOCAL_MANAGEMENT", "EXTERNAL_MANAGEMENT"]
    for kind, names in ((Operation, common), (CacheOperation, cache), (TlbOperation, tlb)):
        assert [(m.value, m.name) for m in kind] == list(enumerate(names))
    for register, kind in ((CacheError, CacheOperation), (TlbError, TlbOperation), (BusError, Operation)):
        for code in range(16):
            found = register.parse(code << 18).operation
            assert found == code
            assert isinstance(found, kind) == (code < len(kind))


def test_every_name_is_explained():
    checks.explained(arm)
    assert [(k.value, k.name) for k in Transaction] == [(0, "INSTRUCTION"), (1, "DATA_ACCESS"), (2, "GENERIC")]
    assert [p.name for p in Participation] == ["ORIGINATED", "RESPONDED", "OBSERVED", "GENERIC"]
    assert [a.name for a in ErrorAddressSpace] == ["EXTERNAL_MEMORY", "INTERNAL_MEMORY", "UNKNOWN", "DEVICE"]
    assert [m.name for m in AccessMode] == ["SECURE", "NORMAL"]


def test_pitfall_02_bit_26_says_corrected():
    """The same bit on x86 says uncorrected."""
    for register in (CacheError, TlbError, BusError):
        assert register.parse(1 << 26) == register(corrected=True)


# --- golden ----------------------------------------------------------------------------------------------------------

HEAD = {
    "validation_bits": ArmValid(mpidr=True, error_affinity_level=True, running_state=True),
    "mpidr_el1": 0x8000_0100,
    "midr_el1": 0x410F_D0C1,
    "running_state": RunningState(running=True),
}


def info(type: int, word: int) -> ErrorInformation:
    return ErrorInformation(
        validation_bits=ErrorInformationValid.parse(0x1F),
        type=type,
        flags=ErrorInformationFlags(first_error_captured=True),
        error_information=word,
        virtual_fault_address=0xDEAD_BEEF,
        physical_fault_address=0xABBA_0BAD,
    )


WORDS = {
    0x02: CacheError(
        transaction_type_valid=True,
        operation_valid=True,
        level_valid=True,
        context_corrupt_valid=True,
        transaction_type=Transaction.DATA_ACCESS,
        operation=CacheOperation.DATA_WRITE,
        level=2,
    ),
    0x04: TlbError(
        transaction_type_valid=True,
        operation_valid=True,
        level_valid=True,
        context_corrupt_valid=True,
        corrected_valid=True,
        precise_pc_valid=True,
        restartable_pc_valid=True,
        transaction_type=Transaction.INSTRUCTION,
        operation=TlbOperation.INSTRUCTION_FETCH,
        level=1,
    ),
    0x08: BusError(
        **{name: True for name in [*WORD, *BUS] if name.endswith("_valid")},
        transaction_type=Transaction.GENERIC,
        operation=Operation.GENERIC_READ,
        level=1,
        context_corrupt=True,
        corrected=True,
        restartable_pc=True,
        participation=Participation.OBSERVED,
        timed_out=True,
        address_space=ErrorAddressSpace.EXTERNAL_MEMORY,
        memory_attributes=0x20,
        access_mode=AccessMode.SECURE,
    ),
    0x10: MicroArchitecturalError(vendor=0x78DA_03FF),
}
TYPES = StatusBlock(
    block_status=BlockStatus(correctable=True, entry_count=1),
    error_severity=Severity.CORRECTED,
    entries=(
        DataEntry(
            section_type=ARM,
            error_severity=Severity.CORRECTED,
            section=ArmProcessor(**HEAD, error_information=tuple(info(t, w.build()) for t, w in WORDS.items())),
        ),
    ),
)
MULTI = StatusBlock(
    block_status=BlockStatus(uncorrectable=True, entry_count=1),
    error_severity=Severity.RECOVERABLE,
    entries=(
        DataEntry(
            section_type=ARM,
            error_severity=Severity.RECOVERABLE,
            section=ArmProcessor(
                **HEAD,
                error_information=(
                    ErrorInformation(
                        validation_bits=ErrorInformationValid.parse(0x1F),
                        type=0x26,
                        multiple_error=5,
                        flags=ErrorInformationFlags.parse(0x0F),
                    ),
                ),
            ),
        ),
    ),
)


@pytest.mark.parametrize(("name", "block"), [("g_arm_types", TYPES), ("g_armmulti", MULTI)])
def test_a_block_from_python_is_the_vector(name, block):
    data = checks.sample(f"vectors/{name}.bin")
    assert block.build() == data
    assert StatusBlock.parse(data) == block


def test_the_words_of_the_four_kinds_in_full():
    numbers = {0x02: 0x0091_000F, 0x04: 0x0054_007F, 0x08: 0x80_D646_0FFF, 0x10: 0x78DA_03FF}
    assert {t: w.build() for t, w in WORDS.items()} == numbers
    for code, word in WORDS.items():
        shape = layout(read_type(code, Dialect.UEFI_2_10))
        assert shape is not None
        assert shape.parse(numbers[code]) == word


# --- the type byte ---------------------------------------------------------------------------------------------------

# what each edition says a byte means: only the bytes of one kind; masks may combine them
NUMBERS = {
    Dialect.UEFI_2_9: {0: Kind.CACHE, 1: Kind.TLB, 2: Kind.BUS, 3: Kind.MICRO_ARCHITECTURAL},
    Dialect.UEFI_2_10: {0x02: Kind.CACHE, 0x04: Kind.TLB, 0x08: Kind.BUS, 0x10: Kind.MICRO_ARCHITECTURAL},
    Dialect.UEFI_2_11: {1: Kind.CACHE, 2: Kind.TLB, 4: Kind.BUS, 8: Kind.MICRO_ARCHITECTURAL},
}
LAYOUTS = {
    Kind.CACHE: CacheError,
    Kind.TLB: TlbError,
    Kind.BUS: BusError,
    Kind.MICRO_ARCHITECTURAL: MicroArchitecturalError,
}


def expected(byte: int, dialect: Dialect) -> Reading:
    """As text of bits, most significant first, so that no shift or mask is shared with the code under test."""
    numbers = NUMBERS[dialect]
    if dialect is Dialect.UEFI_2_9:
        return Reading((numbers[byte],), 0) if byte in numbers else Reading((), byte)
    lit = {7 - i for i, digit in enumerate(f"{byte:08b}") if digit == "1"}
    place = {len(f"{number:b}") - 1: kind for number, kind in numbers.items()}
    kinds = tuple(place[bit] for bit in sorted(lit & set(place)))
    return Reading(kinds, sum(2**bit for bit in lit - set(place)))


@pytest.mark.parametrize("dialect", Dialect, ids=lambda d: d.value)
def test_pitfall_01_every_type_byte_reads_as_its_dialect_says(dialect):
    for byte in range(256):
        reading = read_type(byte, dialect)
        assert reading == expected(byte, dialect), hex(byte)
        alone = len(reading.kinds) == 1 and not reading.reserved
        assert layout(reading) == (LAYOUTS[reading.kinds[0]] if alone else None), hex(byte)


def test_pitfall_01_the_same_byte_is_three_kinds_of_error():
    assert {d: read_type(2, d).kinds for d in Dialect} == {
        Dialect.UEFI_2_9: (Kind.BUS,),
        Dialect.UEFI_2_10: (Kind.CACHE,),
        Dialect.UEFI_2_11: (Kind.TLB,),
    }


@pytest.mark.parametrize("dialect", [Dialect.UEFI_2_10, Dialect.UEFI_2_11], ids=lambda d: d.value)
def test_a_type_byte_is_written_as_it_is_read(dialect):
    for n in range(5):
        for kinds in itertools.combinations(Kind, n):
            byte = type_byte(*kinds, dialect=dialect)
            assert read_type(byte, dialect) == Reading(kinds, 0)


def test_the_old_encoding_names_one_kind():
    assert [type_byte(kind, dialect=Dialect.UEFI_2_9) for kind in Kind] == [0, 1, 2, 3]
    assert [type_byte(kind) for kind in Kind] == [2, 4, 8, 16]
    for kinds in ((), (Kind.CACHE, Kind.TLB)):
        with pytest.raises(ValueError, match="exactly one kind of error"):
            type_byte(*kinds, dialect=Dialect.UEFI_2_9)


@pytest.mark.parametrize(
    ("name", "dialect", "says"),
    [
        ("vectors/g_arm_types.bin", Dialect.UEFI_2_10, "only uefi-2.10 gives a meaning"),
        ("vectors/g_arm.bin", Dialect.UEFI_2_10, "have a meaning in uefi-2.11 too; read as Linux does"),
        ("vectors/g_arm8.bin", Dialect.UEFI_2_10, "have a meaning in uefi-2.9, uefi-2.11 too; read as Linux does"),
        ("vectors/g_armmulti.bin", Dialect.UEFI_2_10, "no dialect gives a meaning to the type bytes (0x26)"),
        ("samples/estatus/kunpeng920-2019-sea.estatus", Dialect.UEFI_2_9, "only uefi-2.9 gives a meaning"),
        ("samples/estatus/hisi-2026-sea-devmem.estatus", Dialect.UEFI_2_9, "only uefi-2.9 gives a meaning"),
    ],
)
def test_the_dialect_is_guessed_by_evidence_and_says_so(name, dialect, says):
    chosen, evidence = guess(section(name))
    assert chosen is dialect
    assert says in evidence


def guessed(*infos: tuple[int, int]) -> Dialect:
    return guess(ArmProcessor(error_information=tuple(info(t, w) for t, w in infos)))[0]


def test_a_byte_that_only_one_edition_has_decides():
    assert guessed((0x00, 0)) is Dialect.UEFI_2_9
    assert guessed((0x03, 0)) is Dialect.UEFI_2_9  # and two kinds at once in 2.11
    assert guessed((0x10, 0)) is Dialect.UEFI_2_10
    assert guessed((0x08, 0), (0x10, 0)) is Dialect.UEFI_2_10
    assert guessed((0x01, 0), (0x08, 0)) is Dialect.UEFI_2_11
    assert guessed() is Dialect.UEFI_2_10


def test_an_information_word_breaks_a_tie():
    """Byte 2 is a cache, TLB or bus error; a word with a bus error's bits fits the bus error alone."""
    bus = WORDS[0x08].build()
    assert guessed((0x02, bus)) is Dialect.UEFI_2_9
    assert guessed((0x04, bus)) is Dialect.UEFI_2_11
    assert guessed((0x02, 0x0091_000F)) is Dialect.UEFI_2_10


def test_version_1_of_the_structures_says_that_the_bits_are_those_of_2_11():
    """As proposed for EDK II in July 2026, so that the encodings can be told apart at all."""
    newer = [info(0x02, 0).replace(version=1), info(0x01, 0).replace(version=1)]
    chosen, evidence = guess(ArmProcessor(error_information=tuple(newer)))
    assert (chosen, evidence[:9]) == (Dialect.UEFI_2_11, "version 1")
    assert guess(ArmProcessor(error_information=(newer[0], info(0x02, 0))))[0] is Dialect.UEFI_2_10
    assert guess(ArmProcessor(error_information=(newer[0].replace(version=2),)))[0] is Dialect.UEFI_2_10


# --- contexts --------------------------------------------------------------------------------------------------------

# fmt: off
ARRAYS = {
    0: (Int32ul, "R0 R1 R2 R3 R4 R5 R6 R7 R8 R9 R10 R11 R12 R13_SP R14_LR R15_PC", 64),
    1: (Int32ul, "DFAR DFSR IFAR ISR MAIR0 MAIR1 MIDR MPIDR NMRR PRRR SCTLR_NS SPSR SPSR_abt SPSR_fiq SPSR_irq "
                 "SPSR_svc SPSR_und TPIDRPRW TPIDRURO TPIDRURW TTBCR TTBR0 TTBR1 DACR", 96),
    2: (Int32ul, "ELR_hyp HAMAIR0 HAMAIR1 HCR HCR2 HDFAR HIFAR HPFAR HSR HTCR HTPIDR HTTBR SPSR_hyp VTCR VTTBR "
                 "DACR32_EL2", 64),
    3: (Int32ul, "SCTLR_S SPSR_mon", 8),
    4: (Int64ul, "X0 X1 X2 X3 X4 X5 X6 X7 X8 X9 X10 X11 X12 X13 X14 X15 X16 X17 X18 X19 X20 X21 X22 X23 X24 X25 X26 "
                 "X27 X28 X29 X30 SP", 256),
    5: (Int64ul, "ELR_EL1 ESR_EL1 FAR_EL1 ISR_EL1 MAIR_EL1 MIDR_EL1 MPIDR_EL1 SCTLR_EL1 SP_EL0 SP_EL1 SPSR_EL1 "
                 "TCR_EL1 TPIDR_EL0 TPIDR_EL1 TPIDRRO_EL0 TTBR0_EL1 TTBR1_EL1", 136),
    6: (Int64ul, "ELR_EL2 ESR_EL2 FAR_EL2 HACR_EL2 HCR_EL2 HPFAR_EL2 MAIR_EL2 SCTLR_EL2 SP_EL2 SPSR_EL2 TCR_EL2 "
                 "TPIDR_EL2 TTBR0_EL2 VTCR_EL2 VTTBR_EL2", 120),
    7: (Int64ul, "ELR_EL3 ESR_EL3 FAR_EL3 MAIR_EL3 SCTLR_EL3 SP_EL3 SPSR_EL3 TCR_EL3 TPIDR_EL3 TTBR0_EL3", 80),
}
# fmt: on


def numbered(kind: int) -> bytes:
    """A register array whose registers hold 1, 2, 3 ..."""
    con, names, _ = ARRAYS[kind]
    return b"".join(con.build(n) for n, _ in enumerate(names.split(), 1))


@pytest.mark.parametrize("kind", ARRAYS)
def test_registers_stand_in_the_documents_order(kind):
    data, (_, names, length) = numbered(kind), ARRAYS[kind]
    assert len(data) == length
    array = checks.lossless(CONTEXTS[kind], data)
    assert {name: getattr(array, name) for name in names.split()} == {n: i for i, n in enumerate(names.split(), 1)}
    assert array.beyond == b""
    spans = [(s.path, s.start, s.stop) for s in CONTEXTS[kind].spans(data)]
    step = length // len(names.split())
    assert spans == [(name, i * step, i * step + step) for i, name in enumerate(names.split())]


@pytest.mark.parametrize("kind", ARRAYS)
def test_a_short_array_has_fewer_registers_and_a_long_one_keeps_the_rest(kind):
    data, (_, names, _) = numbered(kind), ARRAYS[kind]
    first, second, *_ = names.split()
    step = len(data) // len(names.split())
    short = checks.lossless(CONTEXTS[kind], data[:step])
    assert (getattr(short, first), getattr(short, second)) == (1, None)
    odd = checks.lossless(CONTEXTS[kind], data[: step + 1])
    assert (getattr(odd, second), odd.beyond) == (None, data[step : step + 1])
    assert checks.lossless(CONTEXTS[kind], data + b"more").beyond == b"more"


def context(kind: int, array: bytes, padding: bytes | None = None) -> ContextInformation:
    registers = CONTEXTS[kind].parse(array) if kind in CONTEXTS else array
    return ContextInformation(register_context_type=kind, registers=registers, padding=padding)  # type: ignore[arg-type]


def arm_section(*contexts: ContextInformation, **more: object) -> ArmProcessor:
    return ArmProcessor(**HEAD, error_information=(info(2, 0),), context_information=contexts, **more)


def test_pitfall_08_contexts_begin_at_multiples_of_sixteen():
    made = arm_section(context(4, numbered(4)), context(5, numbered(5)), context(3, numbered(3)))
    assert [len(c.padding) for c in made.context_information] == [8, 0, 0]
    assert made.section_length == 40 + 32 + (8 + 256 + 8) + (8 + 136) + (8 + 8)
    data = made.build()
    found = checks.lossless(ArmProcessor, data)
    assert found == made
    starts = [s.start for s in ArmProcessor.spans(data) if s.path in {f"context_information[{i}]" for i in range(3)}]
    assert starts == [72, 72 + 272, 72 + 272 + 144]


def test_pitfall_08_the_vectors_contexts():
    found = section("vectors/g_arm.bin")
    assert [(c.register_context_type, c.register_array_size, len(c.padding)) for c in found.context_information] == [
        (ContextType.AARCH64_GPR, 256, 8),
        (ContextType.AARCH64_EL1, 136, 0),
    ]
    assert (found.section_length, found.vendor_specific, found.beyond) == (520, b"", b"")


def test_contexts_without_padding_are_read_too():
    made = arm_section(context(4, numbered(4), b""), context(5, numbered(5), b""))
    data = made.build()
    assert len(data) == 40 + 32 + 264 + 144
    assert checks.lossless(ArmProcessor, data) == made
    assert ArmProcessor.parse(data).context_information[1].registers.TTBR1_EL1 == 17


def test_contexts_of_zeros_without_padding_are_not_taken_for_padded_ones():
    """The second header would pass for padding, and the second array for vendor data."""
    made = arm_section(context(4, bytes(256), b""), context(5, bytes(136), b""))
    found = checks.lossless(ArmProcessor, made.build())
    assert found == made
    assert [c.register_array_size for c in found.context_information] == [256, 136]


def test_vendor_data_right_behind_an_unpadded_context_is_no_padding():
    made = arm_section(context(4, numbered(4), b""), vendor_specific=b"vendor data")
    assert checks.lossless(ArmProcessor, made.build()) == made


def test_the_last_context_may_end_before_its_padding():
    made = arm_section(context(4, numbered(4), b""))
    assert len(made.build()) == 40 + 32 + 264
    assert checks.lossless(ArmProcessor, made.build()) == made


def test_padding_keeps_its_bytes():
    made = arm_section(context(4, numbered(4), b"PADDING!"), context(3, numbered(3)))
    assert checks.lossless(ArmProcessor, made.build()) == made


def test_pitfall_08_miscellaneous_registers_are_ten_bytes_each():
    (found,) = section("vectors/g_arm8.bin").context_information
    assert found.register_context_type == ContextType.MISC
    assert (found.register_array_size, len(found.padding)) == (20, 4)
    first, second = found.registers.registers
    assert first == MiscRegister(encoding=MrsEncoding(Op0=3, Op1=0, CRn=5, CRm=3, Op2=0), value=0x1111)
    assert second == MiscRegister(encoding=MrsEncoding(Op0=3, Op1=0, CRn=12, CRm=1, Op2=1), value=0x2222)
    assert [str(r.encoding) for r in found.registers.registers] == ["S3_0_C5_C3_0", "S3_0_C12_C1_1"]
    assert [r.encoding.build() for r in found.registers.registers] == [0xC298, 0xC609]
    assert MrsEncoding.parse(0xC2A2) == MrsEncoding(Op0=3, CRn=5, CRm=4, Op2=2)
    odd = checks.lossless(CONTEXTS[8], found.registers.build() + b"odd")
    assert (len(odd.registers), odd.beyond) == (2, b"odd")


def test_a_context_of_unknown_type_stays_bytes():
    data = checks.sample("samples/malformed/arm-unknown-context9.cper")
    (body,) = checks.lossless(CperRecord, data).sections
    assert [type(c.registers) for c in body.context_information] == [bytes]
    made = arm_section(context(9, b"\1\2\3"), context(0x8000, b""))
    assert checks.lossless(ArmProcessor, made.build()) == made
    assert [c.register_context_type for c in made.context_information] == [9, 0x8000]


# --- lengths ---------------------------------------------------------------------------------------------------------


def test_vendor_data_is_what_the_section_length_covers_after_the_contexts():
    made = arm_section(context(3, numbered(3)), vendor_specific=b"vendor", beyond=b"beyond")
    assert made.section_length == 40 + 32 + 16 + 6
    found = checks.lossless(ArmProcessor, made.build())
    assert (found.vendor_specific, found.beyond) == (b"vendor", b"beyond")
    assert [s.valid for s in ArmProcessor.spans(made.build()) if s.path == "vendor_specific"] == [False]
    assert len(section("samples/estatus/hisi-2026-sea-devmem.estatus").vendor_specific) == 48


@pytest.mark.parametrize(
    ("length", "vendor", "beyond"),
    [(0, b"", b"vendor!"), (88, b"", b"vendor!"), (90, b"ve", b"ndor!"), (95, b"vendor!", b""), (999, b"vendor!", b"")],
)
def test_a_section_length_that_is_wrong_loses_nothing(length, vendor, beyond):
    data = bytearray(arm_section(context(3, numbered(3)), vendor_specific=b"vendor!").build())
    data[8:12] = length.to_bytes(4, "little")
    found = checks.lossless(ArmProcessor, bytes(data))
    assert (found.section_length, found.vendor_specific, found.beyond) == (length, vendor, beyond)


def test_an_information_structure_of_a_later_version_keeps_its_bytes():
    longer = info(2, 0).replace(version=1, beyond=b"later")
    assert longer.length == 37
    made = ArmProcessor(error_information=(longer, info(4, 0)))
    assert checks.lossless(ArmProcessor, made.build()) == made


def test_pitfall_08_a_section_cut_short_is_refused_where_it_ends():
    data = arm_section(context(5, numbered(5))).build()
    assert refusal(data[:39]) == ("psci_state", 36, "needs 4 bytes, 3 are left")
    assert refusal(data[:71]) == ("error_information[0].physical_fault_address", 64, "needs 8 bytes, 7 are left")
    assert refusal(data[:79]) == ("context_information[0].register_array_size", 76, "needs 4 bytes, 3 are left")
    assert refusal(data[:-1]) == ("context_information[0].registers", 80, "needs 136 bytes, 135 are left")


def test_an_information_structure_shorter_than_it_is_refused():
    data = bytearray(ArmProcessor(error_information=(info(2, 0),)).build())
    data[41] = 31
    assert refusal(bytes(data)) == (
        "error_information[0].beyond",
        72,
        "the lengths and offsets before it leave 1 bytes less than none",
    )


def test_more_information_than_there_are_bytes_is_refused():
    data = bytearray(ArmProcessor(error_information=(info(2, 0),)).build())
    data[4:6] = b"\xff\xff"
    assert refusal(bytes(data)) == ("error_information[1].version", 72, "needs 1 bytes, 0 are left")


@pytest.mark.parametrize("name", ["rec_arm_el1", "rec_arm_padded", "rec_arm_misc"])
def test_sections_in_records_are_the_same_sections(name):
    found = CperRecord.parse(checks.sample(f"vectors/{name}.cper"))
    (body,) = found.sections
    assert checks.lossless(ArmProcessor, body.build()) == body
    assert body.section_length == found.section_descriptors[0].section_length


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from([*ARRAYS, 8, 9]), st.binary(max_size=40)), max_size=3),
    st.booleans(),
    st.binary(max_size=9),
)
def test_any_contexts_come_back(contexts, padded, vendor):
    made = [context(kind, array, None if padded else b"") for kind, array in contexts]
    data = arm_section(*made, vendor_specific=vendor).build()
    found = ArmProcessor.explain(data)
    if padded:
        assert found.record is not None
        assert [c.registers.build() if not isinstance(c.registers, bytes) else c.registers for c in made] == [
            c.registers.build() if not isinstance(c.registers, bytes) else c.registers
            for c in found.record.context_information
        ]
    if found.record:
        assert found.record.build() == data
