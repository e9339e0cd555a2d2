import numpy as np

from nipype_qsm.phantoms.coils import helmet, normalised


def line(n=41):
    t = np.linspace(-60, 60, n)
    return np.stack([t, 0.3 * t, 0.5 * t])


def test_sensitivities_are_smooth_and_turn_by_radians_across_the_head(rng):
    coils = helmet(8, 3.0, rng)
    x, y, z = line().astype(np.float32)
    for coil in range(8):
        phase = np.unwrap(np.angle(coils.sensitivity(coil, x, y, z)))
        assert np.abs(np.diff(phase)).max() < 0.25  # per 3 mm; measured 0.117
    spans = [np.ptp(np.unwrap(np.angle(coils.sensitivity(c, x, y, z)))) for c in range(8)]
    assert max(spans) > 1.5


def test_the_root_sum_of_squares_is_one_on_average(rng):
    points = rng.uniform(-50, 50, (3, 500))
    coils = normalised(helmet(6, 3.0, rng), points)
    power = sum(np.abs(coils.sensitivity(c, *points.astype(np.float32))) ** 2 for c in range(6))
    assert abs(np.sqrt(power).mean() - 1) < 1e-5


def test_one_coil_sees_everything_alike(rng):
    coil = helmet(1, 3.0, rng)
    assert np.allclose(np.abs(coil.sensitivity(0, *line().astype(np.float32))), 1, atol=1e-5)


def test_offsets_are_unknown_but_repeatable():
    first, same, other = (helmet(4, 3.0, np.random.default_rng(n)) for n in (1, 1, 2))
    assert np.array_equal(first.constants, same.constants)
    assert not np.allclose(first.constants, other.constants)
