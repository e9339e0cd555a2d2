"""A digital subject as a BIDS data set: multi-echo gradient echo, magnitude and phase, combined or coil by coil.

Phase is stored in 12 bits with the header's slope and intercept, so that any reader gets radians, as `Units` says.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import nibabel as nib
import numpy as np
from threadpoolctl import threadpool_limits

from nipype_qsm.io import atomically, save_image, save_volume, sidecar_path, write_json
from nipype_qsm.phantoms.anatomy import SPACE
from nipype_qsm.phantoms.brain_pipeline import FRACTION, IMAGE, derived, write_matrix, write_nigra, write_warp
from nipype_qsm.phantoms.t1_space import T1Space
from nipype_qsm.phantoms.truth_folder import write_truth
from nipype_qsm.phantoms.ukb_tree import HALF_RANGE, acquisition_sidecar, in_threads, stored_magnitude, twelve_bit

if TYPE_CHECKING:
    from nipype_qsm.phantoms.subject import DigitalSubject

DERIVATIVES = {
    "desc-brain_mask": "T1_brain_mask",
    "desc-first_dseg": "T1_first_all_fast_firstseg",
    "label-WM_mask": "T1_brain_WM_mask",
    "label-bianca_mask": "T1_unbiased_bianca_mask",
    "label-WMH_mask": "final_mask",
    "label-ventricles_mask": "T1_unbiased_ventmask",
}
"""Name of the file, behind the subject, to what it holds."""


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
    t1 = T1Space(subject)
    _write_weighted(t1, anat, f"sub-{label}")
    _write_derivatives(t1, folder / "derivatives" / "brain", label)
    write_truth(subject, folder / "truth")
    write_nigra(t1, folder / "truth")
    # The truth is no part of the data set. The validator leaves a folder out by its bare name alone.
    with atomically(folder / ".bidsignore") as temporary:
        temporary.write_text("truth\n*_rec-uncombined_*\n")
    return folder


def _write_weighted(t1: T1Space, anat: Path, stem: str) -> None:
    volumes = t1.volumes()
    for suffix, name in (("T1w", "T1"), ("FLAIR", "FLAIR")):
        path = anat / f"{stem}_{suffix}.nii.gz"
        save_volume(volumes[name], t1.frame, path, IMAGE)
        write_json({"Modality": "MR", "MagneticFieldStrength": t1.subject.protocol.field_strength}, sidecar_path(path))


def _write_derivatives(t1: T1Space, folder: Path, label: str) -> None:
    """Write labels, masks and transforms as a derivative data set; `bids.py` reads them by these names."""
    about = {"Name": "brain of the digital subject", "BIDSVersion": "1.10.0", "DatasetType": "derivative"}
    write_json({**about, "GeneratedBy": [{"Name": "nipype_qsm.phantoms"}]}, folder / "dataset_description.json")
    found, stem = derived(t1), f"sub-{label}/anat/sub-{label}"
    for entities, name in DERIVATIVES.items():
        volume, quantity = found[name]
        save_volume(volume, t1.frame, folder / f"{stem}_{entities}.nii.gz", quantity)
    write_matrix(t1.flirt, folder / f"{stem}_from-MEGRE_to-T1w_mode-image_xfm.mat")
    write_warp(t1, folder / f"{stem}_from-T1w_to-{SPACE}_mode-image_xfm.nii.gz")
    mask = folder / f"{stem}_space-MEGRE_desc-brain_mask.nii.gz"
    save_volume(t1.brain_on_gradient_echo(), t1.subject.frame, mask, FRACTION)


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
