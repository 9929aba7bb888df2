"""The first file system that the guest gets, and the Debian packages that it is made of."""

import gzip
import io
import lzma
import stat
import tarfile

import pytest

from raslib.live import LiveError, cpio, download

from . import newc


def test_an_archive_is_read_as_it_was_written():
    tree = {
        "init": cpio.file(b"#!/bin/sh\n", True),
        "usr/lib/deep/a": cpio.file(b"odd"),
        "bin/python3": cpio.link("/usr/bin/python3.11"),
        "dev/console": cpio.CONSOLE,
        "empty": cpio.file(b""),
    }
    found = dict(newc.entries(cpio.archive(tree)))
    folders = {name for name, node in found.items() if stat.S_ISDIR(node.mode)}
    assert folders == {"usr", "usr/lib", "usr/lib/deep", "bin", "dev"}
    assert {name: node for name, node in found.items() if name not in folders} == tree


def test_a_folder_comes_before_what_is_in_it():
    names = [name for name, _ in newc.entries(cpio.archive({"a/b/c": cpio.file(b"x"), "a/d": cpio.file(b"y")}))]
    assert names == ["a", "a/b", "a/b/c", "a/d"]


def test_the_form_is_that_of_the_kernels_document():
    """newc: "070701", thirteen numbers of eight hex digits, the name with its NUL, all padded to four bytes."""
    data = cpio.archive({"hi": cpio.file(b"abc")})
    numbers = "00000001 000081a4 00000000 00000000 00000001 00000000 00000003 00000000 00000000 00000000 00000000"
    assert data[:110].decode() == "070701" + numbers.replace(" ", "") + "00000003" + "00000000"
    assert data[110:124] == b"hi\0" + b"\0\0\0" + b"abc\0" + b"0707"
    assert len(data) % 512 == 0


def test_what_is_no_archive_is_refused_with_the_place():
    whole = cpio.archive({"a": cpio.file(b"x")})
    with pytest.raises(ValueError, match="no cpio header at byte 0"):
        list(newc.entries(whole[1:]))
    with pytest.raises(ValueError, match="no cpio header at byte 116"):
        list(newc.entries(whole[:116]))


def package(path, files: dict[str, bytes], links: dict[str, str], compress=lzma.compress, suffix="xz"):
    """A Debian package of these files, as deb(5) has it."""
    inner = io.BytesIO()
    with tarfile.open(fileobj=inner, mode="w") as tar:
        for name, data in files.items():
            info = tarfile.TarInfo(f"./{name}")
            info.size, info.mode = len(data), 0o755 if name.startswith(("bin/", "usr/bin/")) else 0o644
            tar.addfile(info, io.BytesIO(data))
        for name, target in links.items():
            info = tarfile.TarInfo(f"./{name}")
            info.type, info.linkname, info.mode = tarfile.SYMTYPE, target, 0o777
            tar.addfile(info)
    parts = {"debian-binary": b"2.0\n", "control.tar.xz": b"odd", f"data.tar.{suffix}": compress(inner.getvalue())}
    out = b"!<arch>\n"
    for name, data in parts.items():
        out += f"{name:<16}{0:<12}{0:<6}{0:<6}{'100644':<8}{len(data):<10}`\n".encode() + data + b"\n" * (len(data) % 2)
    path.write_bytes(out)
    return path


@pytest.mark.parametrize(("compress", "suffix"), [(lzma.compress, "xz"), (gzip.compress, "gz"), (bytes, "")])
def test_a_package_is_read_whatever_its_compression(tmp_path, compress, suffix):
    made = package(tmp_path / "a.deb", {"bin/x": b"run", "doc/y": b"read"}, {"bin/l": "x"}, compress, suffix)
    assert list(download.files(made)) == [
        ("bin/x", cpio.file(b"run", True)),
        ("doc/y", cpio.file(b"read")),
        ("bin/l", cpio.file(b"run", True)),
    ]


def test_links_are_followed_within_a_package(tmp_path):
    links = {"lib/a.so.1": "a.so.1.2", "lib/far": "../usr/b", "lib/out": "/etc/gone"}
    made = package(tmp_path / "a.deb", {"lib/a.so.1.2": b"A", "usr/b": b"B"}, links)
    assert {name: file.data for name, file in download.files(made)} == {
        "lib/a.so.1.2": b"A",
        "usr/b": b"B",
        "lib/a.so.1": b"A",
        "lib/far": b"B",
    }


def test_a_broken_package_is_named(tmp_path):
    (tmp_path / "a.deb").write_bytes(b"nothing")
    with pytest.raises(LiveError, match=r"a\.deb is no Debian package"):
        list(download.files(tmp_path / "a.deb"))
    whole = package(tmp_path / "b.deb", {"bin/x": bytes(5000)}, {}).read_bytes()
    (tmp_path / "b.deb").write_bytes(whole[:-60])
    with pytest.raises(LiveError, match=r"b\.deb cannot be read"):
        list(download.files(tmp_path / "b.deb"))
