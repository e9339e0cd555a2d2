"""Each thing a user can get wrong: the problem and its cure are said, the status is 2, and nothing is written."""

from pathlib import Path

import numpy as np
import pytest

from nipype_qsm.cli.main import main

SHIFTED = np.array([[1.0, 0, 0, 3], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]])


def missing_coil(tiny):
    names = [(echo, coil) for echo in (1, 2) for coil in (1, 2)]
    tiny.phase = [tiny.add_phase(f"phase_coil-{coil}_echo-{echo}", echo) for echo, coil in names][:3]
    tiny.magnitude = [tiny.add(f"magnitude_coil-{coil}_echo-{echo}", tiny.brain) for echo, coil in names][:3]


def mixed_shapes(tiny):
    tiny.phase[1] = tiny.add_phase("phase_e2", 2, shape=(12, 14, 9))


def mixed_affines(tiny):
    tiny.magnitude[1] = tiny.add("magnitude_e2", tiny.brain, affine=SHIFTED)


def times_in_milliseconds(tiny):
    tiny.without_sidecars()
    return ["--echo-times", "10", "20", "--field-strength", "3", "--phase-range", "-3.1416", "3.1416"]


def times_in_wrong_order(tiny):
    tiny.without_sidecars()
    return ["--echo-times", "0.02", "0.01", "--field-strength", "3", "--phase-range", "-3.1416", "3.1416"]


def files_in_wrong_order(tiny):
    tiny.phase.reverse()
    tiny.magnitude.reverse()


def too_many_times(tiny):
    return ["--echo-times", "0.01", "0.02", "0.03"]


def no_times(tiny):
    tiny.without_sidecars()
    return ["--field-strength", "3", "--phase-range", "-3.1416", "3.1416"]


def field_strength_in_hertz(tiny):
    tiny.without_sidecars()
    return ["--echo-times", "0.01", "0.02", "--field-strength", "127740000", "--phase-range", "-3.1416", "3.1416"]


def coils_of_one_echo(tiny):
    tiny.phase = [tiny.add_phase(f"phase_coil-{coil}_echo-1", 1) for coil in (1, 2)]
    tiny.magnitude = [tiny.add(f"magnitude_coil-{coil}_echo-1", tiny.brain) for coil in (1, 2)]


def unknown_scale(tiny):
    raw = tiny.rng.integers(0, 4096, tiny.brain.shape)
    tiny.phase = [
        tiny.add(f"raw_e{n}", raw, kind=np.int16, sidecar={"EchoTime": 0.01 * n, "MagneticFieldStrength": 3})
        for n in (1, 2)
    ]


def empty_phase_range(tiny):
    return ["--phase-range", "4096", "0"]


def phase_difference(tiny):
    sidecar = {"EchoTime1": 0.00492, "EchoTime2": 0.00738, "MagneticFieldStrength": 3, "Units": "rad"}
    tiny.phase = [tiny.add("sub-1_phasediff", tiny.rng.uniform(-3, 3, tiny.brain.shape), sidecar=sidecar)]
    tiny.magnitude = tiny.magnitude[:1]


def unwrapped_phase(tiny):
    sidecar = {"EchoTime": 0.02, "MagneticFieldStrength": 3, "Units": "rad"}
    tiny.phase[1] = tiny.add("phase_e2", tiny.rng.uniform(-9, 9, tiny.brain.shape), sidecar=sidecar)


def phase_with_nan(tiny):
    volume = np.zeros(tiny.brain.shape)
    volume[3, 4, 5] = np.nan
    sidecar = {"EchoTime": 0.02, "MagneticFieldStrength": 3, "Units": "rad"}
    tiny.phase[1] = tiny.add("phase_e2", volume, sidecar=sidecar)


def magnitude_with_infinity(tiny):
    volume = np.ones(tiny.brain.shape)
    volume[3, 4, 5] = np.inf
    tiny.magnitude[0] = tiny.add("magnitude_e1", volume)


def fewer_magnitudes(tiny):
    tiny.magnitude = tiny.magnitude[:1]


def same_file_twice(tiny):
    tiny.phase[1] = tiny.phase[0]


def empty_mask(tiny):
    tiny.mask = tiny.add("mask", 0 * tiny.brain)


def mask_of_another_shape(tiny):
    tiny.mask = tiny.add("mask", tiny.brain[:, :, :8])


def mask_somewhere_else(tiny):
    tiny.mask = tiny.add("mask", tiny.brain, affine=SHIFTED)


def mask_of_four_axes(tiny):
    tiny.mask = tiny.add("mask", np.stack([tiny.brain] * 2, axis=-1))


def three_volumes_for_two_echoes(tiny):
    tiny.phase = [tiny.add_phase("phase4d", 1, shape=(*tiny.brain.shape, 3))]
    tiny.magnitude = [tiny.add("magnitude4d", np.ones((*tiny.brain.shape, 3)))]
    tiny.without_sidecars()
    return ["--echo-times", "0.01", "0.02", "--field-strength", "3", "--phase-range", "-3.1416", "3.1416"]


def cut(path, n_bytes):
    path = Path(path)
    path.write_bytes(path.read_bytes()[:-n_bytes])


def phase_cut_off(tiny):
    raw = tiny.rng.integers(0, 4096, tiny.brain.shape)
    for n in (1, 2):
        sidecar = {"EchoTime": 0.01 * n, "MagneticFieldStrength": 3}
        tiny.phase[n - 1] = tiny.add(f"raw_e{n}", raw, kind=np.int16, sidecar=sidecar)
    cut(tiny.phase[1], 60)
    return ["--phase-range", "0", "4096"]


def plain_magnitude_cut_off(tiny):
    tiny.magnitude[1] = tiny.add("magnitude_e2", tiny.brain, ending=".nii", kind=np.int16)
    cut(tiny.magnitude[1], 60)


def mask_cut_off(tiny):
    cut(tiny.mask, 20)


def not_an_image(tiny):
    Path(tiny.magnitude[1]).write_text("nothing")


def no_such_phase(tiny):
    tiny.phase[1] = str(tiny.folder / "missing.nii.gz")


def no_such_mask(tiny):
    tiny.mask = str(tiny.folder / "missing.nii.gz")


def no_direction(tiny):
    return ["--b0-direction", "0", "0", "0"]


def reference_outside(tiny):
    outside = 0 * tiny.brain
    outside[0, 0] = 1
    return ["--reference-mask", tiny.add("ventricles", outside)]


def unknown_preset(tiny):
    return ["--preset", "beste"]


def unknown_method(tiny):
    return ["--inversion", "tdk"]


def unknown_plugin(tiny):
    return ["--plugin", "Slurmy"]


CASES = [
    (missing_coil, "coil 2, echo 2 is missing", "Give every coil"),
    (mixed_shapes, "(12, 14, 9)", "Resample"),
    (mixed_affines, "another affine", "Resample"),
    (times_in_milliseconds, "[10.0, 20.0]", "seconds"),
    (times_in_wrong_order, "do not increase", "from the shortest echo time to the longest"),
    (files_in_wrong_order, "[2, 1]", "first echo to the last"),
    (too_many_times, "3 echo times were given for 2", "one echo time per echo"),
    (no_times, "No echo time is known", "--echo-times"),
    (field_strength_in_hertz, "1.2774e+08", "tesla"),
    (coils_of_one_echo, "One echo of 2 coils", "second echo"),
    (unknown_scale, "not declared", "--phase-range LOW HIGH"),
    (empty_phase_range, "4096 to 0", "LOW before HIGH"),
    (phase_difference, "difference of two echoes", "Give the phase image of each echo"),
    (unwrapped_phase, "wrapped phase stays within pi", "--phase-range"),
    (phase_with_nan, "not finite", "set them to zero"),
    (magnitude_with_infinity, "not finite", "set them to zero"),
    (fewer_magnitudes, "magnitude", "one magnitude file for every phase file"),
    (same_file_twice, "more than once", "Give every file once"),
    (empty_mask, "--mask", "at least one voxel"),
    (mask_of_another_shape, "--mask is (12, 14, 8)", "Resample"),
    (mask_somewhere_else, "--mask", "another affine"),
    (mask_of_four_axes, "one 3-D volume", "Split it"),
    (three_volumes_for_two_echoes, "do not fit 2 echoes", "(x, y, z, echo)"),
    (phase_cut_off, "raw_e2.nii.gz is truncated", "Copy or download"),
    (plain_magnitude_cut_off, "magnitude_e2.nii is truncated", "Copy or download"),
    (mask_cut_off, "mask.nii.gz is truncated", "Copy or download"),
    (not_an_image, "cannot be opened as an image", "Copy or convert"),
    (no_such_phase, "--phase", "does not exist"),
    (no_such_mask, "--mask", "does not exist"),
    (no_direction, "direction", "voxel"),
    (reference_outside, "No voxel of --reference-mask", "belong to this subject"),
    (unknown_preset, "no preset 'beste'", "ukb, best"),
    (unknown_method, "no method 'tdk'", "ilsqr"),
    (unknown_plugin, "no plugin 'Slurmy'", "MultiProc"),
]


@pytest.mark.parametrize(("spoil", "problem", "cure"), CASES, ids=[case[0].__name__ for case in CASES])
def test_bad_input_is_named_with_its_cure_and_nothing_is_written(spoil, problem, cure, tiny, refused):
    more = spoil(tiny) or []
    before = sorted(tiny.folder.rglob("*"))
    said = refused(tiny.arguments(*more))
    assert problem in said
    assert cure in said
    assert sorted(tiny.folder.rglob("*")) == before


def test_a_folder_that_cannot_be_made_is_refused(tiny, refused):
    tiny.out = Path(tiny.mask) / "out"
    said = refused(tiny.arguments())
    assert "cannot be written" in said
    assert "folder you may write to" in said


def test_a_file_in_the_place_of_the_output_folder_is_refused_and_kept(tiny, refused):
    tiny.out = tiny.folder / "taken"
    tiny.out.write_text("mine")
    assert "cannot be written" in refused(tiny.arguments())
    assert tiny.out.read_text() == "mine"


def test_a_work_folder_that_cannot_be_made_leaves_no_output_folder(tiny, refused):
    assert "cannot be written" in refused(tiny.arguments("--work-dir", Path(tiny.mask) / "work"))
    assert not tiny.out.parent.exists()


@pytest.mark.parametrize("plugin", ["Linear", "MultiProc"])
def test_a_refusal_inside_a_node_reads_like_any_other_and_leaves_nothing(plugin, tiny, refused):
    said = refused(tiny.arguments("--plugin", plugin, "--n-procs", "1", "--quiet"))
    assert said.startswith("nipype-qsm: No pair of lateral ventricles was found")
    assert "--reference-mask FILE" in said
    assert not tiny.out.parent.exists()


def test_what_was_in_the_output_folder_stays_when_the_input_is_refused(tiny, refused):
    tiny.out.mkdir(parents=True)
    (tiny.out / "notes.txt").write_text("mine")
    refused(tiny.arguments("--quiet"))
    assert [path.name for path in tiny.out.iterdir()] == ["notes.txt"]


def test_the_output_of_another_run_beside_this_one_stays(tiny, refused, monkeypatch):
    from nipype_qsm.cli import running

    other = tiny.out.with_name("other") / "chi.nii.gz"
    whole = running.run

    def with_company(*arguments):
        other.parent.mkdir()
        other.write_text("theirs")
        return whole(*arguments)

    monkeypatch.setattr(running, "run", with_company)
    refused(tiny.arguments("--quiet"))
    assert not tiny.out.exists()
    assert other.read_text() == "theirs"


@pytest.mark.parametrize("n_procs", ["0", "-2", "many"])
def test_a_count_of_cores_below_one_is_refused(n_procs, tiny, capsys):
    with pytest.raises(SystemExit) as stopped:
        main(tiny.arguments("--n-procs", n_procs))
    assert stopped.value.code == 2
    assert "at least 1" in capsys.readouterr().err
