"""From files to a table: every way in, and every bad input refused with its cure before anything is written."""

import json
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from nipype_qsm.errors import GeometryError, ImageError, MetadataError, QSMError, UnitsError
from nipype_qsm.interfaces.reading import ReadSeries
from nipype_qsm.series import Series

SHAPE = (4, 5, 6)
TIMES = {"echo_times": [0.01, 0.02], "field_strength": 3.0}


@pytest.fixture
def make(tmp_path, rng, oblique_affine):
    """Write phase (radians unless scaled by `stored`) and magnitude of the named files; return ReadSeries' inputs."""

    def write(names, stored=lambda phase: phase, shape=SHAPE, sidecar=None, affine=None):
        inputs = {"phase": [], "magnitude": []}
        for name in names:
            for port, paths in inputs.items():
                values = rng.uniform(-3, 3, shape) if port == "phase" else rng.uniform(1, 2, shape)
                path = tmp_path / name.format(port=port, PORT=port[:3].upper(), ph="_ph" if port == "phase" else "")
                values = np.asarray(stored(values) if port == "phase" else values)
                dtype = values.dtype if values.dtype == np.int16 else np.float32
                image = nib.Nifti1Image(values.astype(dtype), oblique_affine() if affine is None else affine)
                nib.save(image, path)
                paths.append(str(path))
                if sidecar is not None:
                    stem = path.name.removesuffix(".gz").removesuffix(".nii")
                    content = sidecar(name) if callable(sidecar) else sidecar
                    path.with_name(f"{stem}.json").write_text(json.dumps(content))
        return inputs

    return write


def twelve_bit(phase):
    return np.round(phase / np.pi * 2048 + 2048).astype(np.int16)


def declared(name):
    return {"EchoTime": 0.01 * int(name.split("_e")[1][0]), "MagneticFieldStrength": 3, "Units": "rad"}


TWO_ECHOES = ["x_e1{ph}.nii", "x_e2{ph}.nii"]


def test_side_cars_settle_everything(make, tmp_path):
    found = ReadSeries(**make(TWO_ECHOES, sidecar=declared)).run(cwd=tmp_path).outputs
    assert found.echo_times == [0.01, 0.02]
    assert found.field_strength == 3
    assert found.n_coils == 1
    a, b = np.radians([15, 10])
    assert found.b0_direction == pytest.approx([-np.cos(a) * np.sin(b), np.sin(a), np.cos(a) * np.cos(b)])
    assert Series.load(found.series).phase_scale.declared_by == "Units in the side-car (rad)"
    assert "B0 direction from the affine" in found.notes


def test_uk_biobank_coils_are_scaled_by_their_convention(make, tmp_path):
    names = [f"SWI_3MM_UPDATED_V1.1_COIL{c:02}_ECHO{e}_2{{port}}.nii.gz" for c in (1, 2, 3) for e in (1, 2)]
    stored = []
    inputs = make(names, stored=lambda phase: stored.append(twelve_bit(phase)) or stored[-1])
    found = ReadSeries(**inputs, **TIMES).run(cwd=tmp_path).outputs
    assert found.n_coils == 3
    series = Series.load(found.series)
    # Files are listed coil by coil: echo 2 of coil 3 is the last.
    np.testing.assert_allclose(series.read_phase(1, 2), (stored[5] - 2048.0) / 2048 * np.pi, atol=1e-5)
    assert "UK Biobank" in found.notes[1]


def test_uk_biobank_combined_phase_is_in_radians(make):
    made = make(["QSM_mcpc3Ds_{PORT}_TE1.nii.gz", "QSM_mcpc3Ds_{PORT}_TE2.nii.gz"])
    series = ReadSeries(**made, **TIMES).table()
    assert series.phase_scale[:2] == (1.0, 0.0)
    assert (series.n_echoes, series.n_coils) == (2, 1)


def test_a_plain_list_is_sorted_by_the_echo_times_of_its_side_cars(make):
    times = {"a": 0.01, "b": 0.01, "c": 0.02, "d": 0.02}
    inputs = make(
        ["a{port}.nii", "b{port}.nii", "c{port}.nii", "d{port}.nii"],
        sidecar=lambda name: {"EchoTime": times[name[0]], "MagneticFieldStrength": 3, "Units": "rad"},
    )
    series = ReadSeries(**inputs).table()
    assert (series.n_echoes, series.n_coils, series.echo_times) == (2, 2, (0.01, 0.02))
    interleaved = {port: [paths[n] for n in (0, 2, 1, 3)] for port, paths in inputs.items()}
    with pytest.raises(MetadataError, match=r"\[0.01, 0.02\] s.*List every coil of the first echo"):
        ReadSeries(**interleaved).table()


def test_a_compressed_5d_file_is_unpacked_into_the_node(make, tmp_path):
    inputs = make(["all_{port}.nii.gz"], shape=(*SHAPE, 2, 3))
    (tmp_path / "node").mkdir()
    read = ReadSeries(**inputs, **TIMES, phase_range=[-np.pi, np.pi])
    series = Series.load(read.run(cwd=tmp_path / "node").outputs.series)
    assert series.n_coils == 3
    whole = np.asarray(nib.load(inputs["phase"][0]).dataobj)
    np.testing.assert_allclose(series.read_phase(1, 2), whole[..., 1, 2], atol=1e-6)
    assert all(str(tmp_path / "node") in source.path for echo in series.phase for source in echo)


def test_the_side_car_of_a_4d_file_may_list_the_echo_times(make):
    sidecar = {"EchoTime": [0.004, 0.008, 0.012], "MagneticFieldStrength": 7, "Units": "rad"}
    assert ReadSeries(**make(["{port}.nii"], shape=(*SHAPE, 3), sidecar=sidecar)).table().echo_times[2] == 0.012


def test_one_file_an_echo_may_hold_the_coils(make):
    inputs = make(["x_e1{ph}.nii", "x_e2{ph}.nii"], shape=(*SHAPE, 3), sidecar=declared)
    series = ReadSeries(**inputs).table()
    assert (series.n_echoes, series.n_coils, series.echo_times) == (2, 3, (0.01, 0.02))


def test_one_echo_time_of_a_4d_file_is_not_given_to_every_echo(make):
    sidecar = {"EchoTime": 0.004, "MagneticFieldStrength": 7, "Units": "rad"}
    with pytest.raises(MetadataError, match="No echo time is known for echo 1, 2, 3"):
        ReadSeries(**make(["{port}.nii"], shape=(*SHAPE, 3), sidecar=sidecar)).table()


def test_corrections_are_made_only_when_asked(make):
    inputs = make(TWO_ECHOES, sidecar=declared)
    plain = ReadSeries(**inputs).table()
    assert not (plain.negate_phase or plain.alternate_slices)
    asked = ReadSeries(**inputs, invert_phase=True).table()
    np.testing.assert_array_equal(asked.read_phase(0, 0), -plain.read_phase(0, 0))


class TestB0Direction:
    """As given; as the side-car declares; of the affine."""

    def _read(self, make, affine, *, b0_dir=None, **given):
        extra = {} if b0_dir is None else {"B0_dir": b0_dir}
        return ReadSeries(**make(TWO_ECHOES, sidecar=lambda n: declared(n) | extra, affine=affine), **given).table()

    def test_a_side_car_tells_it_beside_a_straight_affine(self, make):
        series = self._read(make, np.diag([1.5, 1.5, 1.5, 1]), b0_dir=[0.25, 0.1, 0.963])
        assert series.b0_direction == (0.25, 0.1, 0.963)
        assert "from the side-car (B0_dir), 15.6 degrees" in series.notes[2]

    def test_what_the_side_car_declares_wins_over_an_oblique_affine(self, make, oblique_affine):
        series = self._read(make, oblique_affine(), b0_dir=[0, 0, 1])
        assert series.b0_direction == (0, 0, 1)
        assert "from the side-car (B0_dir), 18.0 degrees" in series.notes[2]

    def test_the_users_direction_wins_and_a_contradiction_is_said(self, make, oblique_affine):
        with pytest.warns(UserWarning, match=r"18\.0 degrees from .* of the oblique affine.*used as given"):
            series = self._read(make, oblique_affine(), b0_direction=[0, 0, 1])
        assert series.b0_direction == (0, 0, 1)

    def test_a_simulators_slightly_bent_affine_is_read(self, make):
        bent = np.array([[1.452, -0.0127, -0.25, 0], [-0.0127, 1.492, -0.1, 0], [0.25, 0.1, 1.4446, 0], [0, 0, 0, 1]])
        series = self._read(make, bent, b0_dir=[0.25, 0.1, 0.963])
        assert series.b0_direction == (0.25, 0.1, 0.963)
        assert series.frame.grid().b0_direction == pytest.approx((0.170, 0.067, 0.983), abs=2e-3)

    def test_a_sheared_affine_needs_a_direction(self, make):
        sheared = np.eye(4)
        sheared[0, 2] = 0.1
        with pytest.raises(GeometryError, match=r"sheared.*--b0-direction X Y Z"):
            self._read(make, sheared)
        assert self._read(make, sheared, b0_dir=[0, 0, 1]).b0_direction == (0, 0, 1)

    def test_a_file_without_scanner_affine_needs_a_direction(self, make):
        inputs = make(TWO_ECHOES, sidecar=declared)
        for path in inputs["phase"] + inputs["magnitude"]:
            nib.save(nib.Nifti1Image(np.asarray(nib.load(path).dataobj), None), path)
        with pytest.raises(MetadataError, match=r"no scanner affine.*--b0-direction 0 0 1"):
            ReadSeries(**inputs).table()
        assert ReadSeries(**inputs, b0_direction=[0, 0, 1]).table().b0_direction == (0, 0, 1)


class TestBadInput:
    """Each is refused with its cure, and nothing is written."""

    def _refuse(self, inputs, kind, message, tmp_path):
        node = tmp_path / "node"
        node.mkdir()
        with pytest.raises(kind, match=message):
            ReadSeries(**inputs).run(cwd=node)
        assert issubclass(kind, QSMError)
        assert list(node.iterdir()) == []

    @pytest.mark.parametrize(
        ("given", "kind", "message"),
        [
            ({"echo_times": [10.0, 20.0]}, UnitsError, "look like milliseconds.*Divide them by 1000: 0.01 0.02"),
            ({"echo_times": [0.02, 0.01]}, UnitsError, "do not increase"),
            ({"echo_times": [0.01]}, MetadataError, "1 echo times were given for 2 echoes"),
            ({"echo_times": [0.01, 0.03]}, MetadataError, "Echo 2 is 0.02 s in its side-car and 0.03 s"),
            ({"field_strength": 127.7}, MetadataError, r"say \[3.0\] T, 127.7 T was given"),
            ({"phase_range": [4096.0, 0.0]}, UnitsError, "Give LOW before HIGH"),
        ],
    )
    def test_wrong_numbers(self, make, tmp_path, given, kind, message):
        self._refuse({**make(TWO_ECHOES, sidecar=declared), **given}, kind, message, tmp_path)

    def test_a_missing_coil(self, make, tmp_path):
        inputs = make([f"x_c{c}_e{e}{{ph}}.nii" for e in (1, 2) for c in (1, 2, 3)], sidecar=declared)
        inputs["phase"].pop(4)
        self._refuse(inputs, MetadataError, "phase of coil 2, echo 2 is missing", tmp_path)

    def test_a_missing_magnitude(self, make, tmp_path):
        inputs = make(TWO_ECHOES, sidecar=declared)
        inputs["magnitude"].pop()
        self._refuse(inputs, MetadataError, "one magnitude file for every phase file", tmp_path)

    def test_magnitude_of_another_coil(self, make, tmp_path):
        inputs = make([f"x_c{c}_e{e}{{ph}}.nii" for c in (1, 2, 3) for e in (1, 2)], sidecar=declared)
        inputs["phase"], inputs["magnitude"] = inputs["phase"][:4], inputs["magnitude"][2:]
        self._refuse(inputs, MetadataError, "named as different echoes or coils", tmp_path)

    def test_echoes_listed_backwards(self, make, tmp_path):
        inputs = make(TWO_ECHOES[::-1], sidecar=declared)
        self._refuse(inputs, MetadataError, r"named as echoes \[2, 1\]", tmp_path)

    def test_mixed_shapes(self, make, tmp_path):
        inputs = make(TWO_ECHOES, sidecar=declared)
        nib.save(nib.Nifti1Image(np.ones((4, 5, 7), np.float32), np.eye(4)), inputs["magnitude"][1])
        self._refuse(inputs, GeometryError, r"\(4, 5, 7\).*Resample", tmp_path)

    def test_mixed_affines(self, make, tmp_path):
        inputs = make(TWO_ECHOES, sidecar=declared)
        nib.save(nib.Nifti1Image(np.ones(SHAPE, np.float32), np.eye(4)), inputs["magnitude"][1])
        self._refuse(inputs, GeometryError, "another affine", tmp_path)

    def test_mixed_scales(self, make, tmp_path):
        inputs = make(TWO_ECHOES, sidecar=lambda name: {**declared(name), "Units": "rad" if "e1" in name else "mrad"})
        self._refuse(inputs, UnitsError, "Convert all files in the same way", tmp_path)

    @pytest.mark.parametrize("units", [{}, {"Units": "arbitrary"}])
    def test_an_unknown_scale_with_the_likely_range(self, make, tmp_path, units):
        inputs = make(TWO_ECHOES, stored=twelve_bit, sidecar=lambda name: {**declared(name), "Units": ""} | units)
        self._refuse(inputs, UnitsError, r"not declared.*raw 12-bit phase does: 0 4096", tmp_path)

    @pytest.mark.parametrize(
        "mark", [{"EchoTime1": 0.005, "EchoTime2": 0.0075}, {"BidsGuess": ["fmap", "_acq-fm2_phasediff"]}]
    )
    def test_a_phase_difference(self, make, tmp_path, mark):
        inputs = make(TWO_ECHOES, sidecar=lambda name: declared(name) | mark)
        self._refuse(inputs, MetadataError, "difference of two echoes", tmp_path)

    def test_a_truncated_5d_file(self, make, tmp_path):
        inputs = {**make(["all_{port}.nii.gz"], shape=(*SHAPE, 2, 3)), **TIMES, "phase_range": [-np.pi, np.pi]}
        path = Path(inputs["phase"][0])
        path.write_bytes(path.read_bytes()[:-100])
        node = tmp_path / "node"
        node.mkdir()
        with pytest.raises(ImageError, match="truncated"):
            ReadSeries(**inputs).run(cwd=node)
        assert [path.name for path in node.rglob("*") if path.is_file()] in ([], ["all_magnitude.nii"])


def test_the_philips_brain_is_read_and_its_slopes_reported(shared_data):
    folder = shared_data("gre_2echo_brain_philips3t")
    stem = str(folder / "2001_WIP_fcMRI_Field_Mapping_cl_e")
    inputs = {"phase": [f"{stem}{e}_ph.nii.gz" for e in (1, 2)], "magnitude": [f"{stem}{e}.nii.gz" for e in (1, 2)]}
    series = ReadSeries(**inputs).table()
    assert (series.echo_times, series.field_strength) == ((0.0023, 0.0046), 3.0)
    phase = series.read_phase(0, 0)
    assert (phase.min(), phase.max()) == pytest.approx((-np.pi, 3.1405), abs=1e-4)
    assert series.frame.grid().b0_direction == pytest.approx((-0.0608, 0.0024, 0.9981), abs=1e-4)
    assert any("milliradians = 1.53455 x stored -3142" in note for note in series.notes)


def test_the_romeo_crop_needs_its_range_and_is_read_with_it(shared_data):
    folder = shared_data("gre_3echo_crop_romeo")
    inputs = {"phase": [str(folder / "small_Phase.nii.gz")], "magnitude": [str(folder / "small_Mag.nii.gz")]}
    inputs |= {"echo_times": [0.004, 0.008, 0.012], "field_strength": 3.0}
    with pytest.raises(UnitsError, match="--phase-range"):
        ReadSeries(**inputs).table()
    series = ReadSeries(**inputs, phase_range=[-0.003674377, 0.003674377]).table()
    phase = [series.read_phase(echo, 0) for echo in range(3)]
    assert max(np.abs(echo).max() for echo in phase) == pytest.approx(np.pi, abs=1e-3)


def test_the_volume_with_nan_is_refused_when_it_is_read(shared_data):
    path = str(shared_data("gre_3echo_crop_romeo") / "small_phase_with_nan.nii.gz")
    inputs = {"phase": [path], "magnitude": [path], **TIMES, "phase_range": [-np.pi, np.pi]}
    with pytest.raises(ImageError, match="640 values that are not finite"):
        ReadSeries(**inputs, b0_direction=[0, 0, 1]).table().read_phase(0, 0)


@pytest.mark.parametrize("scanner", ["prisma_d13d", "xa30"])
def test_a_field_maps_phase_difference_is_refused(shared_data, scanner):
    folder = shared_data("gre_fieldmap_brain_siemens3t") / scanner
    phase, magnitude = ([str(p) for p in sorted(folder.glob(f"*{end}.nii.gz"))] for end in ("_ph", "e[12]"))
    with pytest.raises(MetadataError, match="difference of two echoes"):
        ReadSeries(phase=phase, magnitude=magnitude).table()
