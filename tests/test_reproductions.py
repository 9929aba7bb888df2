"""A scenario as something that runs elsewhere: each form runs here as far as it can, and refuses the rest in words."""

import base64
import json
import random
import shutil
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from raslib import Hest, Scenario, Severity, StatusBlock, live, reproduce, samples, walk
from raslib.cli import COMMANDS, main
from raslib.live import aml
from raslib.live.recording.layout import BASE, adopted
from raslib.reproductions import FORMS
from raslib.sim.el3.blocks import qemu_block
from raslib.sim.model.outcome import sentence
from raslib.sim.model.platform import GUEST_PHYSICAL_ADDRESS
from raslib.sim.model.scenario import AXES

from .live import newc

CC = shutil.which("cc")
compiled = pytest.mark.skipif(CC is None, reason="there is no C compiler")


def reason(s, form):
    """Why *s* cannot be had in this form."""
    with pytest.raises(ValueError, match=".") as raised:
        reproduce(s, form)
    return str(raised.value)


# --- QMP --------------------------------------------------------------------------------------------------------------


class Qemu(threading.Thread):
    """A QMP socket that answers each command with the next of *answers*, an event first; `heard` keeps the commands."""

    def __init__(self, path, *answers):
        super().__init__(daemon=True)
        self.door, self.answers, self.heard = socket.socket(socket.AF_UNIX), answers, []
        self.door.bind(str(path))
        self.door.listen(1)

    def run(self):
        link, _ = self.door.accept()
        with link, link.makefile("rw") as stream:
            print(json.dumps({"QMP": {"version": {}}}), file=stream, flush=True)
            for answer in ({"return": {}}, *self.answers):
                self.heard.append(json.loads(stream.readline()))
                print(json.dumps({"event": "RESUME"}), json.dumps(answer), sep="\n", file=stream, flush=True)


DONE, UNACKED = {"return": {}}, {"error": {"class": "GenericError", "desc": "OSPM does not acknowledge"}}


def run_qmp(s, tmp_path, *answers):
    """Exit status of the script for *s*, and the commands after qmp_capabilities."""
    script, path = tmp_path / "script.py", tmp_path / "qmp"
    script.write_text(str(reproduce(s, "qmp")))
    qemu = Qemu(path, *answers)
    qemu.start()
    done = subprocess.run([sys.executable, script, path], capture_output=True, text=True, timeout=60)
    qemu.join(20)
    assert qemu.heard[0] == {"execute": "qmp_capabilities"}
    return done.returncode, qemu.heard[1:]


def test_the_qmp_script_gives_qemu_the_block_of_the_scenario(tmp_path):
    status, [command] = run_qmp(Scenario.of("begin=qmp", "cper.severity=FATAL"), tmp_path, DONE)
    assert (status, command["execute"]) == (0, "inject-ghes-v2-error")
    block = StatusBlock.parse(base64.b64decode(command["arguments"]["cper"]))
    assert block.error_severity == Severity.FATAL
    assert block.entries[0].section.physical_address == GUEST_PHYSICAL_ADDRESS


def test_the_qmp_script_of_an_error_gives_the_block_that_qemu_would_write(tmp_path):
    status, [command] = run_qmp(Scenario(), tmp_path, DONE)
    assert status == 0
    assert base64.b64decode(command["arguments"]["cper"]) == qemu_block(GUEST_PHYSICAL_ADDRESS)


def test_a_block_that_is_spoilt_goes_as_it_is(tmp_path):
    s = Scenario.of("begin=qmp", "cper.bytes=short")
    _, [command] = run_qmp(s, tmp_path, DONE)
    assert base64.b64decode(command["arguments"]["cper"])[12:16] != bytes(4)
    with pytest.raises(ValueError, match="needs 80 bytes, 79 are left"):
        StatusBlock.parse(base64.b64decode(command["arguments"]["cper"]))


@pytest.mark.parametrize(("answers", "status"), [((DONE, UNACKED), 0), ((DONE, DONE), 1)])
def test_asked_twice_the_second_is_expected_to_be_refused(answers, status, tmp_path):
    found, commands = run_qmp(Scenario.of("begin=qmp", "ask.twice=true"), tmp_path, *answers)
    assert (found, len(commands)) == (status, 2)


def test_a_refusal_that_nobody_expects_ends_with_status_1(tmp_path):
    assert run_qmp(Scenario.of("begin=qmp"), tmp_path, UNACKED)[0] == 1


# --- EINJ -------------------------------------------------------------------------------------------------------------


def injected(s, tmp_path, address="0x123456000"):
    """What the EINJ files hold after the script for *s*."""
    done = subprocess.run(
        ["sh", "-c", str(reproduce(s, "einj")), "sh", address], env={"EINJ": str(tmp_path)}, capture_output=True
    )
    assert done.returncode == 0, done.stderr
    return {path.name: path.read_text().strip() for path in tmp_path.iterdir()}


def test_einj_asks_for_an_error_that_whoever_uses_the_memory_meets(tmp_path):
    assert injected(Scenario(), tmp_path) == {
        "error_type": "0x10",
        "flags": "0x2",
        "param1": "0x123456000",
        "param2": "0xfffffffffffff000",
        "notrigger": "1",
        "error_inject": "1",
    }


def test_einj_triggers_an_error_that_the_node_tells_of(tmp_path):
    files = injected(Scenario.of("error.category=CE", "error.report=interrupt"), tmp_path)
    assert (files["error_type"], files["notrigger"]) == ("0x8", "0")


def test_einj_needs_an_address():
    done = subprocess.run(["sh", "-c", str(reproduce(Scenario(), "einj"))], capture_output=True, text=True)
    assert done.returncode != 0
    assert "the physical address to inject at" in done.stderr


# --- ACPI -------------------------------------------------------------------------------------------------------------

CPIO = """#!{python}
import sys
from pathlib import Path
sys.path[:0] = {path}
from raslib.live import cpio
assert sys.argv[1:] == ["-o", "-H", "newc"]
files = (Path(line.strip()) for line in sys.stdin)
sys.stdout.buffer.write(cpio.archive({{str(f): cpio.file(f.read_bytes()) for f in files if f.is_file()}}))
"""


@pytest.mark.iasl
@pytest.mark.parametrize("notify", ["SEA", "GPIO"])
def test_the_tables_come_to_an_initrd_as_they_are(notify, tmp_path):
    """Compiled by iasl; a cpio of ours stands in for one that may not be there."""
    program = tmp_path / "bin" / "cpio"
    program.parent.mkdir()
    program.write_text(CPIO.format(python=sys.executable, path=sys.path))
    program.chmod(0o755)
    path = f"{program.parent}:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"
    text = str(reproduce(Scenario.of(f"host.notify={notify}"), "acpi"))
    done = subprocess.run(["sh", "-c", text, "sh", tmp_path / "t"], env={"PATH": path}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    tables = {
        name.rpartition("/")[2]: node.data for name, node in newc.entries((tmp_path / "t/tables.cpio").read_bytes())
    }
    hest = adopted(Scenario.of(f"host.notify={notify}").host.hest())[0]
    assert Hest.parse(tables["hest.aml"]).error_sources == hest.error_sources
    if notify == "GPIO":
        assert tables["ssdt.aml"][36:] == aml.HED[36:]
    else:
        assert "ssdt.aml" not in tables
    assert (tmp_path / "t/rasmem").stat().st_size == 0x20_0000


def test_a_table_of_ones_own_is_moved_and_each_source_says_whether_it_is_used():
    found = reproduce(Scenario(), "acpi", hest=Hest.parse(samples("hest/qemu-7.2")))
    assert f"{BASE:016X}" in found.body
    assert any("changed for the lab" in need for need in found.needs)
    assert found.expected[0].startswith("Linux takes its tables, and of source 0: ")


# --- KVM --------------------------------------------------------------------------------------------------------------

# A KVM of one vCPU as Linux 6.1 has it, for a guest at EL1: an SError waits till the guest runs.
FAKE = r"""
#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <linux/kvm.h>
static uint64_t regs[4];
static struct { uint8_t serror, has_esr, abort, pad[5]; uint64_t esr; uint32_t reserved[12]; } events;
static struct kvm_run page;
static uint64_t *place(uint64_t id)
{ return &regs[id == 0x6030000000100040 ? 0 : id == 0x6030000000100042 ? 1 : id == 0x603000000013c290 ? 2 : 3]; }
int fake_open(const char *path, int flags, ...) { (void)flags; return strcmp(path, "/dev/kvm") ? -1 : 3; }
void *fake_mmap(void *a, size_t n, int p, int f, int fd, long o)
{ static char memory[1 << 16]; (void)a; (void)n; (void)p; (void)f; (void)o; return fd < 0 ? (void *)memory : &page; }
int fake_ioctl(int fd, unsigned long call, ...)
{
	va_list list; va_start(list, call); void *arg = va_arg(list, void *); va_end(list); (void)fd;
	switch (call) {
	case 0x4010aeab: { struct kvm_one_reg *r = arg; memcpy((void *)r->addr, place(r->id), 8); return 0; }
	case 0x4010aeac: { struct kvm_one_reg *r = arg; memcpy(place(r->id), (void *)r->addr, 8); return 0; }
	case 0x4040aea0: {
		__typeof__(events) *e = arg;
		if (e->has_esr && e->esr >> 25) { errno = EINVAL; return -1; }
		if (e->serror) events = *e;
		if (e->abort) { regs[0] = regs[3] + 0x200; regs[1] |= 0x100; regs[2] = 0xffffffff96000010; }
		return 0; }
	case 0x8040ae9f: memcpy(arg, &events, sizeof(events)); ((__typeof__(events) *)arg)->has_esr = 1;
		((__typeof__(events) *)arg)->abort = 0; return 0;
	case 0xae80:
		if (page.immediate_exit) { errno = EINTR; return -1; }
		page.exit_reason = KVM_EXIT_MMIO;
		if (events.serror && !(regs[1] & 0x100)) {
			regs[0] = regs[3] + 0x380;
			regs[2] = 0xbe000000 | events.esr FORGETS;
		}
		return 0;
	case 0xae04: return 4096;
	}
	return 4;
}
"""


def program(s, tmp_path, forgets=""):
    """The program for *s* on a KVM that is a few lines of C."""
    (tmp_path / "test.c").write_text(str(reproduce(s, "kvm")))
    (tmp_path / "fake.c").write_text(FAKE.replace("FORGETS", forgets))
    names = [f"-D{name}=fake_{name}" for name in ("open", "ioctl", "mmap")]
    flags = ["-Wall", "-Wextra", "-Werror"]
    subprocess.run([CC, *flags, *names, "-c", "test.c"], cwd=tmp_path, check=True)
    subprocess.run([CC, "-o", "test", "test.o", "fake.c"], cwd=tmp_path, check=True)
    return subprocess.run([tmp_path / "test"], capture_output=True, text=True, timeout=60)


ASKED = ("begin=vcpu-events", "host.linux=6.1", "guest.running=kernel")


@compiled
@pytest.mark.parametrize(
    ("choices", "line"),
    [
        (("ask.serror=with-syndrome",), "the guest's PC, from its vectors: 0x380"),
        (("ask.serror=with-syndrome", "guest.masked=true"), "the guest's PC, from its vectors: 0x1000"),
        (("ask.serror=with-bad-syndrome",), "KVM_SET_VCPU_EVENTS, errno: 0x16"),
        (("ask.serror=cancel",), "serror_pending: 0x1"),
        (("ask.serror=no", "ask.abort=true"), "ESR_EL1: 0x96000010"),
    ],
)
def test_the_program_finds_what_a_kvm_like_that_of_6_1_does(choices, line, tmp_path):
    done = program(Scenario.of(*ASKED, *choices), tmp_path)
    assert line in done.stdout.splitlines()
    assert done.returncode == 0, done.stdout


@compiled
def test_the_program_finds_a_kvm_that_loses_the_syndrome(tmp_path):
    done = program(Scenario.of(*ASKED), tmp_path, forgets="* 0")
    assert done.returncode == 1
    assert "ESR_EL1: 0xbe000000, expected 0xbe000c11" in done.stdout


@compiled
def test_the_program_compiles_alone_and_says_what_it_lacks(tmp_path):
    (tmp_path / "test.c").write_text(str(reproduce(Scenario(), "kvm")))
    subprocess.run([CC, "-Wall", "-Wextra", "-Werror", "-o", "test", "test.c"], cwd=tmp_path, check=True)
    done = subprocess.run([tmp_path / "test"], capture_output=True, text=True, timeout=60)
    assert done.returncode in (0, 1, 77)
    assert done.stderr if done.returncode == 77 else "KVM_SET_VCPU_EVENTS, errno" in done.stdout


@pytest.mark.parametrize("name", ["PC", "PSTATE", "ESR_EL1", "VBAR_EL1"])
def test_the_program_has_the_registers_that_the_labs_monitor_has(name):
    """Those have been tried on a real KVM."""
    source, constants = (Path(live.__file__).parent / "guest" / "vmm.py").read_text(), {}
    exec(source[: source.index("class Vm:")], constants)
    assert f"#define REG_{name} {constants[name]:#x}ULL\n" in reproduce(Scenario(), "kvm").body


# --- the lab ----------------------------------------------------------------------------------------------------------


def test_the_experiment_of_an_abort_asks_by_sea_about_a_page_of_a_process(monkeypatch, capsys):
    asked = []
    monkeypatch.setattr(live, "ask", lambda *given, **named: asked.append((given, named)), raising=False)
    monkeypatch.setattr(live, "compare", lambda *given, **named: asked.append((given, named)), raising=False)
    exec(reproduce(Scenario(), "live").body, {})
    [((block, *how), named), ((_, source), compared)] = asked
    assert (how, named, source, compared) == (["sea", "late"], {}, "sea", {"repeated": False})
    assert StatusBlock.parse(block).error_severity == Severity.RECOVERABLE


def test_what_the_lab_does_otherwise_is_listed():
    needs = reproduce(Scenario(), "live").needs
    assert needs[1:] == (
        "Here cpu.running is host-user, not guest",
        "Here host.vhe is false, not true",
        "Here guest.notify is none, not SEA",
    )


@pytest.mark.live
@pytest.mark.parametrize("choices", [(), ("begin=vcpu-events",)])
def test_the_experiment_runs_on_a_real_kernel(choices, tmp_path):
    s = Scenario.of("host.linux=6.1", *choices)
    (tmp_path / "experiment.py").write_text(str(reproduce(s, "live")))
    done = subprocess.run([sys.executable, tmp_path / "experiment.py"], capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    met = "the virtual machine is at vector 0x380: ESR_EL1 0xbe000c11"
    # before 6.17 a worker and the consumer compete for the page: which signal it is, is told or has its reason
    assert (met if choices else "SIGBUS BUS_") in done.stdout
    assert "Nobody knows why." not in done.stdout


# --- all forms --------------------------------------------------------------------------------------------------------


def test_the_command_line_knows_every_form():
    assert [*FORMS] == COMMANDS["releases"]["reproduce"]["--as"]["choices"]


@pytest.mark.parametrize("form", FORMS)
def test_each_says_what_it_needs_and_what_is_expected(form):
    found = reproduce(Scenario(), form)
    assert found.needs
    assert found.expected
    head = str(found).split("\n\n")[0]
    for line in ("Needs:", "Expected:", found.needs[0].split(";")[0]):
        assert line in head.replace(f"\n{found.comment}     ", " ")


@pytest.mark.parametrize(("choices", "end"), [((), "sigbus_ar"), (("cper.severity=FATAL",), "host_panic")])
def test_what_is_expected_is_the_end_of_the_walk(choices, end):
    s = Scenario.of(*choices)
    assert walk(s).outcome["end"] == end
    assert sentence(end) in reproduce(s, "einj").expected[-1]


@pytest.mark.parametrize(
    ("choices", "form", "why"),
    [
        (("begin=record-read",), "qmp", "QEMU gives its guest no block in this scenario. The host: "),
        (("error.category=UC",), "qmp", "QEMU gives its guest no block in this scenario. The host: "),
        (("begin=qmp",), "einj", "EINJ injects errors of hardware, and this scenario begins with none: somebody asks"),
        (("error.report=device-SError",), "einj", "EINJ has no such error: an SError that is not a RAS error"),
        (("cper.bytes=short",), "einj", "EINJ cannot ask firmware for this: cper.bytes=short: data_length says"),
        (("cper.section=vendor",), "einj", "EINJ has no errors of the kind "),
        (("host.first=kernel",), "acpi", "the host of this scenario advertises no error source: it is kernel-first"),
        (("guest.notify=none",), "kvm", "nobody asks KVM for an SError or an abort of a guest in this scenario. "),
        (("begin=vcpu-events", "ask.migration=to-RAS", "guest.masked=true"), "kvm", "The program has one guest"),
        (("host.page=hugetlb",), "live", "the lab has no page that is a huge page of 2 MiB"),
        (("host.notify=LOCAL",), "live", "the lab has no source that notifies by LOCAL; it has polled, "),
        (("host.first=kernel",), "live", "the lab reports blocks, and here firmware writes none. The"),
        (("begin=vcpu-events", "ask.serror=cancel"), "live", "the lab asks KVM once, and to leave an SError pending"),
    ],
)
def test_what_a_form_cannot_do_is_said(choices, form, why):
    assert reason(Scenario.of(*choices), form).startswith(why)


def test_there_is_no_other_form():
    assert reason(Scenario(), "gdb") == "'gdb' is none of qmp, einj, acpi, kvm, live"


def some(seed):
    chance = random.Random(seed)
    names = chance.sample(list(AXES), 6)
    return Scenario.of(**{name.replace(".", "_"): chance.choice(AXES[name].values) for name in names})


def file_or_reason(s, form):
    """The file; None where there is none, for a reason in words."""
    try:
        return str(reproduce(s, form))
    except ValueError:
        assert len(reason(s, form).split()) > 3
    return None


@pytest.mark.parametrize("form", FORMS)
def test_any_scenario_has_a_file_that_can_be_read_or_a_reason(form, tmp_path):
    """Python compiles, and a shell reads what is for it."""
    written = 0
    for seed in range(60):
        text = file_or_reason(some(seed), form)
        if text is None:
            continue
        written += 1
        if form in ("qmp", "live"):
            compile(text, form, "exec")
        elif form != "kvm" and seed < 20:
            subprocess.run(["sh", "-n"], input=text, text=True, check=True)
        elif form == "kvm" and CC and written < 8:
            subprocess.run([CC, "-x", "c", "-Wall", "-Werror", "-fsyntax-only", "-"], input=text, text=True, check=True)
    assert written > 5


# --- the command ------------------------------------------------------------------------------------------------------


def test_the_command_writes_what_the_function_gives(capsys, tmp_path):
    s = Scenario.of("host.notify=SDEI")
    assert main(["reproduce", s.token(), "--as", "einj"]) == 0
    assert capsys.readouterr().out == str(reproduce(s, "einj"))
    assert main(["reproduce", "host.notify=SDEI", "--as", "live", "-o", str(tmp_path / "x.py")]) == 0
    assert (tmp_path / "x.py").read_text() == str(reproduce(s, "live"))
    assert main(["reproduce", "-", "--as", "kvm"]) == 0
    assert capsys.readouterr().out == str(reproduce(Scenario(), "kvm"))


def test_the_command_says_why_not(capsys):
    assert main(["reproduce", "begin=qmp", "--as", "einj"]) == 1
    assert capsys.readouterr().err.startswith("raslib: no einj: EINJ injects errors of hardware")
