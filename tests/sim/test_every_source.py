"""Every source of a table for one error: who hears, how, and what happens by each release."""

import json
from typing import Any

import pytest
from formats.acpi_checks import sample

from raslib.formats.hest import AerDevice, GenericSource, Hest
from raslib.sim.every_source import RELEASES, every_source
from raslib.sim.model.choices import Linux
from raslib.sim.model.outcome import ENDS
from raslib.sim.model.scenario import Scenario
from raslib.sim.walk import walk
from raslib.views.results import sources_html, sources_text
from raslib.views.show import show


def by(notify: str, number: int, **fields: Any) -> GenericSource:
    source: GenericSource = Scenario.of(f"host.notify={notify}").host.hest().error_sources[0]
    return source.replace(source_id=number, **fields)


def odd(number: int) -> GenericSource:
    source = by("SEA", number)
    return source.replace(notification=source.notification.replace(type=200))


OURS = Hest(
    error_sources=(
        by("SEA", 0), by("SDEI", 1), by("GSIV", 2, error_status_block_length=8), by("NMI", 3), by("SEI", 4),
        by("POLLED", 5, enabled=0), AerDevice(type=7, source_id=6), odd(7),
    )
)  # fmt: skip
SHORT = "Its blocks are shorter than a block's header"


def test_each_source_says_who_hears_and_how_or_why_nobody_does():
    rows = every_source(OURS).rows
    assert [(row.source_id, row.notifies, row.heard_by) for row in rows] == [
        (0, "SEA", "APEI"),
        (1, "SDEI", "APEI"),
        (2, "GSIV", "nobody"),
        (3, "NMI", "nobody"),
        (4, "SEI", "nobody"),
        (5, "POLLED", "nobody"),
        (6, "PCIE_DEVICE_AER", "nobody"),
        (7, "type 200", "nobody"),
    ]
    how = [row.how for row in rows]
    assert how[0].startswith("Firmware notifies by SEA: enters EL2 as if it had taken the abort itself. ")
    assert how[2:] == [
        f"Firmware leaves its block unread. {SHORT}.",
        "Firmware cannot notify by NMI, and returns. Notification by NMI does not exist on arm64.",
        "Firmware notifies by SEI: enters EL2 as if it had taken an SError. Linux knows no notification of type 9 "
        "(SEI).",
        "It is not enabled.",
        "It is not a generic source, and no driver on arm64 reads it.",
        "Firmware cannot notify by type 200, and returns. Linux knows no notification of type 200.",
    ]


def test_what_happens_is_what_the_walk_of_that_source_says():
    """By every release, each of which has a column, in their order."""
    assert set(RELEASES) == set(Linux)
    assert [release.value for release in RELEASES][-3:] == ["7.1", "7.2", "7.3"]
    given = Scenario.of("host.repeated=true", "cpu.running=host-user", "host.owner=process")
    rows = every_source(OURS, given).rows
    for row in rows[:2]:
        for release in RELEASES:
            s = given.choose(host_notify=row.notifies, host_linux=release)
            assert row.outcomes[release.value] == walk(s, hest=OURS).outcome
    assert rows[0].outcomes["7.2"]["end"] != rows[0].outcomes["7.3"]["end"]  # a record seen before
    assert rows[5].outcomes == rows[6].outcomes == {}


def test_text_html_and_json_say_the_same():
    found = every_source(OURS)
    lines = sources_text(found).splitlines()
    assert (
        lines[0] == "UER error, told by SEA while guest runs: each source of the HEST, by release of the host's kernel"
    )
    assert lines[2].split() == ["source", "notifies", "by", "heard", "by", *(r.value for r in RELEASES)]
    assert lines[3].split() == ["0", "SEA", "APEI", *["sigbus_ar"] * len(RELEASES)]
    assert lines[8].split() == ["5", "POLLED", "nobody", *["-"] * len(RELEASES)]
    assert f"source 2: Firmware leaves its block unread. {SHORT}." in lines
    assert f"storm: {ENDS['storm']}" in lines
    assert sources_html(found).count("<tr>") == 1 + len(OURS.error_sources)
    assert "Its blocks are shorter than a block&#x27;s header" in sources_html(found)
    bundle = show(found)._repr_mimebundle_()
    assert bundle["text/html"].endswith(sources_html(found))
    assert bundle["text/plain"] == sources_text(found)
    plain = json.loads(json.dumps(found.to_json()))
    assert plain["title"] == lines[0]
    assert [source["heard_by"] for source in plain["sources"]] == [row.heard_by for row in found.rows]


def test_two_sources_with_one_id_are_heard_by_nobody():
    twins = Hest(error_sources=(by("SEA", 0), by("SDEI", 0)))
    assert {row.heard_by for row in every_source(twins).rows} == {"nobody"}


@pytest.mark.parametrize(
    ("hest", "choice", "said"),
    [
        (Hest(), "host.vhe=true", "this HEST has no error source"),
        (OURS, "host.first=kernel", "firmware reports no error here: choose begin=error and host.first=firmware"),
        (OURS, "begin=qmp", "firmware reports no error here: choose begin=error and host.first=firmware"),
    ],
)
def test_where_firmware_reports_nothing_there_is_no_table(hest: Hest, choice: str, said: str):
    with pytest.raises(ValueError, match="^" + said + "$"):
        every_source(hest, Scenario.of(choice))


def test_a_servers_table_has_a_row_for_each_source():
    rows = every_source(Hest.parse(sample("samples/hest/ampere-altra.aml"))).rows
    assert [row.source_id for row in rows] == [0, 1, 2, 6, 7, 3, 4, 5]
    assert {row.heard_by for row in rows} == {"APEI"}
    assert rows[1].how == "Firmware notifies nobody, and returns. The source is polled: the kernel looks every 3000 ms."


@pytest.mark.parametrize("name", ["fwts-0001", "fwts-0002"])
def test_a_table_without_generic_sources_has_rows_that_nobody_hears(name: str):
    rows = every_source(Hest.parse(sample(f"samples/hest/{name}.aml"))).rows
    assert {(row.heard_by, len(row.outcomes)) for row in rows} == {("nobody", 0)}
