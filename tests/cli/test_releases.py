"""Releases on the command line."""

import json

import pytest

from raslib.cli import main


def told(capsys: pytest.CaptureFixture[str], *args: str) -> str:
    assert main([*args]) == 0
    return capsys.readouterr().out


def test_a_story_under_every_release(capsys):
    text = told(capsys, "versions", "--as", "text")
    assert text.startswith("host.tf_a 2.12: A process got SIGBUS")
    assert "host.tf_a 2.15, main: EL3 stopped the machine; the kernel never heard.\n    from step 3 on: " in text
    rows = [json.loads(line) for line in told(capsys, "versions", "host.first=kernel").splitlines()]
    assert {row["axis"] for row in rows} >= {"host.linux", "guest.qemu"}


def test_since_when(capsys):
    text = told(capsys, "since", "--as", "text")
    assert "guest.linux: so from 5.10 (before: sigbus_objerr) to 7.3 (in all that are newer)\n" in text
    rows = [json.loads(line) for line in told(capsys, "since", "-", "--of", "signal").splitlines()]
    assert rows[0]["axis"] == "host.tf_a"


def test_what_a_patch_moves(capsys):
    text = told(capsys, "impact", "host.kvm=merged", "host.kvm=v8-7", "guest.nested=none", "--as", "text")
    first, *rows = text.splitlines()
    assert first.endswith(" scenarios end otherwise")
    assert rows == [] or "raslib walk --token" in rows[0]
    made = [json.loads(line) for line in told(capsys, "impact", "host.kvm=merged", "host.kvm=v8-7").splitlines()]
    assert sum(row["scenarios"] for row in made if row["before"] != row["after"]) > 0


@pytest.mark.parametrize(
    ("args", "why"),
    [
        (("impact", "host.kvm=merged", "host.linux=7.3"), "are not values of one axis"),
        (("impact", "host.linux=7.1", "host.linux=7.3", "host.linux=6.1"), "host.linux is given twice"),
        (("impact", "host.linux=9.9", "host.linux=7.3"), "none of its values"),
        (("since", "nonsense"), "is not a token"),
    ],
)
def test_what_names_no_release_is_refused(args, why, capsys):
    assert main([*args]) == 1
    assert why in capsys.readouterr().err
