"""DICOM folders: what a made-up Siemens scanner exports comes back voxel by voxel."""

import numpy as np
import pytest
from dicoms import write_series

from nipype_qsm import dicom
from nipype_qsm.cli.checks import checked_series
from nipype_qsm.errors import ImageError, MetadataError, ToolMissing

SHAPE = (12, 10, 6)
ECHOES = ((1, 9.42), (2, 20.0))
COILS = ("H1", "H2", "H10")


@pytest.fixture
def scan(tmp_path, rng):
    """Uncombined coils in series 17 and 20, combined ones in 19 (normalised) and 21, as UK Biobank's field 20219."""
    written = {}
    for number, time in ECHOES:
        for coil in (*COILS, ""):
            for kind, series in (("M", 17 if coil else 19), ("P", 20 if coil else 21)):
                values = rng.integers(0, 4096, SHAPE)
                echo = (number, time)
                write_series(
                    tmp_path / "dicom" / str(series),
                    values,
                    series=series,
                    kind=kind,
                    echo=echo,
                    coil=coil,
                    normalised=series == 19,
                )
                written[kind, number, coil] = values
    return tmp_path / "dicom", written


def found(folder, tmp_path):
    return dicom.gradient_echo(dicom.convert(folder, tmp_path / "converted"))


def test_uncombined_coils_come_back_in_their_order(scan, tmp_path):
    folder, written = scan
    echoes = found(folder, tmp_path)
    assert echoes.n_coils == 3
    assert "phase from series 20, magnitude from series 17" in echoes.notes[0]
    series = checked_series({"phase": [str(p) for p in echoes.phase], "magnitude": [str(p) for p in echoes.magnitude]})
    assert (series.n_echoes, series.n_coils) == (2, 3)
    assert series.echo_times == pytest.approx((0.00942, 0.020))
    assert series.field_strength == 3.0
    for echo, (number, _) in enumerate(ECHOES):
        for coil, name in enumerate(COILS):
            # NIfTI counts the second axis the other way.
            magnitude, phase = (written[kind, number, name][::-1, ::-1] for kind in "MP")
            assert np.array_equal(series.read_magnitude(echo, coil), magnitude)
            expected = (phase - 2048) / 2048 * np.pi
            assert np.abs(series.read_phase(echo, coil) - expected).max() < 1e-5


def test_combined_images_are_taken_where_there_are_no_coils(scan, tmp_path):
    folder, _ = scan
    for series in (17, 20):
        for path in (folder / str(series)).iterdir():
            path.unlink()
    echoes = found(folder, tmp_path)
    assert echoes.n_coils == 1
    assert len(echoes.phase) == len(echoes.magnitude) == 2


def test_a_folder_without_phase_is_told(scan, tmp_path):
    folder, _ = scan
    for series in (20, 21):
        for path in (folder / str(series)).iterdir():
            path.unlink()
    with pytest.raises(MetadataError, match="is a phase image") as refused:
        found(folder, tmp_path)
    assert "Export the phase series" in refused.value.remedy


def test_a_phase_without_its_magnitude_is_told(scan, tmp_path):
    folder, _ = scan
    for series in (17, 19):
        for path in (folder / str(series)).iterdir():
            path.unlink()
    with pytest.raises(MetadataError, match="No magnitude series"):
        found(folder, tmp_path)


def test_two_acquisitions_are_not_guessed_among(scan, tmp_path, rng):
    folder, _ = scan
    for echo in ECHOES:
        for coil in COILS:
            write_series(folder / "30", rng.integers(0, 4096, SHAPE), series=30, kind="P", echo=echo, coil=coil)
    with pytest.raises(MetadataError, match="several phase acquisitions") as refused:
        found(folder, tmp_path)
    assert "folder of its own" in refused.value.remedy


def test_a_folder_without_images_is_told(tmp_path):
    (tmp_path / "dicom").mkdir()
    (tmp_path / "dicom" / "notes.txt").write_text("nothing")
    with pytest.raises(ImageError, match="made no image"):
        dicom.convert(tmp_path / "dicom", tmp_path / "converted")
    with pytest.raises(ImageError, match="is not a folder"):
        dicom.convert(tmp_path / "no", tmp_path / "converted")


def test_a_missing_converter_is_told_with_its_extra(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "dcm2niix", None)
    monkeypatch.setattr("shutil.which", lambda name: None)
    with pytest.raises(ToolMissing, match="not installed") as missing:
        dicom.program()
    assert "nipype_qsm[dicom]" in missing.value.remedy
