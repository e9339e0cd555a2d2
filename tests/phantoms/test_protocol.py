import numpy as np
import pytest

from nipype_qsm.errors import GeometryError, UnitsError
from nipype_qsm.phantoms.protocol import SIZES, pose, protocol_of


def test_the_ukb_size_is_the_published_acquisition():
    ukb = SIZES["ukb"]
    assert (ukb.shape, ukb.voxel_size, ukb.echo_times) == ((256, 288, 48), (0.8, 0.8, 3.0), (0.0094, 0.020))
    assert (ukb.n_coils, ukb.field_strength) == (32, 3.0)


@pytest.mark.parametrize("size", SIZES)
def test_the_simulation_is_finer_than_the_acquisition_and_shares_its_field_of_view(size):
    protocol = SIZES[size]
    assert np.all(np.array(protocol.fine_shape) >= 1.5 * np.array(protocol.shape))
    corner = np.array([-0.5, -0.5, -0.5, 1])
    assert np.allclose(protocol.affine @ corner, protocol.fine_affine @ corner)
    far = [np.append(np.array(s) - 0.5, 1) for s in (protocol.shape, protocol.fine_shape)]
    assert np.allclose(protocol.affine @ far[0], protocol.fine_affine @ far[1])


def test_tilted_slices_turn_b0_in_voxel_axes_by_the_same_angle():
    protocol = protocol_of("small", obliquity=(20.0, 0.0))
    assert protocol.grid.b0_direction == pytest.approx((0, np.sin(np.radians(20)), np.cos(np.radians(20))), abs=1e-9)
    assert protocol.grid.voxel_size == pytest.approx(SIZES["small"].voxel_size)


def test_sessions_have_their_own_pose_and_people_their_own_size():
    assert np.array_equal(pose(1, 0), pose(1, 0))
    assert not np.allclose(pose(1, 0), pose(1, 1))
    sizes = [np.linalg.norm(pose(seed, scan)[:3, :3], axis=0) for seed, scan in ((1, 0), (1, 4), (2, 0))]
    assert np.allclose(sizes[0], sizes[1])
    assert not np.allclose(sizes[0], sizes[2])


def test_a_wrong_name_and_milliseconds_are_refused_with_a_cure():
    with pytest.raises(GeometryError, match="Choose one of ukb"):
        protocol_of("large")
    with pytest.raises(GeometryError, match="Choose among"):
        protocol_of("small", echoes=3)
    with pytest.raises(UnitsError, match="Divide them by 1000"):
        protocol_of("small", echo_times=(9.4, 20.0))
    with pytest.raises(GeometryError, match="at least one coil"):
        protocol_of("small", n_coils=0)
