"""A paramagnetic sphere comes out positive: kernels alone, and the whole graph."""

import numpy as np
import pytest

from nipype_qsm.geometry import Grid
from nipype_qsm.io import Frame, save_volume
from nipype_qsm.kernels.inversion.tkd import tkd

SHAPE, VOXEL, RADIUS, CHI = (44, 44, 44), 3.0, 12.0, 0.2
HERTZ_PER_TESLA = 42.577e6
ECHO_TIMES, TESLA = (0.006, 0.014), 3.0


def sphere():
    """Field [ppm] of a sphere by its closed form, B0 along the third axis, and where the sphere is."""
    x, y, z = np.meshgrid(*((np.arange(n) - n // 2) * VOXEL for n in SHAPE), indexing="ij")
    r = np.sqrt(x**2 + y**2 + z**2)
    inside = r <= RADIUS
    far = np.maximum(r, RADIUS)
    field = np.where(inside, 0, CHI / 3 * (RADIUS / far) ** 3 * (3 * (z / far) ** 2 - 1))
    return field.astype(np.float32), inside, r < 60


def test_inverting_the_closed_form_of_a_sphere_gives_its_susceptibility():
    field, inside, brain = sphere()
    chi = tkd(field * brain, brain, Grid(SHAPE, (VOXEL,) * 3, (0, 0, 1)), threshold=0.1)
    assert 0.17 < chi[inside].mean() < 0.2  # 0.180: a threshold underestimates
    assert abs(chi[brain & ~inside].mean()) < 0.005  # -0.001


@pytest.mark.parametrize(("inverted", "sign"), [(False, 1), (True, -1)])
def test_the_whole_graph_keeps_the_sign(inverted, sign, mapping, tmp_path):
    field, inside, brain = sphere()
    frame = Frame(SHAPE, np.diag([VOXEL, VOXEL, VOXEL, 1.0]))
    inputs = {"phase": [], "magnitude": [], "echo_times": list(ECHO_TIMES), "field_strength": TESLA}
    for number, time in enumerate(ECHO_TIMES, start=1):
        phase = 2 * np.pi * HERTZ_PER_TESLA * TESLA * 1e-6 * field * time + 0.4
        for kind, volume in (
            ("phase", np.angle(np.exp(1j * phase))),
            ("magnitude", 900 * brain * np.exp(-time / 0.04)),
        ):
            inputs[kind].append(str(save_volume(volume, frame, tmp_path / f"{kind}_e{number}.nii", kind)))
    inputs["mask_fraction"] = str(save_volume(brain, frame, tmp_path / "brain.nii", "mask_brain"))
    options = {"reference": "brain", "inversion": "tkd", "phase_range": (-np.pi, np.pi), "invert_phase": inverted}
    chi = mapping(tmp_path, inputs, **options)["chi_referenced"]
    assert 0.15 < sign * chi[inside].mean() < 0.2  # 0.167
