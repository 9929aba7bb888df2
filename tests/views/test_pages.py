"""Static twins and stand-alone pages as text: complete, escaped, self-contained."""

import base64
import hashlib
import json
import re
from xml.etree import ElementTree

import pytest
from views.sample import BROKEN, FIELDS, HEX, RECORD, TRACE

from raslib.views.bytes_html import bytes_html, fields_table
from raslib.views.page import page, record_page, whatif_page
from raslib.views.text import dump
from raslib.views.theme import STATIC, picture, text_width, wrap

NASTY = 'a <b> & "c" </script><!-- </style>'


def rows(table: str) -> list[list[str]]:
    root = ElementTree.fromstring(table.replace("&nbsp;", " "))
    return [["".join(cell.itertext()) for cell in row] for row in root.iter("tr")]


def test_fields_table_has_every_field():
    table = rows(fields_table(RECORD))
    assert table[0] == ["Bytes", "Field", "Value", "Meaning", "Source"]
    assert [row[1].strip() for row in table[1:]] == [field["name"] for field in FIELDS]
    assert table[1 + FIELDS.index(next(f for f in FIELDS if f["name"] == "bank" and not f["bits"]))] == (
        ["130–131", "            bank", "1282", "group 5, address 2", "UEFI 2.10 §N.2.5"]
    )


def test_fields_table_says_what_is_not_valid_and_which_bits():
    table = {row[0]: row for row in rows(fields_table(RECORD))}
    assert table["48–63"][3] == "not valid"
    assert table["92–99 [6]"][1].strip() == "bank"
    assert table["100–107 [15:8]"][1].strip() == "error_type"
    assert table["43"][1].strip() == "flags"


def test_the_dump_has_every_byte_and_marks_the_broken_one():
    lines = [line for _, line in dump(bytes.fromhex(HEX), 0x5C41_0010)]
    assert lines[4] == "5c410050  44 49 4d 4d 5f 41 30 00  00 00 00 00 00 00 00 00  |DIMM_A0.........|"
    assert "".join(line[9:58] for line in lines).replace(" ", "") == HEX
    broken = [line for _, line in dump(bytes.fromhex(BROKEN["hex"]), 0x5C41_0010, BROKEN["error"]["offset"])]
    assert broken[-1] == f"5c410090  00 00>02{' ' * 42}|...|"
    cut = [line for _, line in dump(bytes.fromhex(HEX[:256]), 0x5C41_0010, 128)]
    assert cut[-1] == "5c410090 > the bytes end here"
    assert "00 00&gt;02" in bytes_html(BROKEN)


def test_bytes_html_says_what_is_broken():
    assert "needs 2 bytes, 1 is left" in bytes_html(BROKEN)
    assert "Reading stopped" not in bytes_html(RECORD)


@pytest.mark.parametrize("html", [page(TRACE), record_page(RECORD)], ids=["trace", "record"])
def test_pages_are_self_contained(html):
    """No address is loaded: scripts, styles and pictures are in the file."""
    assert re.findall(r"""(?:src|href)\s*=\s*["'](?!data:)[^"']*""", html) == []
    assert re.findall(r"@import|url\(|\bimport\s+.*from\b", html) == []
    assert html.count("</script>") == 2


PAGES = [page(TRACE), record_page(RECORD), whatif_page("host.first=kernel", "begin=error", "stance=as-built")]


@pytest.mark.parametrize("html", PAGES, ids=["trace", "record", "what-if"])
def test_a_page_may_run_its_own_script_and_load_nothing(html):
    (policy,) = re.findall(r'<meta http-equiv="Content-Security-Policy" content="([^"]*)">', html)
    (script,) = re.findall(r'<script type="module">(.*?)</script>', html, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert policy == (
        f"default-src 'none'; script-src 'sha256-{digest}'; style-src 'unsafe-inline'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    assert html.index(policy) < html.index("<title>")  # what stands before a policy is not bound by it
    assert not re.search(r"\son\w+=", html.split("<script")[0])


def test_pages_carry_their_data_unharmed():
    record = RECORD | {"title": NASTY, "fields": [FIELDS[0] | {"value": NASTY, "doc": NASTY}]}
    for html, key in ((record_page(record), "record"), (page(TRACE | {"title": NASTY}), "trace")):
        (text,) = re.findall(r'<script type="application/json">(.*?)</script>', html)
        assert json.loads(text)[key]["title"] == NASTY
        assert "<b>" not in html
        assert html.count("</script>") == 2


def test_scripts_are_what_a_page_can_take_in():
    for path in STATIC.glob("*.js"):
        source = path.read_text(encoding="utf-8")
        assert source.count("export ") == (path.name in ("automaton.js", "reading.js"))  # tests import them
        assert "import " not in re.sub(r"await import|//.*", "", source)
        assert path.stat().st_size < 20_000


def test_picture_is_inline_or_an_image():
    """Without `style` and `svg`, as a sanitizer leaves it, the image is still there and the rest is hidden."""
    html = picture('<svg xmlns="http://www.w3.org/2000/svg" role="img"/>', 'say "it" & <so>')
    assert '<div class="ras-inline" hidden="hidden"><svg ' in html
    data = re.search(r'src="data:image/svg\+xml;base64,([^"]*)"', html)[1]
    assert ElementTree.fromstring(base64.b64decode(data)).get("style") == "color:#1f2328;background:#fff"
    assert "alt='say \"it\" &amp; &lt;so&gt;'" in html


def test_wrap_fills_lines_evenly_and_cuts_the_rest():
    text = "EL3 firmware reads the error record of the memory node"
    assert wrap(text, 322, 13, 3) == ["EL3 firmware reads the error", "record of the memory node"]
    assert wrap(text, 100, 13, 1)[0].endswith("…")
    assert all(text_width(line, 13) <= 100 for line in wrap(text * 5, 100, 13, 3))
    assert wrap("", 100, 13, 2) == [""]
    assert wrap("QEMU, processes", 60, 11, 2) == ["QEMU,", "processes"]
    assert wrap("x" * 99, 100, 13, 2) == ["x" * 13 + "…"]
