import numpy as np
import pytest

from nipype_qsm.io import open_image, read_array, read_json, read_sidecar


@pytest.fixture(scope="module")
def dataset(subject, tmp_path_factory):
    return subject.write_bids(tmp_path_factory.mktemp("bids") / "data", uncombined=True)


def test_phase_is_in_radians_as_its_side_car_says(dataset, subject, truth):
    path = dataset / "sub-01/anat/sub-01_echo-1_part-phase_MEGRE.nii.gz"
    assert read_sidecar(path)["Units"] == "rad"
    phase = read_array(path)
    assert -np.pi - 1e-5 <= phase.min() < -3 < 3 < phase.max() < np.pi
    signal = subject.combined(0)
    assert np.abs(np.angle(np.exp(1j * phase) * signal.conj())[truth["mask_brain"]]).max() < 2.6e-3
    assert open_image(path).get_data_dtype() == np.int16


def test_magnitude_and_echo_times_are_declared(dataset):
    path = dataset / "sub-01/anat/sub-01_echo-2_part-mag_MEGRE.nii.gz"
    sidecar = read_sidecar(path)
    assert (sidecar["Units"], sidecar["EchoTime"], sidecar["MagneticFieldStrength"]) == ("arbitrary", 0.020, 3.0)
    assert read_json(dataset / "dataset_description.json")["BIDSVersion"]


def test_uncombined_coils_are_written_when_asked_for(dataset, subject):
    names = sorted(f.name for f in (dataset / "sub-01/anat").glob("*rec-uncombined*echo-1_part-phase*.nii.gz"))
    assert names == [f"sub-01_rec-uncombined_coil-{c:02d}_echo-1_part-phase_MEGRE.nii.gz" for c in (1, 2, 3, 4)]
    phase = read_array(dataset / "sub-01/anat" / names[2])
    expected = subject.signal(0, 2)
    strong = np.abs(expected) > 0.1
    assert np.abs(np.angle(np.exp(1j * phase) * expected.conj())[strong]).max() < 2.6e-3
