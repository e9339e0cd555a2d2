"""The truth of a digital subject as files: volumes, label names, and a table of what each structure holds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from nipype_qsm.io import atomically, save_volume, write_json
from nipype_qsm.phantoms.anatomy import SPACE
from nipype_qsm.quantities import VOCABULARY, Quantity

if TYPE_CHECKING:
    from nipype_qsm.phantoms.subject import DigitalSubject

LABELS = Quantity("labels", "", "structure numbers; names in structures.tsv")
LESIONS = Quantity("mask_lesions", "", "white matter hyperintensities", mask=True)


def structure_table(subject: DigitalSubject) -> list[dict[str, object]]:
    """Return number, name, volume, mean chi and median T2* of each label on the acquired grid, and its nominal chi."""
    truth = subject.truth()
    labels, rows = truth["labels"], []
    for number, name in subject.label_names.items():
        here = (labels == number) & truth["mask_brain"]
        if here.any():
            rows.append(
                {
                    "number": number,
                    "name": name,
                    "volume_mm3": float(here.sum() * subject.grid.voxel_volume),
                    "chi_ppm": float(truth["chi"][here].mean(dtype=np.float64)),
                    "t2star_s": float(np.median(truth["t2star"][here])),
                    "nominal_chi_ppm": subject.head.structures[name.removeprefix("left_").removeprefix("right_")].chi,
                }
            )
    return rows


def write_truth(subject: DigitalSubject, folder: Path) -> Path:
    """Write `chi`, `field_total`, `field_local`, `t2star`, `labels`, the masks, structures.tsv and subject.json.

    Parameters
    ----------
    subject : DigitalSubject
    folder : Path
    """
    for name, volume in subject.truth().items():
        quantity = VOCABULARY.get(name) or (LABELS if name == "labels" else LESIONS)
        save_volume(volume, subject.frame, folder / f"{name}.nii.gz", quantity)
    rows = structure_table(subject)
    with atomically(folder / "structures.tsv") as temporary:
        lines = ["\t".join(rows[0])] + ["\t".join(_cell(value) for value in row.values()) for row in rows]
        temporary.write_text("\n".join(lines) + "\n")
    about = {
        "seed": subject.seed,
        "scan": subject.scan,
        "space_of_anatomy": SPACE,
        "template_to_scanner_mm": subject.to_scanner.tolist(),
        "b0_direction": list(subject.grid.b0_direction),
        "protocol": vars(subject.protocol),
        "noise": subject.noise,
    }
    write_json(about, folder / "subject.json")
    return folder


def _cell(value: object) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)
