"""The makers of records: what they make differs, covers what a declaration can say, and is the same for a seed."""

from formats import strategies

from raslib.formats.arm import ArmProcessor
from raslib.formats.memory import PlatformMemory
from raslib.formats.more.cxl_events import CxlDram, DramEvent
from raslib.formats.more.x86 import Ia32State, X86Processor
from raslib.formats.pcie import Pcie
from raslib.formats.pcie_config import PortType

MANY = range(300)


def test_a_seed_makes_the_same_bytes_again():
    assert strategies.generate(Pcie, 7) == strategies.generate(Pcie, 7)
    assert len({strategies.generate(Pcie, seed) for seed in MANY}) == len(MANY)


def test_every_code_and_codes_without_a_name_are_made():
    made = {Pcie.parse(strategies.generate(Pcie, seed)).port_type for seed in MANY}
    assert set(PortType) <= made
    assert made - set(PortType)


def test_reserved_bits_and_bytes_past_the_structure_are_made():
    made = [Pcie.parse(strategies.generate(Pcie, seed)) for seed in MANY]
    assert any(section.validation_bits.reserved for section in made)
    assert any(section.reserved0 != bytes(2) for section in made)
    assert {bool(section.beyond) for section in made} == {True, False}


def test_both_forms_of_a_memory_section_are_made():
    sizes = {len(strategies.generate(PlatformMemory, seed)) for seed in MANY}
    assert {73, 80} <= sizes


def test_lists_contexts_and_arrays_of_every_length_are_made():
    made = [X86Processor.parse(strategies.generate(X86Processor, seed)) for seed in MANY]
    assert {len(section.error_information) for section in made} == {0, 1, 2, 3}
    contexts = [context for section in made for context in section.context_information]
    assert any(isinstance(context.registers, Ia32State) for context in contexts)
    assert any(isinstance(context.registers, bytes) for context in contexts)
    assert any(any(context.padding) for context in contexts), "padding that is not zero"
    kinds = {
        type(context.registers).__name__
        for seed in MANY
        for context in ArmProcessor.parse(strategies.generate(ArmProcessor, seed)).context_information
    }
    assert len(kinds) == 10, "nine arrays, and bytes of types without one"


def test_logs_that_are_whole_and_cut_short_are_made():
    made = [CxlDram.parse(strategies.generate(CxlDram, seed)).event_log for seed in MANY]
    assert {type(log) for log in made} == {DramEvent, bytes}
