"""The command line among other programs: streams, signals, full disks, odd names, encodings, endless and deep input."""

import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from raslib.cli import COMMANDS, command_parser, main
from raslib.cli.shared import LIMIT, load, size
from raslib.files import replacing
from raslib.formats.arm import Dialect
from raslib.formats.ghes import DataEntry, StatusBlock
from raslib.formats.kinds import KINDS
from raslib.formats.memory import PlatformMemory
from raslib.plain import printable

TOP = Path(__file__).parents[2]
BLOCK = StatusBlock(entries=(DataEntry(section=PlatformMemory(node=3)),)).build()
RASLIB = f"{shlex.quote(sys.executable)} -m raslib"

pytestmark = pytest.mark.skipif(os.name == "nt", reason="of shells, signals and devices as POSIX has them")


def shell(line: str, where: Path = TOP, **environment: str) -> subprocess.CompletedProcess[bytes]:
    """A command line of bash, to which `raslib` is this kit."""
    given = os.environ | {"PYTHONPATH": str(TOP)} | environment
    command = ["bash", "-c", f'raslib() {{ {RASLIB} "$@"; }}; {line}']
    return subprocess.run(command, cwd=where, env=given, capture_output=True, timeout=900, check=False)


@pytest.fixture
def here(tmp_path: Path) -> Path:
    (tmp_path / "good").write_bytes(BLOCK)
    (tmp_path / "bad").write_bytes(BLOCK[:130])
    (tmp_path / "good.json").write_text(json.dumps({"kind": "status-block", "value": {}}))
    return tmp_path


# --- streams ---------------------------------------------------------------------------------------------------------

CLOSED = {
    "raslib decode - <&-": (1, "raslib: -: Bad file descriptor\n"),
    "raslib route --batch - <&-": (1, "raslib: -: Bad file descriptor\n"),
    "raslib encode good.json >&-": (1, "raslib: standard output: Bad file descriptor\n"),
    "raslib compare - guest.notify=none >&-": (1, "raslib: standard output: Bad file descriptor\n"),
    "raslib esr 0 >&- 2>&-": (1, ""),
    "raslib decode gone 2>&-": (1, ""),
    "raslib decode gone <&- >&- 2>&-": (1, ""),
    "raslib encode good.json -o made >&- <&-": (0, ""),
    "raslib axes >/dev/full": (1, "raslib: standard output: No space left on device\n"),
    "raslib --help >/dev/full": (1, "raslib: standard output: No space left on device\n"),
    "raslib decode good bad >/dev/full 2>/dev/full": (1, ""),
    "raslib decode bad 2>/dev/full": (1, ""),
}


@pytest.mark.parametrize("line", CLOSED)
def test_a_stream_that_is_closed_or_full_is_told_in_a_line(line, here):
    status, said = CLOSED[line]
    done = shell(line, here)
    assert (done.returncode, done.stderr.decode()) == (status, said)


@pytest.mark.parametrize("line", ["raslib axes", "raslib decode bad bad", "raslib formats", "raslib prove --help"])
def test_a_reader_that_went_away_is_no_error_of_ours(line, here):
    done = shell(f"set -o pipefail; {line} 2>&1 | true; exit ${{PIPESTATUS[0]}}", here)
    assert (done.returncode, done.stderr) in ((0, b""), (1, b""))  # 1: the file is bad, whoever reads


def running(line: str, here: Path) -> "subprocess.Popen[bytes]":
    given = os.environ | {"PYTHONPATH": str(TOP)}
    command = [sys.executable, "-m", "raslib", *shlex.split(line)]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=here, env=given, stdin=pipe, stdout=pipe, stderr=pipe)


@pytest.mark.parametrize(
    ("number", "status", "said"),
    [
        (signal.SIGINT, 130, b"raslib: interrupted\n"),
        (signal.SIGTERM, 143, b""),
    ],
)
@pytest.mark.parametrize("line", ["decode - --as json", "walk --batch -"])
def test_being_ended_takes_a_line_at_most(line, number, status, said, here):
    """While it waits for its input: it reads what it is given, and then there is nothing more."""
    with running(line, here) as process:
        waits_for_input(process.pid)
        process.send_signal(number)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (status, b"", said)


def waits_for_input(pid: int) -> None:
    """Until the process sleeps in a read of its standard input, as Linux tells; elsewhere a moment must do."""
    for _ in range(600):
        try:
            call = Path(f"/proc/{pid}/syscall").read_text()
        except OSError:
            call = "unknown"
        numbers = {"0", "63"}  # read, on x86-64 and on arm64
        if call.split()[0] in numbers and call.split()[1] == "0x0":
            return
        time.sleep(0.1)
    raise AssertionError(f"it does not wait for its input: {call}")


def test_an_interrupt_in_the_middle_of_the_work_takes_a_line(here, monkeypatch, capsys):
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("raslib.sim.invariants.prove", interrupted)
    assert main(["prove", "I1"]) == 130
    assert capsys.readouterr().err == "raslib: interrupted\n"


# --- files that are made ---------------------------------------------------------------------------------------------


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def broken_off(path: Path) -> None:
    with replacing(path) as new:
        new.write_text("half")
        raise ZeroDivisionError


def test_a_file_is_replaced_as_a_whole_or_not_at_all(tmp_path):
    path = tmp_path / "out"
    path.write_text("old")
    path.chmod(0o640)
    with pytest.raises(ZeroDivisionError):
        broken_off(path)
    assert path.read_text() == "old"
    with replacing(path) as new:
        new.write_text("new")
        assert path.read_text() == "old"
    assert (path.read_text(), path.stat().st_mode & 0o777) == ("new", 0o640)
    assert names(tmp_path) == ["out"]


def test_a_link_stays_a_link_and_a_device_is_written(tmp_path):
    real, link = tmp_path / "real", tmp_path / "link"
    link.symlink_to(real)
    with replacing(link) as new:
        new.write_text("through")
    assert (link.is_symlink(), real.read_text()) == (True, "through")
    with replacing("/dev/null") as new:
        assert str(new) == "/dev/null"
    assert names(tmp_path) == ["link", "real"]


@pytest.fixture(scope="module")
def small_disk(tmp_path_factory):
    """A folder on a disk of 64 kB, by a mount that this process' namespace alone sees; root may make one."""
    path = tmp_path_factory.mktemp("small")
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "small", path], capture_output=True).returncode:
        pytest.skip("only root may mount a small disk")
    yield path
    subprocess.run(["umount", path], check=True)


@pytest.mark.parametrize(
    "line",
    [
        "raslib encode large.json -o DISK/out",
        "raslib stories begin=error host.first=kernel stance=architecture -o DISK/out",  # 94 kB
        "raslib decode --table many -o DISK/out.csv",
    ],
)
def test_a_full_disk_leaves_the_old_file_and_names_place_and_size(line, here, small_disk):
    name = line.rpartition("/")[2]
    (small_disk / name).write_text("old")
    block = {"kind": "status-block", "value": {"beyond": "00" * 100_000}}
    (here / "large.json").write_text(json.dumps(block))
    (here / "many").write_bytes(BLOCK * 2000)
    done = shell(line.replace("DISK", str(small_disk)), here)
    assert done.returncode == 1
    said = done.stderr.decode()
    assert said.startswith(f"raslib: {small_disk}/{name}: No space left on device: ")
    assert "bytes were written, " in said
    assert said.count("\n") == 1
    assert (small_disk / name).read_text() == "old"
    assert names(small_disk) == [name]
    (small_disk / name).unlink()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become nobody")
def test_what_must_not_be_read_or_written_is_told(here):
    """Asked twice: by root, which loads what is needed, and then by nobody."""
    (here / "secret").write_bytes(BLOCK)
    (here / "secret").chmod(0o600)
    here.chmod(0o755)
    code = "import os; from raslib.cli import main; " + "; ".join(
        f"main({line.split()!r})" for line in ("roundtrip secret", "encode good.json -o made")
    )
    code = f"{code}; os.seteuid(65534); {code.partition('; ')[2].partition('; ')[2].replace('made', 'new')}"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        cwd=here,
        env=os.environ | {"PYTHONPATH": str(TOP)},
    )
    assert done.stderr == "raslib: new: Permission denied\n"
    by_root, by_nobody = map(json.loads, done.stdout.splitlines())
    assert by_root["identical"] is True
    assert by_nobody["error"] == "secret: Permission denied"


# --- names and letters -----------------------------------------------------------------------------------------------

ODD_NAMES = [b"esc\x1b[31m.bin", b"line\nbreak", b"bad\xff.bin", b"bell\x07", "turned\u202e.bin".encode(), b"back\r"]


@pytest.mark.parametrize(
    "form", ["decode", "decode --as json", "lint", "roundtrip", "decode --as linux", "decode --table"]
)
def test_no_name_of_a_file_moves_a_terminal(form, here):
    """Good, bad and missing files of these names; nothing but printed letters and line ends is written."""
    for name in map(os.fsdecode, ODD_NAMES):
        (here / name).write_bytes(BLOCK)
        (here / f"bad {name}").write_bytes(BLOCK[:130])
    files = [before + name for name in ODD_NAMES for before in (b"", b"bad ", b"gone ")]
    done = shell(f"raslib {form} " + " ".join(f"$'{escaped(name)}'" for name in files), here)
    assert done.returncode == 1
    for out in (done.stdout.decode(), done.stderr.decode()):
        assert [line for line in out.split("\n") if not line.isprintable()] == []
        assert "Traceback" not in out


def test_a_table_of_files_with_odd_names_is_saved(here):
    """A CSV is UTF-8, whatever bytes a name has."""
    (here / os.fsdecode(b"bad\xff\x1b.bin")).write_bytes(BLOCK)
    done = shell("raslib decode --table $'bad\\xff\\x1b.bin' -o all.csv", here)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    lines = (here / "all.csv").read_text(encoding="utf-8").splitlines()
    assert [line.partition(",")[0] for line in lines] == ["file", "bad\\xff\\x1b.bin"]


def escaped(name: bytes) -> str:
    return "".join(f"\\x{byte:02x}" for byte in name)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("plain.bin", "plain.bin"),
        ("esc\x1b[31m", "esc\\x1b[31m"),
        ("a\nb\tc", "a\\nb\\tc"),
        ("bad\udcff", "bad\\xff"),
        ("turned\u202e", "turned\\u202e"),
        ("\x9b31m", "\\x9b31m"),
        ("größe µ 中", "größe µ 中"),
    ],
)
def test_a_name_is_shown_in_one_line_of_printed_letters(text, said):
    assert printable(text) == said


@pytest.mark.parametrize("encoding", ["ascii", "ascii:strict", "latin-1", "utf-8:strict"])
def test_every_encoding_of_a_terminal_will_do(encoding, here):
    """What it has no sign for stands as its code, and the file after it is shown too."""
    done = shell(
        "raslib formats PlatformMemory && raslib decode good $'bad\\xff' good", here, PYTHONIOENCODING=encoding
    )
    assert done.returncode == 1
    assert done.stdout.count(b"== good") == 2
    assert done.stderr == b"raslib: bad\\xff: No such file or directory\n"
    if encoding.startswith("ascii"):
        assert b"\\xa7" in done.stdout


# --- how much, how deep ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "line", ["decode /dev/zero", "lint /dev/zero", "decode --table /dev/zero", "roundtrip /dev/zero"]
)
def test_reading_stops_at_a_limit(line, here, capsys):
    assert main([*line.split(), "--limit", "1M"]) == 1
    said = capsys.readouterr()
    assert "/dev/zero: has more than 1,048,576 bytes; --limit" in said.err + said.out


def test_a_limit_is_in_bytes_and_counts_exactly(here, capsys):
    path = here / "good"
    assert load(str(path), len(BLOCK)) == BLOCK
    assert main(["roundtrip", str(path), "--limit", str(len(BLOCK))]) == 0
    assert main(["roundtrip", str(path), "--limit", str(len(BLOCK) - 1)]) == 1
    assert "has more than 171 bytes" in capsys.readouterr().out
    assert [size(said) for said in ("4096", "64k", "256M", "1G")] == [4096, 65536, 1 << 28, 1 << 30]


@pytest.mark.parametrize("said", ["", "k", "-1", "1T", "1.5M", "٣", "9" * 13])
def test_what_is_no_size_is_refused(said, here, capsys):
    with pytest.raises(SystemExit, match="2"):
        main(["decode", "x", f"--limit={said}"])
    assert "is not a size such as 4096, 64k, 256M or 1G" in capsys.readouterr().err


DEEP = {
    "object.json": '{"a":' * 100_000 + "1" + "}" * 100_000,
    "list.json": '{"a": ' + "[" * 100_000,
    "digits.json": '{"a": ' + "9" * 10_000 + "}",
    "list.toml": "a = " + "[" * 50_000,
    "table.toml": "a = " + "{b=" * 10_000,
    "long.toml": "a" + ".a" * 50_000 + " = 1",
    "dots.toml": "a" + ".a" * 30_000 + " = 1",
    "header.toml": "[a" + ".a" * 30_000 + "]",
    "many.toml": "\n".join(f"k{i}" + ".a" * 150 + " = 1" for i in range(200)),
    "digits.toml": "a = " + "9" * 10_000,
    "quoted.toml": '"' + "=" * 100 + '"' + ".a" * 20_000 + " = 1",
}


@pytest.mark.parametrize("name", DEEP)
def test_what_is_nested_deep_ends_in_a_sentence_soon(name, here, capsys):
    (here / name).write_text(DEEP[name])
    start = time.process_time()
    assert main(["walk", "--file", str(here / name)]) == 1
    took = time.process_time() - start
    said = capsys.readouterr()
    assert (said.out, said.err.count("\n")) == ("", 1)
    assert said.err.startswith(f"raslib: {here / name}: ")
    assert len(said.err) < 2000
    assert took < 10  # a second on any machine; that it is not a minute is what is tested


# --- the parser ------------------------------------------------------------------------------------------------------


def test_each_command_is_made_by_the_room_that_the_map_names():
    """A command line of one command loads its room alone; the parser of all has exactly these commands."""
    everything = commands(command_parser())
    assert [*everything] == [name for names in COMMANDS.values() for name in names]
    for name in everything:
        assert name in commands(command_parser(name))


def commands(parser) -> dict:
    return next(a.choices for a in parser._actions if a.dest == "command")


def every_parser(parser, path=("raslib",)):
    yield path, parser
    for action in parser._actions:
        if isinstance(action.choices, dict):
            for name, inner in action.choices.items():
                yield from every_parser(inner, (*path, name))


ALL = {" ".join(path): parser for path, parser in every_parser(command_parser()) if len(path) > 1}


def test_what_the_table_of_commands_repeats_is_as_the_code_has_it():
    taken = {(name, action.dest): action for name, parser in ALL.items() for action in parser._actions}
    assert {size(a.default) for (_, dest), a in taken.items() if dest == "limit"} == {LIMIT}
    assert {tuple(a.choices) for (_, dest), a in taken.items() if dest == "kind"} == {("auto", *KINDS)}
    assert tuple(taken["raslib decode", "dialect"].choices) == ("auto", *(dialect.value for dialect in Dialect))


@pytest.mark.parametrize(
    ("own", "error"), [({"metvar": "N"}, TypeError), ({"type": "integer"}, KeyError), ({}, KeyError)]
)
def test_a_wrong_key_in_the_table_of_commands_is_an_error(own, error, monkeypatch):
    """An argument of which nothing is said must be one that commands share."""
    monkeypatch.setitem(COMMANDS["kit"]["doctor"], "--count", own)
    with pytest.raises(error):
        command_parser("doctor")


@pytest.mark.parametrize("name", [name for name in ALL if name != "raslib live"])
def test_help_is_a_manual_with_an_example_that_is_understood(name):
    """What it does, what every argument is, one example that the parser takes, and the exit statuses."""
    text = ALL[name].format_help()
    assert text.startswith(f"usage: {name} ")
    assert "Exit status: 0 fine, 1 bad input, 2 bad usage, 130 interrupted." in text
    example = " ".join(text.partition("Example: ")[2].partition("\n\n")[0].split())
    assert name in example
    command_parser().parse_known_args(shlex.split(example[example.index("raslib") :].rstrip(")"))[1:])


@pytest.mark.parametrize("name", ["raslib decode", "raslib walk", "raslib lint", "raslib encode"])
def test_every_option_says_what_it_is(name):
    assert [a.dest for a in ALL[name]._actions if not a.help and not a.choices] == []


def test_colour_is_for_terminals_and_for_who_wants_it(here):
    """`script` gives the command a terminal."""
    (here / "run").write_text(f"{RASLIB} lint bad\n")
    terminal = "TERM=xterm script -qec 'bash run' /dev/null"
    assert b"\x1b[31merror\x1b[0m" in shell(terminal, here).stdout
    assert b"\x1b" not in shell(terminal, here, NO_COLOR="").stdout
    (here / "run").write_text(f"{RASLIB} lint bad --color never\n")
    assert b"\x1b" not in shell(terminal, here).stdout
    assert b"\x1b" not in shell("raslib lint bad", here).stdout


@pytest.mark.parametrize("arguments", [["decode", "x", "--no\x1b[31m"], ["walk", "--as", "\x1b[31m"], ["\x1b[31m"]])
def test_complaints_about_usage_are_plain(arguments, capsys):
    with pytest.raises(SystemExit, match="2"):
        main(arguments)
    assert "\x1b" not in capsys.readouterr().err


def test_a_fault_of_ours_is_told_as_one(monkeypatch, capsys):
    def broken(*_: object) -> None:
        raise KeyError("nobody foresaw this")

    monkeypatch.setattr("raslib.sim.cpu.routing.route", broken)
    with pytest.raises(KeyError):
        main(["route", "kind=sea"])
    monkeypatch.delenv("RASLIB_DEBUG")
    assert main(["route", "kind=sea"]) == 1
    said = capsys.readouterr().err
    assert said == (
        "raslib: a fault of raslib, not of the input: KeyError: 'nobody foresaw this' (RASLIB_DEBUG=1 shows where)\n"
    )


# --- completion ------------------------------------------------------------------------------------------------------

COMPLETED = {
    "raslib dec": ["decode"],
    "raslib decode --as li": ["linux"],
    "raslib decode --kind st": ["status-block"],
    "raslib esr --as ": ["text", "json", "svg", "html"],
    "raslib live rep": ["report"],
    "raslib live report --source ext": ["external"],
    "raslib walk host.vhe=": ["false", "true"],
    "raslib completion z": ["zsh"],
}


@pytest.mark.parametrize("line", COMPLETED)
def test_bash_completes_what_the_parser_takes(line, here):
    code = f". <(raslib completion bash); COMP_LINE={shlex.quote(line)}; COMP_POINT=${{#COMP_LINE}}; _raslib; "
    done = shell(code + 'echo "${COMPREPLY[@]}"', here)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.decode().split() == COMPLETED[line]


def test_files_are_completed_where_files_stand(here):
    code = ". <(raslib completion bash); "
    for line, found in (("raslib decode go", ["good", "good.json"]), ("raslib esr go", [])):
        done = shell(f'{code} COMP_LINE="{line}" COMP_POINT={len(line)}; _raslib; echo "${{COMPREPLY[@]}}"', here)
        assert sorted(done.stdout.decode().split()) == found


def test_zsh_has_the_same_words(capsys):
    """Which zsh itself finds to be in order, where it is installed."""
    assert main(["completion", "bash"]) == 0
    bash = capsys.readouterr().out
    assert main(["completion", "zsh"]) == 0
    zsh = capsys.readouterr().out
    assert zsh.startswith("#compdef raslib\n")
    rows = [line.split("]=") for line in bash.splitlines() if line.startswith("['raslib")]
    assert len(rows) > 40
    assert [f"{at[1:]} {words}" in zsh for at, words in rows] == [True] * len(rows)
    if found := shutil.which("zsh"):
        pretended = "compdef() {}; compadd() { shift; print -- $@ }; _files() { print FILES }; "
        asked = "words=(raslib esr --as ''); CURRENT=4; _raslib; words=(raslib completion ''); CURRENT=3; _raslib"
        code = f"{pretended}{zsh}{asked}"
        done = subprocess.run([found, "-f", "-c", code], capture_output=True, text=True, check=True)
        assert done.stdout.splitlines() == ["text json svg html", "-h --help --color bash zsh"]
