"""`nipype-qsm step`: one interface on the user's own files."""

import numpy as np
import pytest

from nipype_qsm.cli.main import main
from nipype_qsm.interfaces.rooms import ROOMS, room
from nipype_qsm.io import load_volume, read_json, save_volume
from nipype_qsm.kernels.inversion.tkd import tkd
from nipype_qsm.series import Series


@pytest.fixture
def step(capsys):
    """Run a step that must succeed; return {port: what was printed after it}."""

    def run(*arguments):
        capsys.readouterr()
        assert main(["step", *(str(argument) for argument in arguments)]) == 0
        said, port = {}, ""
        for line in capsys.readouterr().out.splitlines():
            items = line
            if not line.startswith("  "):
                port, _, items = line.partition(":")
            said.setdefault(port, []).extend(items.split())
        return said

    return run


def every_method():
    return [(name, method) for name in ROOMS for method in room(name)]


@pytest.mark.parametrize(("name", "method"), every_method())
def test_the_help_of_a_method_lists_its_ports(name, method, capsys, programs_missing):
    if method in programs_missing:
        assert main(["step", name, method, "--help"]) == 2
        assert "Install FSL" in capsys.readouterr().err
        return
    with pytest.raises(SystemExit) as stopped:
        main(["step", name, method, "--help"])
    assert stopped.value.code == 0
    said = capsys.readouterr().out
    ports = set(room(name)[method].input_spec().copyable_trait_names()) - {"num_threads", "algorithm", "unpack"}
    assert all(f"--{port.replace('_', '-')}" in said for port in ports)


@pytest.fixture
def programs_missing():
    """Methods whose program is not installed."""
    from nipype_qsm.errors import ToolMissing

    missing = set()
    for name, method in every_method():
        try:
            room(name)[method]()
        except ToolMissing:
            missing.add(method)
    return missing


@pytest.mark.parametrize("asked", [["step"], ["step", "--help"], ["step", "inversion"], ["step", "-h"]])
def test_a_step_without_a_method_lists_the_methods(asked, capsys):
    assert main(asked) == 0
    assert f"inversion: {', '.join(room('inversion'))}" in capsys.readouterr().out


def test_a_step_gives_what_its_kernel_gives(tiny, step):
    field = tiny.add("field", 0.02 * tiny.rng.standard_normal(tiny.brain.shape))
    said = step(
        *("inversion", "tkd", "--field-local", field, "--mask", tiny.mask),
        *("--threshold", "0.2", "--pad", 4, "--b0-direction", 0, 0, 1, "--out", tiny.out),
    )
    assert said == {"chi": [str(tiny.out / "chi.nii.gz")]}
    assert [path.name for path in tiny.out.iterdir()] == ["chi.nii.gz"]
    given, frame = load_volume(field, "field_local")
    expected = tkd(given, tiny.brain > 0, frame.grid([0, 0, 1]), threshold=0.2, pad=4)
    np.testing.assert_allclose(load_volume(tiny.out / "chi.nii.gz", "chi")[0], expected, atol=1e-6)


def test_lists_numbers_and_switches_reach_the_ports(tiny, step):
    said = step(
        *("reading", "series", "--phase", *tiny.phase, "--magnitude", *tiny.magnitude),
        *("--echo-times", "0.01", "0.02", "--field-strength", "3", "--invert-phase", "--out", tiny.out),
    )
    assert said["echo_times"] == ["0.01", "0.02"]
    assert said["field_strength"] == ["3.0"]
    assert read_json(tiny.out / "series.json")["negate_phase"] is True
    assert read_json(tiny.out / "series.json")["alternate_slices"] is False


def test_switches_in_a_list_reach_the_port_and_a_label_image_stays_as_it_was_written(step, write_nifti, tmp_path):
    labels = write_nifti("labels.nii", np.full((6, 7, 8), 13, np.float32), np.diag([2.0, 2, 2, 1]))
    (tmp_path / "move.mat").write_text("1 0 0 2\n0 1 0 0\n0 0 1 0\n0 0 0 1\n")
    transforms = ["--transforms", tmp_path / "move.mat", "--inverted", "true"]
    given = ["--moving", labels, "--reference", labels, "--quantity", "labels", "--reference-space", "ICBM2009cAsym"]
    step("register", "apply_transform", *given, *transforms, "--out", tmp_path / "out")
    moved, _ = load_volume(tmp_path / "out" / "labels.nii.gz", "labels")
    assert sorted(np.unique(moved)) == [0, 13]
    assert not moved[0].any() or not moved[-1].any()
    assert read_json(tmp_path / "out" / "labels.json") == {"SpatialReference": "MNI152NLin2009cAsym"}


def test_what_is_neither_true_nor_false_is_refused(write_nifti, tmp_path, capsys):
    image = write_nifti("image.nii", np.ones((4, 4, 4), np.float32))
    with pytest.raises(SystemExit):
        main(["step", "register", "apply_transform", "--moving", image, "--inverted", "maybe", "--out", str(tmp_path)])
    assert "neither true nor false" in capsys.readouterr().err


def test_a_word_that_is_no_number_can_switch_an_option_off(tiny, step):
    field = tiny.add("field", 0.02 * tiny.rng.standard_normal(tiny.brain.shape))
    said = step(
        *("background", "vsharp", "--field-total", field, "--mask", tiny.mask),
        *("--resample-mm", "none", "--out", tiny.out),
    )
    assert {"field_local", "mask_local", "n_removed"} <= set(said)


def test_a_packed_file_of_three_echoes_goes_through_offsets_and_unwrapping(tiny, step, shared_data):
    data = shared_data("gre_3echo_crop_romeo")
    out = tiny.out
    step(
        *("reading", "series", "--phase", data / "small_Phase.nii.gz", "--magnitude", data / "small_Mag.nii.gz"),
        *("--echo-times", 0.004, 0.008, 0.012, "--field-strength", 3),
        *("--phase-range", "-0.003674", "0.003674", "--out", out),
    )
    series = Series.load(out / "series.json")
    everywhere = save_volume(np.ones(series.frame.shape), series.frame, tiny.folder / "all.nii.gz", "mask")
    step("coils", "phase_difference", "--series", out / "series.json", "--out", out)
    said = step(
        *("unwrap", "romeo", "--phase", out / "phase_difference.nii.gz", "--mask", everywhere),
        *("--magnitude", out / "magnitude_difference.nii.gz", "--out", out / "difference"),
    )
    said = step(
        *("coils", "mcpc3ds", "--series", out / "series.json", "--mask-brain", everywhere, "--out", out),
        *(
            "--phase-difference",
            said["phase_unwrapped"][0],
            "--magnitude-difference",
            out / "magnitude_difference.nii.gz",
        ),
    )
    assert len(said["phase"]) == 3
    said = step(
        *("unwrap", "romeo", "--phase", *said["phase"], "--magnitude", *said["magnitude"], "--mask", everywhere),
        *("--echo-times", 0.004, 0.008, 0.012, "--out", out),
    )
    first, second, third = (load_volume(path, "phase_unwrapped")[0] for path in said["phase_unwrapped"])
    bright = series.read_magnitude(0, 0)
    bright = bright > np.median(bright)
    # TE 4, 8, 12 ms: phase without offset is proportional to the echo's number.
    assert np.mean(np.abs(second - 2 * first)[bright] < np.pi / 2) > 0.97
    assert np.mean(np.abs(third - 3 * first)[bright] < np.pi) > 0.97


def test_a_missing_file_is_named_with_its_option(tiny, refused):
    said = refused(["step", "inversion", "tkd", "--field-local", "no.nii", "--mask", tiny.mask, "--out", tiny.out])
    assert "--field-local: no.nii does not exist." in said
    assert not tiny.out.parent.exists()


def test_volumes_on_different_grids_are_refused_and_nothing_is_written(tiny, refused):
    field = tiny.add("field", np.zeros((12, 14, 9)))
    said = refused(["step", "inversion", "tkd", "--field-local", field, "--mask", tiny.mask, "--out", tiny.out])
    assert "mask is (12, 14, 10)" in said
    assert "Resample mask" in said
    assert not tiny.out.parent.exists()


def test_a_value_out_of_range_is_refused(tiny, refused):
    said = refused(
        [
            *("step", "inversion", "tkd", "--field-local", tiny.mask, "--mask", tiny.mask),
            *("--threshold", "-1", "--out", tiny.out),
        ]
    )
    assert "--threshold cannot be -1" in said
    assert "must be" in said
    assert not tiny.out.parent.exists()


def test_an_output_folder_that_cannot_be_made_is_refused(tiny, refused):
    out = f"{tiny.mask}/out"
    said = refused(["step", "inversion", "tkd", "--field-local", tiny.mask, "--mask", tiny.mask, "--out", out])
    assert "cannot be written" in said


def test_a_failure_that_is_no_refusal_is_told_in_a_sentence(tiny, refused, monkeypatch):
    def fails(field_local, mask, grid):
        raise MemoryError("no room")

    monkeypatch.setattr(room("inversion")["tkd"], "_kernel", staticmethod(fails))
    field = tiny.add("field", np.zeros(tiny.brain.shape))
    arguments = ["step", "inversion", "tkd", "--field-local", field, "--mask", tiny.mask, "--out", tiny.out]
    assert "TKD failed: MemoryError: no room" in refused(arguments, status=1)


@pytest.mark.parametrize(
    ("asked", "problem", "cure"),
    [
        (["step", "inverting", "tkd"], "no step 'inverting'", "inversion"),
        (["step", "inversion", "tdk"], "no method 'tdk'", "tkd"),
        (["methods", "inverting"], "no step 'inverting'", "inversion"),
        (["graph", "--preset", "beste"], "no workflow 'beste'", "best"),
    ],
)
def test_an_unknown_name_is_answered_with_the_known_ones(asked, problem, cure, refused):
    said = refused(asked)
    assert problem in said
    assert cure in said
