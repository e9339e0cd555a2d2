import numpy as np
import pytest

from nipype_qsm.phantoms import DigitalSubject
from nipype_qsm.phantoms.ukb_tree import stored_magnitude, twelve_bit
from nipype_qsm.units import radians_per_ppm


def test_truth_lies_on_the_acquired_grid_with_the_types_of_the_house(subject, truth):
    for name, volume in truth.items():
        assert volume.shape == subject.grid.shape
        assert volume.dtype == (bool if name.startswith("mask_") else np.uint8 if name == "labels" else np.float32)
        assert np.isfinite(volume).all()
    assert 1.2e6 < truth["mask_brain"].sum() * subject.grid.voxel_volume < 1.8e6


def test_the_same_seed_makes_the_same_person_and_scan(subject, truth):
    again = DigitalSubject(subject.protocol, seed=1, threads=2)
    for name, volume in again.truth().items():
        assert np.array_equal(volume, truth[name]), name
    assert np.array_equal(again.signal(1, 2), subject.signal(1, 2))


def test_a_rescan_without_moving_has_new_noise_and_shim_and_the_same_truth(subject, truth):
    second = subject.rescan(move=False)
    other = second.truth()
    for name in ("chi", "labels", "t2star", "field_local", "mask_brain"):
        assert np.array_equal(other[name], truth[name]), name
    assert not np.allclose(other["field_total"], truth["field_total"], atol=1e-4)
    background = truth["labels"] == 0
    assert not np.allclose(second.signal(0, 0)[background], subject.signal(0, 0)[background])


def test_a_rescan_moves_the_head_but_keeps_what_each_structure_holds(subject, truth):
    other = subject.rescan().truth()
    assert not np.array_equal(other["labels"], truth["labels"])
    for number in (10, 49, 12, 51):
        means = [t["chi"][t["labels"] == number].mean() for t in (truth, other)]
        assert means[0] == pytest.approx(means[1], abs=0.006)  # partial volume of 6 mm slices; measured 0.003


def test_the_phase_between_echoes_is_the_total_field(subject, truth):
    product = subject._scan.signals[1] * np.conj(subject._scan.signals[0])
    turn = radians_per_ppm(0.0106, 3.0)
    residual = np.angle(product * np.exp(-1j * turn * truth["field_total"]))
    smooth = truth["mask_brain"] & (np.abs(truth["field_total"]) < 0.15)
    assert np.median(np.abs(residual[smooth])) < 0.05  # measured 0.026
    assert np.corrcoef(np.angle(product)[smooth], truth["field_total"][smooth])[0, 1] > 0.95  # sign; measured 0.973


def test_noise_has_the_promised_level_and_differs_between_coils_and_echoes(subject, truth):
    noise = [
        subject.signal(e, c) - subject.sensitivity(c) * subject._scan.signals[e] for e, c in ((0, 0), (0, 1), (1, 0))
    ]
    for one in noise:
        assert one.real.std() == pytest.approx(subject.noise, rel=0.02)
        assert one.imag.std() == pytest.approx(subject.noise, rel=0.02)
    assert abs(np.corrcoef(noise[0].real.ravel(), noise[1].real.ravel())[0, 1]) < 0.02
    assert abs(np.corrcoef(noise[0].real.ravel(), noise[2].real.ravel())[0, 1]) < 0.02
    level = np.abs(subject._scan.signals[0][truth["mask_brain"]]).mean() / subject.noise
    assert level == pytest.approx(subject.protocol.snr, rel=1e-3)


def test_an_optimal_combination_of_the_coils_is_the_combined_image(subject, truth):
    total = sum(subject.signal(0, c) * subject.sensitivity(c).conj() for c in range(4)) * subject.transmission
    combined = subject.combined(0)
    difference = np.angle(total * combined.conj())[truth["mask_brain"] & (np.abs(combined) > 0.3)]
    assert np.median(np.abs(difference)) < 0.05  # noise alone; measured 0.01


def test_stored_phase_has_twelve_bits_and_reads_back(subject):
    signal = subject.signal(0, 0)
    raw = twelve_bit(signal)
    assert raw.dtype == np.int16
    assert (raw.min(), raw.max()) >= (0, 4000)
    assert raw.max() <= 4095
    back = (raw - 2048) / 2048 * np.pi
    assert np.abs(np.angle(np.exp(1j * (back - np.angle(signal))))).max() < 1.6 * np.pi / 2048
    assert stored_magnitude(signal).min() >= 0


def test_iron_shortens_t2star_and_raises_susceptibility(truth):
    pallidum, thalamus = (np.isin(truth["labels"], n) for n in ((13, 52), (10, 49)))
    assert truth["chi"][pallidum].mean() > truth["chi"][thalamus].mean() + 0.05
    assert np.median(truth["t2star"][pallidum]) < 0.8 * np.median(truth["t2star"][thalamus])


def test_a_calcification_is_diamagnetic_and_only_there_when_asked_for(subject, truth):
    with_it = DigitalSubject(subject.protocol, seed=1, calcification=True, threads=1)
    change = with_it.truth()["chi"] - truth["chi"]
    assert change.min() < -0.3
    assert (np.abs(change) > 1e-3).sum() < 40
    assert with_it.truth()["labels"].max() == truth["labels"].max()


def test_one_coil_and_one_echo_can_be_simulated():
    single = DigitalSubject("small", seed=2, n_coils=1, echo_times=(0.02,), field_strength=7.0, threads=1)
    assert np.array_equal(single.combined(0), single.signal(0, 0))
    assert len(single._scan.signals) == 1
