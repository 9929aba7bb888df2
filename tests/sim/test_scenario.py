"""Choices: what may be said, what is said back, and that nothing is lost between a scenario and its words."""

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from raslib.formats.hest import Notify
from raslib.sim.model.axes import AxisValue, ScenarioError, check
from raslib.sim.model.choices import Category, First, Linux, ReportedBy, Stance
from raslib.sim.model.scenario import AXES, GuestChoices, HostChoices, Scenario

scenarios = st.fixed_dictionaries({name: st.sampled_from(axis.values) for name, axis in AXES.items()}).map(
    lambda chosen: Scenario().choose(**{name.replace(".", "_"): value for name, value in chosen.items()})
)


def test_the_default_is_the_story_as_shipping_code_tells_it():
    assert Scenario().to_json() == {
        "stance": "as-built",
        "begin": "error",
        "error.category": "UER",
        "error.report": "SEA",
        "error.access": "data",
        "error.again": "none",
        "error.touched_later": False,
        "cpu.running": "guest",
        "cpu.masked": False,
        "cpu.moment": "running",
        "cpu.ras": True,
        "el3.previous_read": True,
        "el3.busy": False,
        "el3.handler": True,
        "el3.traps_records": False,
        "el3.sdei": "ready",
        "el3.priority": "normal",
        "cper.section": "memory",
        "cper.severity": "by-category",
        "cper.threshold_exceeded": False,
        "cper.section_severity": "as-block",
        "cper.bytes": "whole",
        "host.first": "firmware",
        "host.notify": "SEA",
        "host.ghes": "v2",
        "host.apei": "enabled",
        "host.config": "nothing",
        "host.aest": "none",
        "host.reports": True,
        "host.vhe": True,
        "host.page": "anonymous",
        "host.pci_device": "express",
        "host.owner": "guest",
        "host.kill": "late",
        "host.linux": "7.1",
        "host.tf_a": "2.12",
        "host.poll": "1000",
        "host.repeated": False,
        "host.memory_left": True,
        "host.recovery": True,
        "host.page_panics": False,
        "host.oops": "kills",
        "host.kvm": "merged",
        "guest.first": "firmware",
        "guest.notify": "SEA",
        "guest.acked": True,
        "guest.running": "user",
        "guest.page": "anonymous",
        "guest.kill": "late",
        "guest.sea_to_user": False,
        "guest.linux": "7.1",
        "guest.qemu": "10.2",
        "guest.machine": "10.2",
        "guest.booted": True,
        "guest.stashed": False,
        "guest.masked": False,
        "guest.unmasks": False,
        "guest.nested": "none",
        "guest.repeated": False,
        "guest.recovery": True,
        "guest.oops": "kills",
        "ask.serror": "with-syndrome",
        "ask.abort": False,
        "ask.migration": "no",
        "ask.twice": False,
        "ask.by_guest": False,
    }


def test_choices_nest_and_are_chosen_by_words_in_any_case_or_by_values():
    s = Scenario.of("host.vhe=false", "host.notify = sdei", "STANCE".lower() + "=Architecture", guest_notify=None)
    assert (s.host.vhe, s.host.notify, s.stance, s.guest.notify) == (False, Notify.SDEI, Stance.ARCHITECTURE, None)
    assert s.choose(host_vhe="yes", error_category=Category.CE).chosen() == {
        "stance": "architecture",
        "error.category": "CE",
        "host.notify": "SDEI",
        "guest.notify": "none",
    }
    assert s["host.notify"] is s["host_notify"] is Notify.SDEI
    assert Scenario() == Scenario.of() == Scenario(host=HostChoices(), guest=GuestChoices())


@pytest.mark.parametrize("name", AXES)
def test_every_value_of_every_axis_is_said_and_read_back(name: str):
    axis = AXES[name]
    assert axis.default in axis.values
    assert Scenario()[name] is axis.default
    assert len({axis.word(value).lower() for value in axis.values}) == len(axis.values)
    for value in axis.values:
        assert Scenario.of(f"{name}={axis.word(value)}")[name] is value
        assert Scenario.of(f"{name}={axis.word(value).upper()}")[name] is value
        assert isinstance(value, bool) or value is None or axis.means(value)


@pytest.mark.parametrize("name", AXES)
def test_an_axis_as_json_is_what_the_command_line_shows(name: str):
    shown = json.loads(json.dumps(AXES[name].to_json()))
    assert set(shown) == {"name", "values", "default", "meaning", "means", "source"}
    assert shown["name"] == name
    assert shown["default"] in shown["values"]
    assert all(shown[key] for key in ("meaning", "source"))
    for value in shown["values"]:
        assert Scenario.from_json({name: value}).to_json()[name] == value


def test_words_are_the_documents_or_kebab():
    for name, axis in AXES.items():
        assert re.fullmatch(r"[a-z_]+(\.[a-z_]+)?|el3\.[a-z_]+", name)
        for value in axis.values:
            assert re.fullmatch(r"[A-Za-z0-9]+([-._][A-Za-z0-9]+)*", axis.word(value)), axis.word(value)


@pytest.mark.parametrize(
    ("choice", "said"),
    [
        ("host.notfy=SEA", "no axis is called 'host.notfy'; there are host.notify"),
        ("weather=fine", "no axis is called 'weather'; there are stance, begin"),
        (
            "host.notify=telegram",
            "host.notify is 'telegram', which is none of its values: POLLED, EXTERNAL, LOCAL, SCI,",
        ),
        ("host.vhe=maybe", "host.vhe is 'maybe', which is none of its values: false, true"),
        (
            "host.linux=7",
            "host.linux is '7', which is none of its values: 5.4, 5.10, 6.1, 6.12, 6.12.118, 6.18, 6.19, 7.1, 7.2, 7.3",
        ),
        ("guest.notify=", "guest.notify is '', which is none of its values: none, POLLED"),
        ("host.vhe", "'host.vhe' is not AXIS=VALUE"),
    ],
)
def test_an_error_names_the_axis_and_lists_its_values(choice: str, said: str):
    with pytest.raises(ScenarioError, match=re.escape(said)):
        Scenario.of(choice)


def test_wrong_values_in_python_are_refused_too():
    with pytest.raises(ScenarioError, match="vhe is 'no', which is none of its values: False, True"):
        HostChoices(vhe="no")  # type: ignore[arg-type]
    with pytest.raises(ScenarioError, match="first is <Stance.AS_BUILT"):
        HostChoices(first=Stance.AS_BUILT)  # type: ignore[arg-type]
    with pytest.raises(ScenarioError, match="an object of axes and their values, not \\['a'\\]"):
        Scenario.from_json(["a"])
    with pytest.raises(AttributeError):
        Scenario().stance = Stance.ARCHITECTURE  # type: ignore[misc]


@given(scenarios)
def test_tokens_and_json_say_the_whole_scenario(s: Scenario):
    assert Scenario.from_token(s.token()) == s
    assert Scenario.from_token(s.token().upper()) == s
    assert Scenario.from_json(json.loads(json.dumps(s.to_json()))) == s
    assert Scenario.of(*(f"{name}={word}" for name, word in s.chosen().items())) == s
    assert Scenario.from_toml(s.to_toml()) == s
    assert len(s.token()) < 200
    assert re.fullmatch(r"(_?[a-z0-9._]+-[a-z0-9._])?", s.token())
    assert hash(s) == hash(Scenario.from_token(s.token()))


def test_a_scenario_is_kept_as_toml():
    s = Scenario.of("stance=architecture", "host.vhe=false", "host.notify=SDEI", "guest.notify=none")
    kept = 'stance = "architecture"\n\n[host]\nnotify = "SDEI"\nvhe = false\n\n[guest]\nnotify = "none"\n'
    assert s.to_toml() == kept
    assert Scenario.from_toml(kept) == s
    assert Scenario.from_toml("") == Scenario() == Scenario.from_toml(Scenario().to_toml())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[host]\nnotify = 'telegram'", "host.notify is 'telegram', which is none of its values"),
        ("[host]\nweather = 1", "no axis is called 'host.weather'"),
        ("stance = ", "this is no TOML"),
        ("[host]\nvhe = 3", "host.vhe is 3, which is none of its values: false, true"),
    ],
)
def test_toml_that_says_no_scenario_is_refused_in_words(text: str, said: str):
    with pytest.raises(ScenarioError, match=re.escape(said)):
        Scenario.from_toml(text)


# What a token said once it has to say for ever: axes and values may be added, these may not change.
SIGNS: dict[str, str] = {
    "stance": "sar sab",
    "begin": "sber sbqm sbve sbrr",
    "error.category": "ecce ecde ecueo ecuer ecueu ecuc",
    "error.report": "ersea erse erds erus erin",
    "error.access": "eada eafe eawa eas2w",
    "error.again": "enno ence ende enueo enuer enueu enuc",
    "error.touched_later": "et0 et1",
    "cpu.running": "crgu crhu crhk crqt crhy crfi",
    "cpu.masked": "cm0 cm1",
    "cpu.moment": "coru coeg colg cosm",
    "cpu.ras": "cf0 cf1",
    "el3.previous_read": "fp0 fp1",
    "el3.busy": "fb0 fb1",
    "el3.handler": "fh0 fh1",
    "el3.traps_records": "ft0 ft1",
    "el3.sdei": "fsre fsma fsun fsdi fsru fsno fsco",
    "el3.priority": "feno fecr",
    "cper.section": "rsme rsap rsapb rsmna rsmba rsts rspc rsve",
    "cper.severity": "rvbc rv0 rv1 rv2 rv3",
    "cper.threshold_exceeded": "rt0 rt1",
    "cper.section_severity": "reab re0 re1 re2 re3",
    "cper.bytes": "rbwh rbem rbsh rblo rben rbse",
    "host.first": "hffi hfke",
    "host.notify": "hn0 hn1 hn2 hn3 hn4 hn5 hn6 hn7 hn8 hn9 hn10 hn11 hn12",
    "host.ghes": "hgv1 hgv2",
    "host.apei": "haen hadi hasi harc",
    "host.config": "hbno hbghes hbsea hbsdei hbmf hbpa",
    "host.aest": "hjno hjv6",
    "host.reports": "hr0 hr1",
    "host.vhe": "hv0 hv1",
    "host.page": "hpan hpfc hpke hpfd hphu hppo hpfr hppu",
    "host.pci_device": "hcex hcno hcpp",
    "host.owner": "hogu hoqemu hopr",
    "host.kill": "hkla hkea",
    "host.linux": "hl54 hl510 hl61 hl612 hl612118 hl618 hl619 hl71 hl72 hl73",
    "host.tf_a": "ht212 ht215 htmain",
    "host.poll": "hi10 hi0",
    "host.repeated": "hd0 hd1",
    "host.memory_left": "hm0 hm1",
    "host.recovery": "he0 he1",
    "host.page_panics": "hy0 hy1",
    "host.oops": "huki hupa",
    "host.kvm": "hxme hxv7",
    "guest.first": "gffi gfke",
    "guest.notify": "gnno gn0 gn7 gn8 gn9 gn10 gn11",
    "guest.acked": "ga0 ga1",
    "guest.running": "grus grke",
    "guest.page": "gpan gpfc gpke gpfd gphu gppo gpfr gppu",
    "guest.kill": "gkla gkea",
    "guest.sea_to_user": "gs0 gs1",
    "guest.linux": "gl54 gl510 gl61 gl612 gl612118 gl618 gl619 gl71 gl72 gl73",
    "guest.qemu": "gq102 gq110",
    "guest.machine": "gm101 gm102",
    "guest.booted": "gb0 gb1",
    "guest.stashed": "gh0 gh1",
    "guest.masked": "gc0 gc1",
    "guest.unmasks": "gv0 gv1",
    "guest.nested": "gtno gtamo gttmea",
    "guest.repeated": "gd0 gd1",
    "guest.recovery": "ge0 ge1",
    "guest.oops": "guki gupa",
    "ask.serror": "asno aspl asws aswbs asca",
    "ask.abort": "aa0 aa1",
    "ask.migration": "amno amtr amtnr",
    "ask.twice": "at0 at1",
    "ask.by_guest": "ag0 ag1",
}
TOKENS: dict[str, tuple[str, ...]] = {
    "": (),
    "hv0-5": ("host.vhe=false",),
    "hfke.sar-k": ("stance=architecture", "host.first=kernel"),
    "crhu.erin.hn11-4": ("error.report=interrupt", "host.notify=SDEI", "cpu.running=host-user"),
    "ga0.gnno.hl612-z": ("guest.acked=false", "guest.notify=none", "host.linux=6.12"),
}


# A token of the first release, with a choice on each axis that it had: so many choices are packed.
PACKED = (
    "_aa1g1m2s4t1.cf0m1o3r5.ea3c5r4t1.fb1e1h0p0s6t1.ga0b0c1d1e0h1k1l3m0"
    "n6p5q1r1s1u1.ha2d1e0f1g0i1k1l3m0nbo2p5r0t1u1v0x1.rb5e4s7t1v4.s_0b3"
)


def test_many_choices_are_packed_into_a_short_token():
    old = Scenario.from_token(f"{PACKED}-{check(PACKED)}")
    assert old.token() == f"{PACKED}-{check(PACKED)}"
    chosen = old.chosen()
    assert len(chosen) == 58
    assert (chosen["host.linux"], chosen["host.page"], chosen["host.tf_a"]) == ("6.19", "poisoned", "2.15")
    last = {name: [v for v in axis.values if v is not axis.default][-1] for name, axis in AXES.items()}
    everything = Scenario().choose(**{name.replace(".", "_"): value for name, value in last.items()})
    assert len(everything.token()) < 200
    assert Scenario.from_token(everything.token()) == everything


def test_tokens_stay():
    assert {s.token(): choices for choices in TOKENS.values() for s in [Scenario.of(*choices)]} == TOKENS
    signs = {name: " ".join(axis.code + axis.short(value) for value in axis.values) for name, axis in AXES.items()}
    assert signs == SIGNS


def test_no_two_choices_have_the_same_sign():
    signs = [axis.code + axis.short(value) for axis in AXES.values() for value in axis.values]
    assert len(signs) == len(set(signs))


@given(scenarios.filter(lambda s: s.token()), st.data())
def test_a_wrong_sign_or_two_swapped_are_noticed(s: Scenario, data: Any):
    token = s.token()
    at = data.draw(st.integers(0, len(token) - 3))
    signs = "0123456789abcdefghijklmnopqrstuvwxyz."
    wrong = token[:at] + data.draw(st.sampled_from(signs.replace(token[at], ""))) + token[at + 1 :]
    swapped = token[:at] + token[at + 1] + token[at] + token[at + 2 :]
    for broken in {wrong, swapped} - {token}:
        with pytest.raises(ScenarioError, match="token"):
            Scenario.from_token(broken)


def test_a_token_of_a_later_version_says_what_it_cannot_read():
    text = "hz9"
    with pytest.raises(ScenarioError, match="'hz9' is no choice that this version knows"):
        Scenario.from_token(f"{text}-{check(text)}")


def test_versions_are_in_order():
    order = ["5.4", "5.10", "6.1", "6.12", "6.12.118", "6.18", "6.19", "7.1", "7.2", "7.3"]
    values = AXES["host.linux"].values
    assert [v.value for v in values] == order
    assert [v.value for v in values if v.since("6.17")] == order[5:]
    assert [v.value for v in values if v.since("5.8")] == order[1:]
    assert [v.value for v in values if v.since("7.3", stable="6.12.118")] == ["6.12.118", "7.3"]


@pytest.mark.parametrize(
    ("release", "as_"),
    [
        ("4.13", "5.4"), ("5.4.300", "5.4"), ("5.8.1", "5.10"), ("5.10.262", "5.10"), ("5.15", "5.10"),
        ("6.1.192-3", "6.1"), ("6.6", "6.1"), ("6.12.107", "6.12"), ("6.12.118+deb13", "6.12.118"), ("6.16.1", "6.12"),
        ("6.17.3", "6.18"), ("6.18.15", "6.18"), ("7.0", "6.19"), ("7.1.13", "7.1"), ("7.2.13", "7.2"),
        ("7.3.4", "7.3"), ("8.0", "7.3"),
    ],
)  # fmt: skip
def test_every_release_does_as_one_of_those_that_differ(release: str, as_: str):
    assert Linux.of(release).value == as_


NOT_KILLED = "a consumer for whom nothing was queued goes on: 6.1, 6.6 and 6.12 kill it since updates of 2025"
SAME = "5.5 5.6 5.7 5.10 6.1.192-3 6.12 6.18.15 6.19 7.1.13 7.2 7.3.4 7.4"


@pytest.mark.parametrize(
    ("axis", "release", "says"),
    [
        ("host.linux", "5.8", "5.8 does as 5.10, but an instruction abort that nobody claims ends KVM_RUN with "
         "-EFAULT; processor errors are only traced"),
        ("host.linux", "5.13", "5.13 does as 5.10, but how it names pages of the kernel nobody has read"),
        ("guest.linux", "6.5", f"6.5 does as 6.1, but {NOT_KILLED}; an error of CXL's protocol is of a known kind"),
        ("host.linux", "6.6", "6.6 does as 6.1, but an error of CXL's protocol is of a known kind"),
        ("host.linux", "6.8", f"6.8 does as 6.1, but {NOT_KILLED}; an error of CXL's protocol is of a known kind; "
         "a source that only assists is skipped"),
        ("host.linux", "6.14.3", f"6.14.3 does as 6.12, but {NOT_KILLED}"),
        ("host.linux", "6.17", "6.17 does as 6.18, but what the driver of AER and the checks of a processor section "
         "say is as in 6.12"),
        ("host.linux", "7.0", "7.0 does as 6.19, but which of the changes of 7.1 it has nobody has read"),
        ("host.linux", "7.4", "7.4 does as 7.3"),
        ("host.tf_a", "2.13", "2.13 does as 2.12"),
        ("guest.qemu", "11.1", "11.1 does as 11.0"),
    ],
)  # fmt: skip
def test_another_release_is_no_value_but_which_value_does_as_it_is_said(axis: str, release: str, says: str):
    with pytest.raises(ScenarioError) as e:
        Scenario.of(f"{axis}={release}")
    assert str(e.value).endswith(f"; {says}")


def test_what_a_release_does_otherwise_is_said_of_those_between_the_values_alone():
    assert [release for release in SAME.split() if ", but " in Linux.like(release)] == []
    for word in ("trunk", "4.12", "7", "9.x"):
        with pytest.raises(ScenarioError, match=r": 5\.4, .*, 7\.3$"):
            Scenario.of(f"host.linux={word}")


@pytest.mark.parametrize("release", ["", "trunk", "4.12"])
def test_a_release_before_the_first_is_none_that_is_known(release: str):
    with pytest.raises(ValueError, match="is no release of Linux that is known here; the first is 4.13"):
        Linux.of(release)


def test_a_scenario_says_itself_in_a_line():
    assert str(Scenario()) == (
        "UER error, told by SEA while guest runs; firmware-first host notified by SEA; guest notified by SEA"
    )
    assert str(Scenario.of("host.first=kernel", "guest.notify=none")) == (
        "UER error, told by SEA while guest runs; kernel-first host; guest notified by none"
    )


def test_a_scenario_without_an_error_says_what_it_begins_with():
    said = "somebody asks QEMU to give its guest a status block: inject-ghes-v2-error"
    assert str(Scenario.of("begin=qmp", "host.vhe=false")) == said


def test_every_choice_has_a_meaning():
    for kind in (Stance, Category, ReportedBy, First, Linux):
        for member in kind:
            assert isinstance(member, AxisValue)
            assert member.means
