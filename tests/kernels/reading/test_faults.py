"""Alternating slices and an inverted sign are found, and nothing is found where there is nothing."""

import numpy as np
import pytest

from nipype_qsm.geometry import Grid
from nipype_qsm.io import read_array, read_frame
from nipype_qsm.kernels.dipole import dipole_field
from nipype_qsm.kernels.reading.faults import faults

GRID = Grid((40, 44, 36), (5, 5, 5), (0, 0.1, 0.995))


@pytest.fixture
def head(rng):
    """An egg on a neck, with two cavities, its field shimmed badly, seen at two echoes by a coil with an offset."""
    x, y, z = np.meshgrid(*(np.linspace(-1, 1, n) for n in GRID.shape), indexing="ij")
    egg = (x / 0.75) ** 2 + (y / 0.85) ** 2 + ((z - 0.1) / 0.8) ** 2 < 1
    neck = (x / 0.4) ** 2 + ((y + 0.3) / 0.4) ** 2 < 1
    cavity = (x / 0.15) ** 2 + ((y - 0.5) / 0.2) ** 2 + ((z + 0.35) / 0.15) ** 2 < 1
    tissue = (egg | (neck & (z < 0))) & ~cavity
    field = dipole_field(np.where(tissue, -9.4, 0).astype(np.float32), GRID, pad=20)
    field += (0.4 * x - 0.3 * y + 0.5 * z * z - 0.4 * x * y).astype(np.float32)
    noise = rng.normal(size=(2, *GRID.shape, 2)) @ [0.01, 0.01j]
    first = tissue * np.exp(1j * (2 * x - y + 2.0 * field)) + noise[0]
    second = 0.8 * tissue * np.exp(1j * (2 * x - y + 5.0 * field)) + noise[1]
    return first.astype(np.complex64), (second * first.conj()).astype(np.complex64)


def test_a_healthy_head_has_no_fault(head):
    found = faults(*head, GRID)
    assert not found.alternating_slices
    assert not found.inverted_sign
    assert found.alternation < -0.75  # measured -0.82
    assert found.sign_correlation > 0.9  # measured 0.96


def test_negated_phase_is_found_and_its_correlation_is_the_opposite(head):
    signal, product = head
    found = faults(signal.conj(), product.conj(), GRID)
    assert found.inverted_sign
    assert not found.alternating_slices
    assert found.sign_correlation == pytest.approx(-faults(signal, product, GRID).sign_correlation, abs=1e-5)


def test_slices_turned_by_pi_are_found_and_do_not_change_the_sign(head):
    signal, product = head
    signal[:, :, 1::2] *= -1
    found = faults(signal, product, GRID)
    assert found.alternating_slices
    assert found.alternation > 0.75  # measured 0.82
    assert not found.inverted_sign


def test_a_single_echo_is_not_judged_for_its_sign(head):
    found = faults(head[0], None, GRID)
    assert np.isnan(found.sign_correlation)
    assert not found.inverted_sign


def test_a_shim_alone_says_nothing(head):
    signal, product = head
    x, y, z = np.meshgrid(*(np.linspace(-1, 1, n) for n in GRID.shape), indexing="ij")
    shim = np.abs(product) * np.exp(1j * (x + 2 * z - x * z + y * y))
    found = faults(signal, shim.astype(np.complex64), GRID)
    assert abs(found.sign_correlation) < 0.1
    assert not found.inverted_sign


def test_noise_alone_is_no_fault(rng):
    noise = (rng.normal(size=(*GRID.shape, 2)) @ [1, 1j]).astype(np.complex64)
    found = faults(noise, noise, GRID)
    assert not (found.alternating_slices or found.inverted_sign)
    assert abs(found.alternation) < 0.1


@pytest.mark.parametrize("value", [0, 1])
def test_a_constant_volume_is_not_judged(value):
    constant = np.full(GRID.shape, value, np.complex64)
    found = faults(constant, constant, GRID)
    assert np.isnan(found.sign_correlation)
    assert not (found.alternating_slices or found.inverted_sign)


def test_a_small_crop_is_not_judged(head):
    crop = (slice(10, 16),) * 3
    found = faults(head[0][crop], head[1][crop], GRID.resized((6, 6, 6)))
    assert np.isnan(found.sign_correlation)


def test_the_order_of_memory_does_not_matter(head):
    fortran = [np.asfortranarray(volume) for volume in head]
    assert faults(*fortran, GRID) == pytest.approx(faults(*head, GRID), abs=1e-5)


def test_inputs_stay_as_they_were(head):
    before = [volume.copy() for volume in head]
    faults(*head, GRID)
    for volume, kept in zip(head, before, strict=True):
        np.testing.assert_array_equal(volume, kept)


def _philips(folder):
    paths = [str(folder / f"2001_WIP_fcMRI_Field_Mapping_cl_e{echo}") for echo in (1, 2)]
    first, second = (read_array(f"{p}.nii.gz") * np.exp(1j * read_array(f"{p}_ph.nii.gz")) for p in paths)
    return second * first.conj(), read_frame(f"{paths[0]}.nii.gz").grid()


def _siemens(folder):
    paths = [next(folder.glob(f"*_{end}.nii.gz")) for end in ("e1", "e2", "e2_ph")]
    first, second, difference = (read_array(path) for path in paths)
    return first * second * np.exp(1j * np.pi * difference / 4096), read_frame(paths[2]).grid()


@pytest.mark.parametrize(
    ("read", "name", "expected"),
    [
        (_philips, "gre_2echo_brain_philips3t", 0.49),
        (_siemens, "gre_fieldmap_brain_siemens3t/prisma_d13d", 0.49),
        (_siemens, "gre_fieldmap_brain_siemens3t/xa30", 0.54),
    ],
)
def test_the_sign_of_measured_heads_is_recognised(shared_data, read, name, expected):
    product, grid = read(shared_data(name))
    found = faults(product, product.astype(np.complex64), grid)
    assert found.sign_correlation == pytest.approx(expected, abs=0.05)
    assert not found.inverted_sign
    assert faults(product, product.astype(np.complex64).conj(), grid).inverted_sign
