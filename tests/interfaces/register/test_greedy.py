import importlib.util

import nibabel as nib
import numpy as np
import pytest
from scipy import ndimage
from scipy.spatial.transform import Rotation
from scipy.special import expit

from nipype_qsm.errors import GeometryError, RunError, ToolMissing
from nipype_qsm.geometry import Frame
from nipype_qsm.interfaces.register import ApplyTransform, Greedy
from nipype_qsm.transforms import flirt_from_world, load_matrix, load_step, save_matrix

SHAPE = (36, 44, 38)
AFFINE = np.array([[-3.0, 0, 0, 54], [0, 3, 0, -66], [0, 0, 3, -57], [0, 0, 0, 1]])

FOLDS = np.random.default_rng(4).uniform(-0.25, 0.25, (8, 4)) * [1, 1, 1, 12]


def head(x, y, z):
    """A head without symmetry, as a function of the scanner's millimetres."""

    def ball(cx, cy, cz, rx, ry, rz):
        return expit(8 * (1 - ((x - cx) / rx) ** 2 - ((y - cy) / ry) ** 2 - ((z - cz) / rz) ** 2))

    folds = sum(np.sin(a * x + b * y + c * z + d) for a, b, c, d in FOLDS)
    return ball(0, 0, 0, 38, 54, 46) * (80 + 12 * folds)


def sampled(affine, shape=SHAPE):
    index = np.stack(np.meshgrid(*(np.arange(n) for n in shape), indexing="ij")).reshape(3, -1)
    return head(*(affine[:3, :3] @ index + affine[:3, 3:])).reshape(shape).astype(np.float32)


def rigid(degrees, shift):
    move = np.eye(4)
    move[:3, :3] = Rotation.from_euler("xyz", degrees, degrees=True).as_matrix()
    move[:3, 3] = shift
    return move


@pytest.fixture
def pair(write_nifti):
    """The same head twice: straight, and on an oblique grid of flat voxels whose header is 9 degrees and 14 mm off."""
    oblique = rigid((0, 12, 0), (0, 0, 0)) @ np.diag([2.5, 2.5, 4, 1])
    oblique[:3, 3] = -oblique[:3, :3] @ [22, 26, 15]
    wrong = rigid((4, -5, 6), (8, -9, 7))
    moving = sampled(oblique, (44, 52, 30))
    moving = np.where(moving > 25, 160 - moving, 2 * moving).astype(np.float32)  # inside, bright and dark change places
    fixed_path = write_nifti("fixed.nii", sampled(AFFINE), AFFINE)
    moving_path = write_nifti("moving.nii", moving, wrong @ oblique)
    frames = Frame((44, 52, 30), wrong @ oblique), Frame(SHAPE, AFFINE)
    return fixed_path, moving_path, flirt_from_world(np.linalg.inv(wrong), *frames)


def test_a_rigid_move_is_found_whatever_the_contrast_and_the_header(pair, tmp_path):
    fixed, moving, truth = pair
    outputs = Greedy(fixed=fixed, moving=moving, kind="rigid").run(cwd=str(tmp_path)).outputs
    corners = np.array([[x, y, z, 1] for x in (30, 80) for y in (30, 100) for z in (30, 90)]).T
    error = np.linalg.norm(((load_matrix(outputs.matrix) - truth) @ corners)[:3], axis=0)
    assert error.max() < 0.5  # measured 0.16 mm on 3 mm voxels
    both = load_matrix(outputs.matrix) @ load_matrix(outputs.matrix_inverted)
    np.testing.assert_allclose(both, np.eye(4), atol=1e-6)
    assert np.linalg.det(load_matrix(outputs.matrix)[:3, :3]) == pytest.approx(1, abs=1e-4)


def test_a_warp_is_written_as_fsls_field_and_brings_the_images_together(write_nifti, tmp_path, rng):
    bend = ndimage.gaussian_filter(rng.normal(size=(3, *SHAPE)), (0, 5, 5, 5))
    bend *= 2.0 / np.abs(bend).max()
    index = np.stack(np.meshgrid(*(np.arange(n) for n in SHAPE), indexing="ij"))
    moving = ndimage.map_coordinates(sampled(AFFINE), index + bend, order=1).astype(np.float32)
    fixed_path, moving_path = write_nifti("fixed.nii", sampled(AFFINE), AFFINE), write_nifti("m.nii", moving, AFFINE)
    # The bend is as short as 5 of these large voxels: smoother steps leave half of it.
    lay = Greedy(fixed=fixed_path, moving=moving_path, kind="deformable", smoothing=[1.732, 0.707])
    lay.inputs.trait_set(iterations="50x20x0", warp_iterations="60x40x20")
    outputs = lay.run(cwd=str(tmp_path)).outputs
    assert int(nib.load(outputs.warp).header["intent_code"]) == 2006
    assert load_step(outputs.warp).field.shape == (3, *SHAPE)
    (tmp_path / "moved").mkdir()
    moved = ApplyTransform(moving=moving_path, reference=fixed_path, transforms=[outputs.warp], interpolation="linear")
    result = nib.load(moved.run(cwd=str(tmp_path / "moved")).outputs.moved).get_fdata()
    before, after = (np.abs(volume - sampled(AFFINE)).mean() for volume in (moving, result))
    assert after < 0.5 * before  # measured 0.27


def test_folds_that_differ_move_what_lies_between_them_little(write_nifti, tmp_path):
    head, paths = sampled(AFFINE), []
    brain = ndimage.gaussian_filter(head, 1) > 25
    for seed in (1, 2):
        folds = ndimage.gaussian_filter(np.random.default_rng(seed).standard_normal(SHAPE), 1.2)
        paths.append(write_nifti(f"{seed}.nii", (head * (1 + 0.15 * folds / folds.std())).astype(np.float32), AFFINE))
    mask = write_nifti("mask.nii", brain, AFFINE)
    lay = Greedy(fixed=paths[0], moving=paths[1], mask_fixed=mask, kind="deformable")
    field = load_step(lay.run(cwd=str(tmp_path)).outputs.warp).field
    inner = ndimage.binary_erosion(brain, iterations=4)
    # Nothing has moved. Measured 2.4 mm on voxels of 3 mm; 3.3 with the program's own smoothing.
    assert np.sqrt((field[:, inner] ** 2).sum(0).mean()) < 2.8


def test_what_was_asked_of_the_program_is_kept(pair, tmp_path, capfd):
    outputs = Greedy(fixed=pair[0], moving=pair[1], kind="affine", iterations="5x0x0").run(cwd=str(tmp_path)).outputs
    assert len(outputs.commands) == 4  # three places to begin, then the best of them
    assert outputs.commands[-1] == (
        "greedy -d 3 -threads 1 -V 0 -a -dof 12 -jitter 0 -m NMI -i fixed.nii moving.nii -ia start.txt "
        "-o matrix.txt -n 5x0x0"
    )
    assert np.isfinite(outputs.cost)
    assert capfd.readouterr().out == ""
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        *("fixed.nii", "greedy.log", "matrix.mat", "matrix_inverted.mat", "moving.nii"),
    ]


def test_two_runs_give_one_result(pair, tmp_path):
    found = []
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        run = Greedy(fixed=pair[0], moving=pair[1], kind="deformable", iterations="20x5x0", warp_iterations="5x2x0")
        outputs = run.run(cwd=str(tmp_path / name)).outputs
        found.append((load_matrix(outputs.matrix), load_step(outputs.warp).field))
    np.testing.assert_array_equal(found[0][0], found[1][0])
    np.testing.assert_array_equal(found[0][1], found[1][1])


def test_it_begins_from_a_matrix_that_is_given(pair, tmp_path):
    initial = str(save_matrix(pair[2], tmp_path / "initial.mat"))
    (tmp_path / "out").mkdir()
    outputs = Greedy(fixed=pair[0], moving=pair[1], kind="rigid", initial=initial)
    made = outputs.run(cwd=str(tmp_path / "out")).outputs
    assert len(made.commands) == 1
    assert np.linalg.norm((load_matrix(made.matrix) - pair[2])[:3, :3]) < 0.01  # measured 0.003


def test_a_mask_on_another_grid_is_refused(pair, write_nifti, tmp_path):
    mask = write_nifti("mask.nii", np.ones((5, 6, 7), bool))
    with pytest.raises(GeometryError, match="mask_fixed"):
        Greedy(fixed=pair[0], moving=pair[1], mask_fixed=mask).run(cwd=str(tmp_path))


def test_a_failure_of_the_program_says_what_to_look_at(pair, tmp_path):
    with pytest.raises(RunError, match="Look at the two images"):
        Greedy(fixed=pair[0], moving=pair[1], iterations="nonsense").run(cwd=str(tmp_path))


def test_without_the_package_it_is_said_when_the_graph_is_built(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ToolMissing, match=r"nipype_qsm\[registration\]"):
        Greedy()
