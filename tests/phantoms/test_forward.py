import numpy as np
import pytest

from nipype_qsm.geometry import Grid
from nipype_qsm.phantoms.forward import FineHead, echo_signal, fields, remove_shim, solid_harmonics, steady_state
from nipype_qsm.phantoms.protocol import protocol_of
from nipype_qsm.phantoms.structures import AIR_CHI
from nipype_qsm.units import radians_per_ppm


def millimetres(affine, shape):
    index = np.indices(shape).reshape(3, -1)
    return (affine[:3, :3] @ index + affine[:3, 3:]).reshape(3, *shape)


def test_the_field_of_a_tilted_sphere_is_the_closed_form():
    protocol = protocol_of(
        "small", shape=(48, 52, 44), voxel_size=(1.8, 1.8, 1.8), fine_mm=1.2, obliquity=(25.0, -15.0)
    )
    shape, affine = protocol.fine_shape, protocol.fine_affine
    x, y, z = millimetres(affine, shape)
    radius = np.sqrt(x**2 + y**2 + z**2)
    chi = (0.8 * np.clip((12 - radius) / 1.2 + 0.5, 0, 1)).astype(np.float32)
    head = FineHead(
        Grid.from_affine(shape, affine),
        (slice(None),) * 3,
        chi + np.float32(AIR_CHI),
        np.zeros(shape, np.float32),
        np.ones(shape, np.float32),
        ((radius > 14) & (radius < 30)).astype(np.uint8),
    )

    class NoError:
        def standard_normal(self, n):
            return np.zeros(n)

    total, _ = fields(head, NoError())
    outside = (radius > 15) & (radius < 28)
    # B0 is the scanner's third axis, whatever the tilt of the slices.
    moment = float(chi.sum()) * head.wide.voxel_volume / (4 * np.pi)  # 0.8 / 3 * 12^3, but for rasterising
    assert moment == pytest.approx(0.8 / 3 * 12**3, rel=0.03)
    exact = moment / radius**3 * (3 * (z / radius) ** 2 - 1)
    expected = exact.astype(np.float32)
    remove_shim(expected, head.brain, head.wide, NoError())
    difference = (total - expected)[outside]
    error = np.sqrt(np.mean((difference - difference.mean()) ** 2)) / expected[outside].std()
    assert error < 0.03  # measured 0.021
    wrong = (moment / radius**3 * (3 * (y / radius) ** 2 - 1)).astype(np.float32)
    remove_shim(wrong, head.brain, head.wide, NoError())
    assert np.corrcoef(total[outside], wrong[outside])[0, 1] < 0.5


def test_a_shim_takes_away_what_it_can_make_and_leaves_the_rest(rng):
    grid = Grid((20, 22, 18), (3.0, 3.0, 4.0), (0, 0, 1))
    axes = [
        (np.arange(n, dtype=np.float32) - n / 2) * v / 100 for n, v in zip(grid.shape, grid.voxel_size, strict=True)
    ]
    x, y, z = np.meshgrid(*axes, indexing="ij", sparse=True)
    field = sum(rng.standard_normal() * h for h in solid_harmonics(x, y, z)).astype(np.float32)
    brain = np.ones(grid.shape, bool)
    before = field.std()
    remove_shim(field, brain, grid, rng)
    assert field.std() < 0.12 * before  # the shim's own error of 5 %; measured 0.02 to 0.06


def test_what_a_shim_makes_has_no_sources():
    axes = np.meshgrid(*[np.arange(-4.0, 5.0)] * 3, indexing="ij", sparse=True)
    for harmonic in solid_harmonics(*axes):
        full = np.broadcast_to(harmonic, (9, 9, 9))
        laplacian = sum(
            np.diff(full, 2, axis=axis)[tuple(slice(1, -1) if a != axis else slice(None) for a in range(3))]
            for axis in range(3)
        )
        assert np.abs(laplacian).max() == 0


def test_phase_grows_with_time_where_the_field_is_higher_and_the_signal_decays():
    protocol = protocol_of("small", shape=(8, 8, 6), fine_mm=3.0, echo_times=(0.005, 0.015), field_strength=7.0)
    shape = protocol.fine_shape
    head = FineHead(
        Grid.from_affine(shape, protocol.fine_affine),
        (slice(None),) * 3,
        np.zeros(shape, np.float32),
        np.full(shape, 40, np.float32),
        np.ones(shape, np.float32),
        np.ones(shape, np.uint8),
    )
    field = np.full(shape, 0.05, np.float32)
    first, second = (echo_signal(head, field, protocol, echo, 1) for echo in (0, 1))
    assert np.allclose(np.angle(first), radians_per_ppm(0.005, 7.0) * 0.05, atol=1e-4)
    assert np.allclose(np.angle(second / first), radians_per_ppm(0.010, 7.0) * 0.05, atol=1e-4)
    assert np.allclose(np.abs(second / first), np.exp(-0.4), atol=1e-4)


def test_steady_state_agrees_with_the_spoiled_gradient_echo_equation():
    protocol = protocol_of("small")
    decay, angle = np.exp(-0.027 / 0.85), np.deg2rad(15)
    white = 0.7 * np.sin(angle) * (1 - decay) / (1 - np.cos(angle) * decay)
    fluid = np.sin(angle) * (1 - np.exp(-0.027 / 4)) / (1 - np.cos(angle) * np.exp(-0.027 / 4))
    density, rate = np.array([0.7, 1.0], np.float32), np.array([1 / 0.85, 0.25], np.float32)
    assert steady_state(density, rate, protocol) == pytest.approx([1.0, fluid / white], rel=1e-4)
