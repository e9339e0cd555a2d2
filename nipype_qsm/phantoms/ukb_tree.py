"""A digital subject as UK Biobank would have stored it.

One magnitude and one phase file for every coil and echo, phase as raw 12-bit numbers, the scanner's combined images,
the T1-space masks and labels that the susceptibility pipeline takes, and FLIRT matrices between the two. Coils are made
and written one at a time, on a few threads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

import nibabel as nib
import numpy as np
from threadpoolctl import threadpool_limits

from nipype_qsm.geometry import Frame
from nipype_qsm.io import atomically, save_image, sidecar_path, write_json
from nipype_qsm.phantoms.t1_space import T1Space
from nipype_qsm.phantoms.truth_folder import write_truth

if TYPE_CHECKING:
    from nipype_qsm.phantoms.subject import DigitalSubject

MAGNITUDE_SCALE = 1200.0
"""Stored magnitude of white matter at echo time zero where the coils' root sum of squares is 1."""
HALF_RANGE = 2048
"""Raw phase: (raw - 2048) / 2048 * pi."""
TWELVE_BIT_UNITS = "12-bit: (value - 2048) / 2048 * pi rad"
COIL_MAGNITUDE_SERIES, COIL_PHASE_SERIES = 17, 20


def twelve_bit(signal: np.ndarray) -> np.ndarray:
    """Return the phase of a signal as raw integers from 0 to 4095, int16."""
    raw = np.arctan2(signal.imag, signal.real)
    raw *= np.float32(HALF_RANGE / np.pi)
    raw += np.float32(HALF_RANGE)
    return np.minimum(np.rint(raw, out=raw), 2 * HALF_RANGE - 1).astype(np.int16)


def stored_magnitude(signal: np.ndarray) -> np.ndarray:
    """Return the magnitude of a signal as the scanner's integers, int16."""
    magnitude = np.hypot(signal.real, signal.imag)
    magnitude *= np.float32(MAGNITUDE_SCALE)
    return np.minimum(np.rint(magnitude, out=magnitude), 32767).astype(np.int16)


def save_integers(volume: np.ndarray, frame: Frame, path: Path, sidecar: dict[str, object] | None = None) -> Path:
    """Write integers, scanner affine in both forms, and a side-car."""
    image = nib.Nifti1Image(volume, frame.affine)
    image.header.set_xyzt_units("mm", "sec")
    image.set_qform(frame.affine, 1)
    image.set_sform(frame.affine, 1)
    if sidecar:
        write_json(sidecar, sidecar_path(path))
    return save_image(image, path)


def acquisition_sidecar(subject: DigitalSubject, echo: int) -> dict[str, object]:
    """Return what a scanner's side-car says about an echo (from 0)."""
    protocol = subject.protocol
    return {
        "Modality": "MR",
        "Manufacturer": "nipype_qsm",
        "ManufacturersModelName": "digital subject",
        "MagneticFieldStrength": protocol.field_strength,
        "EchoNumber": echo + 1,
        "EchoTime": protocol.echo_times[echo],
        "RepetitionTime": protocol.repetition_time,
        "FlipAngle": protocol.flip_angle,
        "MRAcquisitionType": "3D",
        "ScanningSequence": "GR",
    }


def write_ukb(subject: DigitalSubject, folder: str | Path) -> Path:
    """Write a UK-Biobank-style subject tree and a `truth` folder.

    Parameters
    ----------
    subject : DigitalSubject
    folder : path

    Returns
    -------
    folder : Path
        Holds SWI/{MAG,PHA}_TE{1,2}, SWI/SWI_TOTAL_{MAG,PHA}[_TE2], SWI/{SWI_to_T1,T1_to_SWI}.mat, T1, T2_FLAIR/lesions
        and truth.
    """
    folder = Path(folder)
    subject.truth()
    swi = folder / "SWI"
    _write_coils(subject, swi)
    t1 = T1Space(subject)
    t1.write(folder)
    for name, matrix in (("SWI_to_T1", t1.flirt), ("T1_to_SWI", np.linalg.inv(t1.flirt))):
        _write_matrix(matrix, swi / f"{name}.mat")
    write_truth(subject, folder / "truth")
    return folder


def _write_coils(subject: DigitalSubject, swi: Path) -> None:
    n_echoes, shape = len(subject.protocol.echo_times), subject.protocol.shape
    power = [np.zeros(shape, np.float32) for _ in range(n_echoes)]
    total = [np.zeros(shape, np.complex64) for _ in range(n_echoes)]
    lock = Lock()

    def one(coil: int) -> None:
        sensitivity = subject.sensitivity(coil)
        for echo in range(n_echoes):
            signal = subject.signal(echo, coil, sensitivity=sensitivity)
            _write_pair(subject, signal, swi, echo, coil)
            weighted, own = signal * sensitivity.conj(), signal.real**2 + signal.imag**2
            with lock:
                total[echo] += weighted
                power[echo] += own

    in_threads(one, range(subject.protocol.n_coils), subject.threads)
    for echo in range(n_echoes):
        sidecar, suffix = acquisition_sidecar(subject, echo), "" if echo == 0 else f"_TE{echo + 1}"
        magnitude = stored_magnitude(np.sqrt(power[echo]).astype(np.complex64))
        save_integers(magnitude, subject.frame, swi / f"SWI_TOTAL_MAG{suffix}.nii.gz", sidecar)
        about = {**sidecar, "Units": TWELVE_BIT_UNITS}
        save_integers(
            twelve_bit(total[echo] * subject.transmission), subject.frame, swi / f"SWI_TOTAL_PHA{suffix}.nii.gz", about
        )


def _write_pair(subject: DigitalSubject, signal: np.ndarray, swi: Path, echo: int, coil: int) -> None:
    stem = f"SWI_3MM_UPDATED_V1.1_COIL{coil + 1:02d}_ECHO{echo + 1}"
    for kind, series, volume, units in (
        ("MAG", COIL_MAGNITUDE_SERIES, stored_magnitude(signal), "arbitrary"),
        ("PHA", COIL_PHASE_SERIES, twelve_bit(signal), TWELVE_BIT_UNITS),
    ):
        about = {"SeriesNumber": series, "CoilString": f"H{coil + 1}", "Units": units}
        path = swi / f"{kind}_TE{echo + 1}" / f"{stem}_{series}.nii.gz"
        save_integers(volume, subject.frame, path, {**acquisition_sidecar(subject, echo), **about})


def in_threads(work: Callable[[int], None], items: Iterable[int], threads: int) -> None:
    """Do independent pieces of work on a few threads."""
    with threadpool_limits(1), ThreadPoolExecutor(threads) as pool:
        list(pool.map(work, items))


def _write_matrix(matrix: np.ndarray, path: Path) -> None:
    with atomically(path) as temporary:
        np.savetxt(temporary, matrix, fmt="%.10f", delimiter="  ")
