"""Archives that were downloaded, and archives that lie."""

import stat
import zipfile

import pytest

from nipype_qsm.archives import names, take
from nipype_qsm.errors import ImageError


@pytest.fixture
def packed(tmp_path):
    """Write an archive of {name: content}."""

    def write(members, name="a.zip", compression=zipfile.ZIP_STORED):
        path = tmp_path / name
        with zipfile.ZipFile(path, "w", compression) as archive:
            for member, content in members.items():
                archive.writestr(member, content)
        return path

    return write


def test_only_wanted_members_are_written_where_they_are_wanted(packed, tmp_path):
    archive = packed({"SWI/a.nii.gz": b"one", "SWI/b.nii.gz": b"two", "notes.txt": b"three"})
    written = take(archive, tmp_path / "out", lambda name: f"there/{name[4:]}" if name.startswith("SWI") else None)
    assert [path.relative_to(tmp_path / "out").as_posix() for path in written] == ["there/a.nii.gz", "there/b.nii.gz"]
    assert [path.read_bytes() for path in written] == [b"one", b"two"]
    assert sorted(p.name for p in (tmp_path / "out").rglob("*") if p.is_file()) == ["a.nii.gz", "b.nii.gz"]
    assert names(archive) == ["SWI/a.nii.gz", "SWI/b.nii.gz", "notes.txt"]


def test_a_member_that_is_there_already_is_kept(packed, tmp_path):
    archive = packed({"a.nii": b"one"})
    (first,) = take(archive, tmp_path / "out", lambda name: name)
    before = first.stat().st_mtime_ns
    take(archive, tmp_path / "out", lambda name: name)
    assert first.stat().st_mtime_ns == before


@pytest.mark.parametrize("name", ["../evil.nii", "SWI/../../evil.nii", "/etc/evil.nii", "..\\evil.nii", "C:\\evil.nii"])
def test_a_member_that_points_outside_condemns_the_archive(packed, tmp_path, name):
    archive = packed({"SWI/good.nii": b"one", name: b"two"})
    with pytest.raises(ImageError, match="points outside") as refused:
        take(archive, tmp_path / "out", lambda member: member)
    assert "again" in refused.value.remedy
    assert not (tmp_path / "out").exists()
    assert not (tmp_path / "evil.nii").exists()


def test_a_link_condemns_the_archive(tmp_path):
    link = zipfile.ZipInfo("SWI/link.nii")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(ImageError, match="holds the link"):
        take(tmp_path / "a.zip", tmp_path / "out", lambda member: member)
    assert not (tmp_path / "out").exists()


def test_a_bomb_is_refused_before_anything_is_written(packed, tmp_path, monkeypatch):
    monkeypatch.setattr("nipype_qsm.archives.CHECKED_FROM", 1 << 20)
    archive = packed({"SWI/a.nii": bytes(1 << 22)}, compression=zipfile.ZIP_DEFLATED)
    with pytest.raises(ImageError, match="would unpack to"):
        take(archive, tmp_path / "out", lambda member: member)
    assert not (tmp_path / "out").exists()


def test_a_bomb_of_members_that_share_their_bytes_is_refused(packed, tmp_path, monkeypatch):
    """Its directory lists one compressed part many times: each member alone is harmless."""
    monkeypatch.setattr("nipype_qsm.archives.CHECKED_FROM", 1 << 20)
    archive = packed({"a.nii": bytes(range(256)) * 64 + bytes(1 << 14)}, compression=zipfile.ZIP_DEFLATED)
    content = archive.read_bytes()
    start, end = content.index(b"PK\x01\x02"), content.index(b"PK\x05\x06")
    entry, n = content[start:end], 1000
    count, size = n.to_bytes(2, "little"), (n * len(entry)).to_bytes(4, "little")
    archive.write_bytes(content[:start] + entry * n + content[end : end + 8] + count * 2 + size + content[end + 16 :])
    assert len(names_unchecked(archive)) == n
    with pytest.raises(ImageError, match="would unpack to"):
        take(archive, tmp_path / "out", lambda member: member)
    assert not (tmp_path / "out").exists()


def names_unchecked(archive):
    with zipfile.ZipFile(archive) as opened:
        return opened.namelist()


def test_an_archive_that_says_less_than_it_holds_is_refused(packed, tmp_path):
    archive = packed({"a.nii": b"0123456789" * 100})
    content = archive.read_bytes()
    # The directory at the end says ten bytes for a thousand.
    start = content.index(b"PK\x01\x02")
    lying = bytearray(content)
    lying[start + 20 : start + 28] = (1000).to_bytes(4, "little") + (10).to_bytes(4, "little")
    archive.write_bytes(lying)
    with pytest.raises(ImageError):
        take(archive, tmp_path / "out", lambda member: member)
    assert not list((tmp_path / "out").rglob("*.nii"))


@pytest.mark.parametrize("kept", [0.3, 0.95])
def test_a_truncated_archive_is_told(packed, tmp_path, kept):
    archive = packed({"a.nii": bytes(range(256)) * 40})
    archive.write_bytes(archive.read_bytes()[: int(kept * archive.stat().st_size)])
    with pytest.raises(ImageError, match="truncated or damaged") as refused:
        take(archive, tmp_path / "out", lambda member: member)
    assert "Download" in refused.value.remedy


def test_a_damaged_member_is_told(packed, tmp_path):
    archive = packed({"a.nii": bytes(range(256)) * 40})
    content = bytearray(archive.read_bytes())
    content[500] ^= 0xFF
    archive.write_bytes(content)
    with pytest.raises(ImageError, match="truncated or damaged"):
        take(archive, tmp_path / "out", lambda member: member)
    assert not list((tmp_path / "out").rglob("*.nii"))
