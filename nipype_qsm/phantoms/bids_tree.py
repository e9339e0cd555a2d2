"""A digital subject as a BIDS data set: multi-echo gradient echo, magnitude and phase, combined or coil by coil.

Phase is stored in 12 bits with the header's slope and intercept, so that any reader gets radians, as `Units` says.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import nibabel as nib
import numpy as np
from threadpoolctl import threadpool_limits

from nipype_qsm.io import save_image, sidecar_path, write_json
from nipype_qsm.phantoms.truth_folder import write_truth
from nipype_qsm.phantoms.ukb_tree import HALF_RANGE, acquisition_sidecar, in_threads, stored_magnitude, twelve_bit

if TYPE_CHECKING:
    from nipype_qsm.phantoms.subject import DigitalSubject


def write_bids(subject: DigitalSubject, folder: str | Path, *, label: str = "01", uncombined: bool = False) -> Path:
    """Write a BIDS data set and a `truth` folder.

    Parameters
    ----------
    subject : DigitalSubject
    folder : path
    label : str
        Of the participant.
    uncombined : bool
        Whether each coil is written too (`rec-uncombined_coil-NN`).

    Returns
    -------
    folder : Path
    """
    folder = Path(folder)
    anat = folder / f"sub-{label}" / "anat"
    write_json(
        {
            "Name": "nipype_qsm digital subject",
            "BIDSVersion": "1.10.0",
            "DatasetType": "raw",
            "GeneratedBy": [{"Name": "nipype_qsm.phantoms"}],
        },
        folder / "dataset_description.json",
    )
    for echo in range(len(subject.protocol.echo_times)):
        with threadpool_limits(1):
            _write_signal(subject, subject.combined(echo), anat, f"sub-{label}_echo-{echo + 1}", echo)
        if uncombined:

            def one(coil: int, echo: int = echo) -> None:
                stem = f"sub-{label}_rec-uncombined_coil-{coil + 1:02d}_echo-{echo + 1}"
                _write_signal(subject, subject.signal(echo, coil), anat, stem, echo)

            in_threads(one, range(subject.protocol.n_coils), subject.threads)
    write_truth(subject, folder / "truth")
    return folder


def _write_signal(subject: DigitalSubject, signal: np.ndarray, anat: Path, stem: str, echo: int) -> None:
    sidecar = acquisition_sidecar(subject, echo)
    for part, volume in (("mag", stored_magnitude(signal)), ("phase", twelve_bit(signal))):
        image = nib.Nifti1Image(volume, subject.affine)
        image.header.set_xyzt_units("mm", "sec")
        image.set_qform(subject.affine, 1)
        image.set_sform(subject.affine, 1)
        if part == "phase":
            image.header.set_slope_inter(np.pi / HALF_RANGE, -np.pi)
        path = anat / f"{stem}_part-{part}_MEGRE.nii.gz"
        save_image(image, path)
        write_json({**sidecar, "Units": "rad" if part == "phase" else "arbitrary"}, sidecar_path(path))
