"""What a reaction says, and how two runs are made alike."""

from dataclasses import replace

from raslib.live.recording.reaction import HOLE_VA, NORMAL, Reaction, Victim, normal_log
from raslib.sim.model.trace import Sigbus

RECORD = """\
[   11.556982] {7}[Hardware Error]: event severity: recoverable
[   11.561784] {7}[Hardware Error]:   physical_address: 0x000000007c3f7000
[   11.562784] raslib: mark 12.
[   11.563784] random: crng init done
[   11.572693] Memory failure: 0x7c3f7: Sending SIGBUS to python3:95 due to hardware memory corruption
[   12.000000] {8}[Hardware Error]: event severity: corrected
[   12.000001] {7}[Hardware Error]: late""".splitlines()

PANIC = """\
[    3.1] Kernel panic - not syncing: GHES: Fatal hardware error
[    3.2] CPU: 1 PID: 101 Comm: python3 Tainted: G   M   6.1.0-56-arm64 #1  Debian 6.1.192-2
[    3.3] Call trace:
[    3.4]  dump_backtrace+0xe4/0x140
[    3.4]  panic+0x184/0x364
[    3.4]  __ghes_panic+0x94/0x9c
[    3.4]  call_timer_fn.isra.0+0x1/0x2
[    3.4]  el0_da+0x48/0xf0
[    3.5] SMP: stopping secondary CPUs
[    3.6] Rebooting in 5 seconds..""".splitlines()

FOUND = Reaction(
    log=normal_log(RECORD),
    block=b"\1" + (0x7C3F7000).to_bytes(8, "little"),
    signals=(Sigbus("BUS_MCEERR_AO", 0xFFFF97640000, 12), Sigbus("BUS_OBJERR", 0xFFFF9764A010, 0)),
    victim=Victim(95, 0xFFFF97640000, 0x7C3F7000, True),
    reached=0xFFFF9764A010,
    latency=0.5,
    kernel="6.1.0-56-arm64",
    qemu="7.2.22",
)


def test_the_log_loses_times_and_noise_and_its_records_count_from_one():
    assert normal_log(RECORD) == (
        "{1}[Hardware Error]: event severity: recoverable",
        "{1}[Hardware Error]:   physical_address: 0x000000007c3f7000",
        "Memory failure: 0x7c3f7: Sending SIGBUS to python3:95 due to hardware memory corruption",
        "{2}[Hardware Error]: event severity: corrected",
        "{1}[Hardware Error]: late",
    )


def test_a_panic_is_shortened_to_its_message_and_the_errors_own_way():
    assert normal_log(PANIC) == (
        "Kernel panic - not syncing: GHES: Fatal hardware error",
        "Call trace:",
        " panic",
        " __ghes_panic",
        " el0_da",
    )


def test_numbers_of_one_run_become_those_of_every_run():
    """In log, signals and bytes alike, so that the bytes still say what the log says."""
    normal = FOUND.normal()
    assert normal.log[1] == "{1}[Hardware Error]:   physical_address: 0x000000007c000000"
    assert normal.log[2] == "Memory failure: 0x7c000: Sending SIGBUS to python3:100 due to hardware memory corruption"
    assert normal.block == b"\1" + NORMAL.pa.to_bytes(8, "little")
    assert [s.address for s in normal.signals] == [NORMAL.va, HOLE_VA]
    assert normal.victim == NORMAL._replace(early=True)


def test_what_is_normal_stays_as_it_is():
    assert FOUND.normal().normal() == FOUND.normal()


def test_two_runs_that_differ_in_numbers_alone_do_not_differ():
    again = replace(
        FOUND,
        log=tuple(line.replace("7c3f7", "4285a").replace(":95 ", ":99 ") for line in FOUND.log),
        block=b"\1" + (0x4285A000).to_bytes(8, "little"),
        signals=(Sigbus("BUS_MCEERR_AO", 0xFFFF80000000, 12), Sigbus("BUS_OBJERR", 0xFFFF90000010, 0)),
        victim=Victim(99, 0xFFFF80000000, 0x4285A000, True),
        reached=0xFFFF90000010,
        latency=0.1,
    )
    assert list(FOUND.differences(again)) == []


def test_differences_are_told_line_by_line():
    other = replace(FOUND, log=(*FOUND.log[:-2], "new"), block_status=1, panicked=True)
    assert list(FOUND.differences(other)) == [
        "block_status: None is now 1",
        "panicked: False is now True",
        "- {2}[Hardware Error]: event severity: corrected",
        "- {1}[Hardware Error]: late",
        "+ new",
    ]
    twice = replace(FOUND, log=(*FOUND.log, FOUND.log[0]))
    assert list(FOUND.differences(twice)) == ["+ {1}[Hardware Error]: event severity: recoverable"]
    turned = replace(FOUND, log=FOUND.log[::-1])
    assert list(FOUND.differences(turned)) == ["the same lines, in another order"]


def test_it_reads_as_what_happened():
    found = replace(FOUND, log=("said",), block_status=0, ack=1, page="gone", output="16 kB\n")
    assert str(found).splitlines() == [
        "said",
        "16 kB",
        "block_status 0x0, read_ack_register 0x1",
        "SIGBUS BUS_MCEERR_AO, si_addr 0xffff97640000, si_addr_lsb 12",
        "SIGBUS BUS_OBJERR, si_addr 0xffff9764a010, si_addr_lsb 0",
        "the page is gone",
        "[Linux 6.1.0-56-arm64, QEMU 7.2.22, 500 ms to the first line]",
    ]
