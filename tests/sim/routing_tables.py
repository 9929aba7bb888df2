"""What the routing must say, as tables made from the rules' results, not from the code: one per level taken from.

A row fits a state if each of its fields equals the state's or is `*`; exactly one row of a table must fit. The fields
are effective values (Arm ARM DDI 0487 R_ZZYHK), so `effective` is all that stands between a state and its row.
"""

from collections.abc import Iterator
from itertools import product
from typing import NamedTuple

from raslib.sim.cpu.routing import State

SHORT = {
    "EA": "SCR_EL3_EA",
    "NMEA3": "SCR_EL3_NMEA",
    "TMEA3": "SCR_EL3_TMEA",
    "TGE": "HCR_EL2_TGE",
    "E2H": "HCR_EL2_E2H",
    "AMO": "HCR_EL2_AMO",
    "TEA": "HCR_EL2_TEA",
    "TMEA2": "HCRX_EL2_TMEA",
    "NMEA2": "SCTLR2_EL2_NMEA",
    "NMEA1": "SCTLR2_EL1_NMEA",
    "A": "PSTATE_A",
    "stage2": "stage2",
    "NV2": "NV2",
}


class Table(NamedTuple):
    columns: list[str]
    rows: list[tuple[list[str], list[str]]]  # (the fields, "0", "1" or "*"; the answer)

    def answers(self, fields: dict[str, int]) -> list[list[str]]:
        """The answers of all rows that fit these fields."""
        have = [str(fields[column]) for column in self.columns]
        return [answer for row, answer in self.rows if all(f in ("*", h) for f, h in zip(row, have, strict=True))]


def table(text: str) -> Table:
    head, *rows = [[half.split() for half in line.split("|")] for line in text.strip().splitlines()]
    return Table(head[0], [(row[0], row[1]) for row in rows])


def effective(s: State) -> dict[str, int]:
    """The state by the short names, with 0 for what an absent level or feature takes away."""
    absent = set()
    if not s.EL3:
        absent |= {"EA", "NMEA3", "TMEA3"}
    if not s.EL2:
        absent |= {"TGE", "E2H", "AMO", "TEA", "TMEA2", "NMEA2", "stage2", "NV2"}
    if not s.FEAT_RAS:
        absent |= {"TEA"}
    if not s.FEAT_DoubleFault2:
        absent |= {"TMEA3", "TMEA2", "NMEA2", "NMEA1"}
        if not (s.FEAT_DoubleFault and s.SCR_EL3_EA):  # DoubleFault alone ties NMEA to EA
            absent |= {"NMEA3"}
    return {short: 0 if short in absent else getattr(s, name) for short, name in SHORT.items()}


LEVELS = [  # (EL2, EL3, EL): the levels that each of the four machines has
    (el2, el3, el) for el2, el3, el in product((0, 1), (0, 1), (0, 1, 2, 3)) if (el != 2 or el2) and (el != 3 or el3)
]


def serror_states(double_fault2: int) -> Iterator[State]:
    """Every state that the routing of an SError can depend on: 1 408 without FEAT_DoubleFault2, 22 528 with it.

    The four machines with and without EL2 and EL3 have 2 + 3 + 3 + 4 = 12 Exception levels to be at. At each, six bits
    are free as software writes them, also where they have no effect: EA, NMEA, TGE, E2H, AMO and A. EL1 with TGE = 1
    cannot be reached where there is EL2, which takes half of two levels away: 64 * 12 - 2 * 32 = 704. FEAT_DoubleFault,
    present or absent, makes that 1 408. FEAT_DoubleFault2 brings four bits more (SCR_EL3.TMEA, HCRX_EL2.TMEA,
    SCTLR2_EL2.NMEA, SCTLR2_EL1.NMEA): 16 * 1 408 = 22 528. (It implies FEAT_DoubleFault on a real PE; both values are
    counted, and must not differ.)
    """
    bits = ["NMEA3", "EA", "TGE", "E2H", "AMO", "A"] + ["TMEA3", "TMEA2", "NMEA2", "NMEA1"] * double_fault2
    for (el2, el3, el), double_fault in product(LEVELS, (0, 1)):
        for values in product((0, 1), repeat=len(bits)):
            written = {SHORT[bit]: value for bit, value in zip(bits, values, strict=True)}
            if not (el == 1 and el2 and written["HCR_EL2_TGE"]):
                features = {"FEAT_DoubleFault": double_fault, "FEAT_DoubleFault2": double_fault2}
                yield State("serror", EL=el, EL2=el2, EL3=el3, **features, **written)


def sea_states() -> Iterator[State]:
    """Every state that the routing of a synchronous External Abort can depend on: 12 * 2**10 - 2 * 2**9 = 11 264.

    The bits are EA, both TMEA, TGE, TEA, A, the two kinds of access, FEAT_RAS and FEAT_DoubleFault2.
    """
    names = [SHORT[bit] for bit in ("EA", "TMEA3", "TGE", "TEA", "TMEA2", "A", "stage2", "NV2")]
    for el2, el3, el in LEVELS:
        for values in product((0, 1), repeat=len(names) + 2):
            written = dict(zip([*names, "FEAT_RAS", "FEAT_DoubleFault2"], values, strict=True))
            if not (el == 1 and el2 and written["HCR_EL2_TGE"]):
                yield State("sea", EL=el, EL2=el2, EL3=el3, **written)


# The whole truth without FEAT_DoubleFault(2) at one glance, for a machine with EL2 and EL3.
# First what happens with A = 0, then with A = 1: the level it is taken to, or p for "stays pending".
COMPACT = {
    level: table(text)
    for level, text in {
        0: """EA TGE E2H AMO | A=0 A=1
              1   *   *   *  |  3   3
              0   0   *   0  |  1   p
              0   0   *   1  |  2   2
              0   1   0   *  |  2   2
              0   1   1   *  |  2   p""",
        1: """EA TGE E2H AMO | A=0 A=1
              1   0   *   *  |  3   3
              0   0   *   0  |  1   p
              0   0   *   1  |  2   2""",
        2: """EA TGE E2H AMO | A=0 A=1
              1   *   *   *  |  3   3
              0   0   *   0  |  p   p
              0   0   *   1  |  2   p
              0   1   *   *  |  2   p""",
        3: """EA TGE E2H AMO | A=0 A=1
              1   *   *   *  |  3   p
              0   *   *   *  |  p   p""",
    }.items()
}

# Routing: the target and the rule that decides.
SERROR = {
    level: table(text)
    for level, text in {
        0: """EA TGE E2H AMO A NMEA1 NMEA2 TMEA2 TMEA3 | to rule
              1   *   *   *  *   *     *     *     *   | 3  EA
              0   0   *   1  *   *     *     *     *   | 2  AMO
              0   1   0   *  *   *     *     *     *   | 2  AMO
              0   1   1   *  0   *     *     *     *   | 2  EL2
              0   1   1   *  1   *     1     *     *   | 2  EL2
              0   1   1   *  1   *     0     *     1   | 3  SCR.TMEA
              0   1   1   *  1   *     0     *     0   | p  EL2
              0   0   *   0  0   *     *     *     *   | 1  EL1
              0   0   *   0  1   1     *     *     *   | 1  EL1
              0   0   *   0  1   0     *     1     *   | 2  HCRX.TMEA
              0   0   *   0  1   0     *     0     1   | 3  SCR.TMEA
              0   0   *   0  1   0     *     0     0   | p  EL1""",
        1: """EA AMO A NMEA1 TMEA2 TMEA3 | to rule
              1   *  *   *     *     *   | 3  EA
              0   1  *   *     *     *   | 2  AMO
              0   0  0   *     *     *   | 1  EL1
              0   0  1   *     1     *   | 2  HCRX.TMEA
              0   0  1   *     0     1   | 3  SCR.TMEA
              0   0  1   1     0     0   | 1  EL1
              0   0  1   0     0     0   | p  EL1""",
        2: """EA TGE AMO A NMEA2 TMEA3 | to rule
              1   *   *  *   *     *   | 3  EA
              0   *   *  1   *     1   | 3  SCR.TMEA
              0   *   *  1   1     0   | 2  EL2
              0   *   *  1   0     0   | p  EL2
              0   1   *  0   *     *   | 2  EL2
              0   0   1  0   *     *   | 2  EL2
              0   0   0  0   1     *   | 2  EL2
              0   0   0  0   0     1   | 3  SCR.TMEA
              0   0   0  0   0     0   | p  EL2""",
        3: """EA A NMEA3 | to rule
              *  *   1   | 3  EA
              1  0   0   | 3  EA
              1  1   0   | p  EA
              0  *   0   | p  EA""",
    }.items()
}

# Masking: A is taken whatever PSTATE.A says, B unless PSTATE.A is 1, C never.
MASKING = {
    level: table(text)
    for level, text in {
        0: """EA TGE E2H AMO NMEA1 NMEA2 TMEA2 TMEA3 | effect
              1   *   *   *    *     *     *     *   | A
              0   *   *   *    *     *     *     1   | A
              0   0   *   1    *     *     *     0   | A
              0   0   *   0    *     *     1     0   | A
              0   0   *   0    1     *     0     0   | A
              0   0   *   0    0     *     0     0   | B
              0   1   0   *    *     *     *     0   | A
              0   1   1   *    *     1     *     0   | A
              0   1   1   *    *     0     *     0   | B""",
        1: """EA AMO NMEA1 TMEA2 TMEA3 | effect
              1   *    *     *     *   | A
              0   *    *     *     1   | A
              0   1    *     *     0   | A
              0   0    *     1     0   | A
              0   0    1     0     0   | A
              0   0    0     0     0   | B""",
        2: """EA TGE AMO NMEA2 TMEA3 | effect
              1   *   *    *     *   | A
              0   *   *    *     1   | A
              0   *   *    1     0   | A
              0   1   *    0     0   | B
              0   0   1    0     0   | B
              0   0   0    0     0   | C""",
        3: """EA NMEA3 | effect
              *    1   | A
              1    0   | B
              0    0   | C""",
    }.items()
}

# Synchronous External Abort: the target and the rule.
SEA = {
    level: table(text)
    for level, text in {
        0: """EA TGE TEA stage2 NV2 | to rule
              1   *   *    *     *  | 3  EA
              0   1   *    *     *  | 2  EL2
              0   0   1    *     *  | 2  EL2
              0   0   0    1     *  | 2  EL2
              0   0   0    0     1  | 2  EL2
              0   0   0    0     0  | 1  own""",
        1: """EA TEA stage2 NV2 A TMEA2 TMEA3 | to rule
              1   *    *     *  *   *     *   | 3  EA
              0   1    *     *  *   *     *   | 2  EL2
              0   0    1     *  *   *     *   | 2  EL2
              0   0    0     1  *   *     *   | 2  EL2
              0   0    0     0  0   *     *   | 1  own
              0   0    0     0  1   1     *   | 2  HCRX.TMEA
              0   0    0     0  1   0     1   | 3  SCR.TMEA
              0   0    0     0  1   0     0   | 1  own""",
        2: """EA A TMEA3 | to rule
              1  *   *   | 3  EA
              0  1   1   | 3  SCR.TMEA
              0  1   0   | 2  own
              0  0   *   | 2  own""",
        3: """EA | to rule
              *  | 3  EA""",
    }.items()
}
