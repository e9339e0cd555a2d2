"""What every step inherits: loading, checking, calling, saving, threads, and the registry."""

import tracemalloc
from importlib.metadata import EntryPoint
from typing import NamedTuple

import nibabel as nib
import numba
import numpy as np
import pytest
from nipype import Node
from scipy import fft

from nipype_qsm.errors import GeometryError, ImageError, QSMError
from nipype_qsm.geometry import Grid
from nipype_qsm.interfaces.base import (
    KernelInputSpec,
    KernelInterface,
    Methods,
    TraitedSpec,
    b0_direction,
    threads,
    traits,
    volume,
    volume_out,
)

seen = {}


class Scaled(NamedTuple):
    chi: np.ndarray
    phase_unwrapped: list
    iterations: int
    field_noise: np.ndarray | None


def scaled(field_local, phase=None, mask=None, grid=None, *, factor=2.0, thorough=False):
    seen.update(field_local=field_local, phase=phase, mask=mask, grid=grid, factor=factor, thorough=thorough)
    seen["threads"] = (fft.get_workers(), numba.get_num_threads())
    return Scaled(field_local * np.float32(factor), [field_local, -field_local], 7, None)


class ScaledInputSpec(KernelInputSpec):
    field_local = volume("field_local", mandatory=True)
    phase = volume("phase")
    mask = volume("mask")
    magnitude_combined = volume("magnitude_combined")
    b0_direction = b0_direction()
    factor = traits.Float(2.0, usedefault=True, desc="multiplies")
    thorough = traits.Bool(desc="left undefined, so that the kernel's default holds")


class ScaledOutputSpec(TraitedSpec):
    chi = volume_out("chi")
    phase_unwrapped = volume_out("phase_unwrapped")
    iterations = traits.Int(desc="a number")
    field_noise = volume_out("field_noise")


class ScaledInterface(KernelInterface):
    """Multiply a field."""

    input_spec, output_spec = ScaledInputSpec, ScaledOutputSpec
    _kernel = staticmethod(scaled)


@pytest.fixture
def field(write_nifti, rng):
    array = rng.normal(scale=0.1, size=(4, 5, 6)).astype(np.float32)
    return write_nifti("field.nii.gz", array), array


def test_a_volume_reaches_the_kernel_under_its_ports_name_and_comes_back_as_a_file(field, tmp_path):
    path, array = field
    outputs = ScaledInterface(field_local=path, factor=3.0).run(cwd=str(tmp_path)).outputs
    np.testing.assert_array_equal(seen["field_local"], array)
    assert seen["field_local"].dtype == np.float32
    assert outputs.chi == str(tmp_path / "chi.nii")
    np.testing.assert_allclose(nib.load(outputs.chi).get_fdata(), 3 * array, rtol=1e-6)
    assert nib.load(outputs.chi).header["descrip"].item() == b"chi [ppm]"


def test_numbers_are_passed_on_and_what_is_none_stays_undefined(field, tmp_path):
    outputs = ScaledInterface(field_local=field[0]).run(cwd=str(tmp_path)).outputs
    assert outputs.iterations == 7
    assert not isinstance(outputs.field_noise, str)
    assert not (tmp_path / "field_noise.nii").exists()


def test_a_list_of_volumes_is_one_file_an_echo(field, tmp_path):
    outputs = ScaledInterface(field_local=field[0]).run(cwd=str(tmp_path)).outputs
    assert outputs.phase_unwrapped == [str(tmp_path / f"phase_unwrapped_echo-{e}.nii") for e in (1, 2)]
    np.testing.assert_array_equal(nib.load(outputs.phase_unwrapped[1]).get_fdata(dtype=np.float32), -field[1])


def test_echoes_are_stacked_last_and_each_is_contiguous(field, write_nifti, tmp_path):
    path, array = field
    echoes = [write_nifti(f"phase-{e}.nii", array * e) for e in (1, 2, 3)]
    ScaledInterface(field_local=path, phase=echoes).run(cwd=str(tmp_path))
    assert seen["phase"].shape == (4, 5, 6, 3)
    for echo in range(3):
        np.testing.assert_allclose(seen["phase"][..., echo], array * (echo + 1), rtol=1e-6)
        assert seen["phase"][..., echo].flags.c_contiguous


def test_echoes_are_never_held_twice(write_nifti, tmp_path):
    echo = np.zeros((64, 64, 64), np.float32)
    files = [write_nifti(f"phase-{number}.nii", echo) for number in range(6)]
    node = ScaledInterface(field_local=files[0], phase=files)
    tracemalloc.start()
    arguments, _ = node._arguments()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert arguments["phase"].shape == (*echo.shape, 6)
    # The field, six echoes, the first of them and one that is being read: measured 9.0 volumes, 13.0 before.
    assert peak < 10 * echo.nbytes


def test_a_mask_arrives_as_true_and_false(field, write_nifti, tmp_path):
    mask = np.zeros((4, 5, 6))
    mask[1:3] = 1
    ScaledInterface(field_local=field[0], mask=write_nifti("mask.nii", mask)).run(cwd=str(tmp_path))
    assert seen["mask"].dtype == bool
    np.testing.assert_array_equal(seen["mask"], mask == 1)


def test_an_option_that_is_not_set_leaves_the_kernels_default(field, tmp_path):
    ScaledInterface(field_local=field[0]).run(cwd=str(tmp_path))
    assert seen["thorough"] is False
    ScaledInterface(field_local=field[0], thorough=True).run(cwd=str(tmp_path))
    assert seen["thorough"] is True


def test_the_grid_is_the_affines_unless_a_direction_is_given(rng, write_nifti, oblique_affine, tmp_path):
    affine = oblique_affine((0.8, 0.9, 2.0))
    path = write_nifti("field.nii", np.zeros((4, 5, 6), np.float32), affine)
    ScaledInterface(field_local=path).run(cwd=str(tmp_path))
    expected = Grid.from_affine((4, 5, 6), affine)
    assert seen["grid"].shape == (4, 5, 6)
    np.testing.assert_allclose(seen["grid"].voxel_size, (0.8, 0.9, 2.0), rtol=1e-6)
    np.testing.assert_allclose(seen["grid"].b0_direction, expected.b0_direction, atol=1e-6)
    ScaledInterface(field_local=path, b0_direction=[0.0, 3.0, 4.0]).run(cwd=str(tmp_path))
    np.testing.assert_allclose(seen["grid"].b0_direction, (0, 0.6, 0.8))


def test_the_affine_of_the_first_volume_is_kept(rng, write_nifti, oblique_affine, tmp_path):
    affine = oblique_affine((0.8, 0.9, 2.0))
    path = write_nifti("field.nii", np.zeros((4, 5, 6), np.float32), affine)
    outputs = ScaledInterface(field_local=path).run(cwd=str(tmp_path)).outputs
    np.testing.assert_allclose(nib.load(outputs.chi).affine, affine, atol=1e-6)


def test_volumes_on_different_grids_are_refused_by_name(field, write_nifti, tmp_path):
    other = write_nifti("mask.nii", np.ones((4, 5, 7)))
    with pytest.raises(GeometryError, match=r"mask is \(4, 5, 7\).*field.nii.gz is \(4, 5, 6\).*Resample mask"):
        ScaledInterface(field_local=field[0], mask=other).run(cwd=str(tmp_path))
    moved = write_nifti("moved.nii", np.ones((4, 5, 6)), np.diag([1, 1, 1.5, 1]))
    with pytest.raises(GeometryError, match="another affine"):
        ScaledInterface(field_local=field[0], mask=moved).run(cwd=str(tmp_path))


def test_values_that_cannot_be_the_quantity_are_refused(write_nifti, tmp_path):
    in_hertz = write_nifti("field.nii", np.full((4, 5, 6), 60.0))
    with pytest.raises(ImageError, match="field_local lies within"):
        ScaledInterface(field_local=in_hertz).run(cwd=str(tmp_path))
    assert not (tmp_path / "chi.nii").exists()


def test_a_volume_that_the_kernel_does_not_take_is_not_read(field, write_nifti, tmp_path):
    not_finite = write_nifti("magnitude.nii", np.full((4, 5, 6), np.nan))
    ScaledInterface(field_local=field[0], magnitude_combined=not_finite).run(cwd=str(tmp_path))
    assert not ScaledInterface().uses("magnitude_combined")
    assert ScaledInterface().uses("mask") and ScaledInterface().uses("b0_direction")


def test_the_threads_of_a_node_are_those_of_its_kernel(field, tmp_path):
    before = fft.get_workers(), numba.get_num_threads()
    node = Node(ScaledInterface(field_local=field[0]), name="scaled", n_procs=2, base_dir=str(tmp_path))
    node.run()
    assert seen["threads"] == (2, min(2, numba.config.NUMBA_NUM_THREADS))
    assert (fft.get_workers(), numba.get_num_threads()) == before


def test_threads_are_given_back_after_an_error():
    before = fft.get_workers(), numba.get_num_threads()
    with pytest.raises(RuntimeError), threads(3):
        raise RuntimeError
    assert (fft.get_workers(), numba.get_num_threads()) == before


def test_a_registry_makes_interfaces_by_name_or_takes_an_instance():
    methods = Methods("inversion", ScaledInterface)
    (name,) = methods
    assert name == __name__.rpartition(".")[2]
    assert methods.make(name, factor=5.0).inputs.factor == 5.0
    mine = ScaledInterface(factor=4.0)
    assert methods.make(mine) is mine
    assert mine.inputs.factor == 4.0


def test_an_unknown_method_is_refused_with_the_names_that_are_known():
    with pytest.raises(QSMError, match=r"inversion has no method 'nonesuch'\.\s+Choose one of: .*test_base"):
        Methods("inversion", ScaledInterface).make("nonesuch")


def test_a_method_of_another_package_is_found_by_its_entry_point(monkeypatch):
    point = EntryPoint("elsewhere", "nipype_qsm.interfaces.inversion.tkd:TKD", "nipype_qsm.inversion")
    monkeypatch.setattr("importlib.metadata.entry_points", lambda group: [point] if group == point.group else [])
    assert type(Methods("inversion").make("elsewhere")).__name__ == "TKD"
    with pytest.raises(QSMError):
        Methods("unwrap").make("elsewhere")


def test_a_node_runs_again_when_its_algorithm_changed_and_only_then(write_nifti, tmp_path):
    def run(version):
        seen.clear()
        field = str(tmp_path / "field.nii")
        node = Node(ScaledInterface(field_local=field, algorithm=version), name="scale", base_dir=str(tmp_path))
        node.run()
        return bool(seen)

    write_nifti("field.nii", np.full((4, 5, 6), 0.02, np.float32))
    assert [run(version) for version in ("1", "1", "2", "2")] == [True, False, True, False]


def test_a_path_is_completed_when_it_is_given_and_a_link_keeps_its_name(field, tmp_path, monkeypatch):
    (tmp_path / "link.nii.gz").symlink_to(field[0])
    monkeypatch.chdir(tmp_path)
    node = Node(ScaledInterface(field_local="link.nii.gz"), name="scale", base_dir=str(tmp_path))
    assert node.inputs.field_local == str(tmp_path / "link.nii.gz")
    node.run()
    np.testing.assert_array_equal(seen["field_local"], field[1])


class AnotherInterface(ScaledInterface):
    """Another method with the same options."""


def test_a_node_runs_again_when_its_method_was_replaced_by_another_of_the_same_options(write_nifti, tmp_path):
    def run(interface):
        seen.clear()
        Node(interface(field_local=field), name="scale", base_dir=str(tmp_path)).run()
        return bool(seen)

    field = write_nifti("field.nii", np.full((4, 5, 6), 0.02, np.float32))
    methods = (ScaledInterface, ScaledInterface, AnotherInterface, AnotherInterface)
    assert [run(method) for method in methods] == [True, False, True, False]


def test_a_node_tells_the_memory_it_took(write_nifti, tmp_path):
    field = write_nifti("field.nii", np.zeros((4, 5, 6), np.float32))
    node = Node(ScaledInterface(field_local=field), name="scale", base_dir=str(tmp_path))
    assert 0.01 < node.run().runtime.peak_gb < 8
