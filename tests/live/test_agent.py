"""The agent that runs in the guest, here run by this Python on this machine: what it answers and tells."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

from raslib.live import guest

AGENT = Path(guest.__file__).with_name("agent.py")
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the agent needs Linux")


class Agent:
    """An agent and the two ends of its line."""

    def __init__(self) -> None:
        command = [sys.executable, "-I", "-S", "-B", str(AGENT)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.number = 0

    def hear(self) -> tuple:
        return ast.literal_eval(self.process.stdout.readline().decode())

    def say(self, command: str, **arguments: object) -> None:
        self.number += 1
        self.process.stdin.write(f"{(self.number, command, arguments)!r}\n".encode())
        self.process.stdin.flush()

    def ask(self, command: str, **arguments: object) -> tuple:
        self.say(command, **arguments)
        return self.hear()


@pytest.fixture
def agent():
    made = Agent()
    number, event, value = made.hear()
    assert (number, event, value["release"]) == (0, "hello", os.uname().release)
    yield made
    made.process.kill()
    made.process.wait()
    made.process.stdin.close()
    made.process.stdout.close()


def test_a_line_of_shell_gives_status_and_output(agent):
    assert agent.ask("shell", line="echo said; exit 3") == (1, "done", (3, "said\n"))


def test_what_goes_wrong_is_told(agent):
    assert agent.ask("shell") == (1, "failed", "TypeError: shell() missing 1 required positional argument: 'line'")
    assert agent.ask("fly") == (2, "failed", "KeyError: 'fly'")


def test_more_commands_can_be_loaded_and_use_what_is_there(agent):
    source = "@command\ndef twice(word):\n    tell('heard', word=word)\n    return word * 2\n"
    assert agent.ask("load", source=source) == (1, "done", None)
    assert agent.ask("twice", word="ha") == (0, "heard", {"word": "ha"})
    assert agent.hear() == (2, "done", "haha")


def events(agent, until: str) -> list[tuple]:
    found = []
    while not found or found[-1][0] != until:
        number, name, value = agent.hear()
        if number == 0:
            found.append((name, value))
    return found


@pytest.mark.parametrize("early", [False, True])
def test_a_victim_touches_its_page_and_lives_while_the_page_is_good(agent, early):
    agent.say("victim", early=early)
    [(_, made)] = events(agent, "victim")
    agent.say("order", pid=made["pid"], what="touch")
    [(_, read)] = events(agent, "read")
    assert read["value"] == 0x5A5A5A5A5A5A5A5A
    agent.say("order", pid=made["pid"], what="end")
    assert events(agent, "ended") == [("ended", {"pid": made["pid"], "status": 0})]


def test_a_victim_tells_the_signal_that_ends_it(agent):
    agent.say("victim")
    [(_, made)] = events(agent, "victim")
    os.kill(made["pid"], 7)
    [(_, told), (_, ended)] = events(agent, "ended")
    assert (told["pid"], told["code"], told["lsb"]) == (made["pid"], 0, 0)
    assert ended == {"pid": made["pid"], "status": 0}


def test_an_early_victim_survives_a_signal_that_it_waits_for(agent):
    """As a VMM does: SIGBUS is blocked and read, and only an access of its own can end it."""
    agent.say("victim", early=True)
    [(_, made)] = events(agent, "victim")
    os.kill(made["pid"], 7)
    [(_, told)] = events(agent, "signal")
    assert (told["pid"], told["code"]) == (made["pid"], 0)
    agent.say("order", pid=made["pid"], what="touch")
    assert events(agent, "read")[-1][1]["pid"] == made["pid"]


def test_it_ends_when_nobody_is_there_to_ask(agent):
    agent.process.stdin.close()
    assert agent.process.wait(20) == 0


def test_it_loads_little():
    """Every module costs a tenth of a second in an emulated machine."""
    without_main = AGENT.read_text().partition("if __name__")[0]
    code = f"{without_main}\nimport sys\nprint(*sys.modules)"
    said = subprocess.run([sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=True).stdout
    assert {"typing", "re", "json", "signal", "subprocess", "enum", "collections"} & set(said.split()) == set()
