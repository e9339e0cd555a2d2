"""Make the anatomy that `nipype_qsm.phantoms` ships: every atlas on one grid, in MNI152NLin2009cAsym.

For developers, once: it needs dipy (1.12) beside the package, and the source images, whose origins and licences
stand in `nipype_qsm/phantoms/data/README.md`. CIT168 and Melbourne S1 are already in the space; the ICBM sym-09a
tissue maps and the lateral ventricles drawn on them are brought there by an affine (normalised correlation of the
two ICBM T1 averages, our own optimiser) and a diffeomorphic warp (dipy's symmetric normalisation), which is sampled
every 6 mm, shipped, and applied as shipped. What the transforms achieved is measured here and written to
`anatomy.json`.

    python docs/provenance/make_anatomy.py SOURCES nipype_qsm/phantoms/data
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path

import nibabel as nib
import numpy as np
from dipy.align.imwarp import SymmetricDiffeomorphicRegistration
from dipy.align.metrics import CCMetric
from scipy import ndimage, optimize

SPACE = "MNI152NLin2009cAsym"
SHAPE = (176, 232, 234)
AFFINE = np.array([[1.0, 0, 0, -88], [0, 1, 0, -126], [0, 0, 1, -138], [0, 0, 0, 1]])
WARP_STEP = 6
TISSUE_LEVELS = 24

MELBOURNE = {"hippocampus": (1, 9), "amygdala": (2, 10), "thalamus": ((3, 4), (11, 12))}
CIT168 = {
    "putamen": ((1,), (2,)),
    "caudate": ((3,), (4,)),
    "accumbens": ((5,), (6,)),
    "pallidum": ((9, 11), (10, 12)),
    "substantia_nigra": ((13, 17), (14, 18)),
    "red_nucleus": ((15,), (16,)),
    "subthalamic_nucleus": ((31,), (32,)),
}
NUMBERS = {
    "lateral_ventricle": (4, 43),
    "thalamus": (10, 49),
    "caudate": (11, 50),
    "putamen": (12, 51),
    "pallidum": (13, 52),
    "hippocampus": (17, 53),
    "amygdala": (18, 54),
    "accumbens": (26, 58),
    "substantia_nigra": (27, 59),
    "red_nucleus": (90, 91),
    "subthalamic_nucleus": (92, 93),
    "dentate_nucleus": (94, 95),
}
"""Left and right; FreeSurfer's and FIRST's numbers where these have one."""

SOFT_TISSUE, BONE, AIR_CAVITY, EYE, OUTER_FLUID = 200, 201, 202, 203, 204


def load(path: Path) -> tuple[np.ndarray, np.ndarray]:
    image = nib.load(path)
    return np.asarray(image.dataobj, np.float32), image.affine


def on_grid(volume, affine, *, order=1, move=None, warp=None):
    """Sample a volume on the shipped grid; `move` maps our millimetres to its own, after `warp` [mm] is added."""
    total = np.linalg.inv(affine) @ (np.eye(4) if move is None else move)
    if warp is None:
        return ndimage.affine_transform(volume, (total @ AFFINE)[:3, :3], (total @ AFFINE)[:3, 3], SHAPE, order=order)
    points = np.indices(SHAPE, np.float32).reshape(3, -1)
    points = AFFINE[:3, :3] @ points + AFFINE[:3, 3:] + warp.reshape(3, -1)
    index = total[:3, :3] @ points + total[:3, 3:]
    return ndimage.map_coordinates(volume, index, order=order).reshape(SHAPE)


def correlation(a, b, mask):
    return float(np.corrcoef(a[mask], b[mask])[0, 1])


def dice(a, b):
    return float(2 * np.sum(a & b) / (a.sum() + b.sum()))


def affine_from(parameters):
    """Twelve numbers (shift / 10 mm, then the deviation of the 3 x 3 part from one, x 10) as a matrix."""
    matrix = np.eye(4)
    matrix[:3, 3] = parameters[:3] * 10
    matrix[:3, :3] += parameters[3:].reshape(3, 3) / 10
    return matrix


def fit_affine(fixed, moving, moving_affine):
    """Maximise the correlation of two T1 averages over the twelve numbers of an affine, from 8 to 3 mm."""
    parameters = np.zeros(12)
    for step in (8, 5, 3):
        still = ndimage.gaussian_filter(fixed, step / 2)[::step, ::step, ::step]
        smooth = ndimage.gaussian_filter(moving, step / 2)
        points = np.indices(SHAPE)[:, ::step, ::step, ::step].reshape(3, -1)
        points = AFFINE[:3, :3] @ points + AFFINE[:3, 3:]

        def cost(p, still=still, smooth=smooth, points=points):
            total = np.linalg.inv(moving_affine) @ affine_from(p)
            index = total[:3, :3] @ points + total[:3, 3:]
            return -np.corrcoef(ndimage.map_coordinates(smooth, index, order=1), still.ravel())[0, 1]

        parameters = optimize.minimize(cost, parameters, method="L-BFGS-B", options={"maxiter": 60, "eps": 1e-4}).x
    return affine_from(parameters)


def fit_warp(fixed, moved):
    """Register two T1 averages diffeomorphically; return the displacement [mm] on every sixth voxel."""
    registration = SymmetricDiffeomorphicRegistration(CCMetric(3, sigma_diff=2.0, radius=3), level_iters=[60, 40, 15])
    mapping = registration.optimize(fixed, moved)
    index = np.indices(SHAPE, np.float32)
    forward = np.stack([mapping.transform(axis, interpolation="linear") for axis in index]) - index
    head = ndimage.binary_dilation(fixed > 0, iterations=6)
    smooth = np.stack([ndimage.gaussian_filter(np.where(head, axis, 0), 2.0) for axis in forward])
    return smooth[:, ::WARP_STEP, ::WARP_STEP, ::WARP_STEP]


def full_warp(coarse):
    index = np.indices(SHAPE, np.float32) / WARP_STEP
    return np.stack([ndimage.map_coordinates(c, index, order=1, mode="nearest") for c in coarse]).astype(np.float32)


def millimetres():
    return tuple(np.arange(n, dtype=np.float32) + offset for n, offset in zip(SHAPE, AFFINE[:3, 3], strict=True))


def ellipsoid(centre, radii):
    x, y, z = np.meshgrid(*millimetres(), indexing="ij", sparse=True)
    return sum(((a - c) / r) ** 2 for a, c, r in zip((x, y, z), centre, radii, strict=True)) < 1


def both(centre, radii):
    return ellipsoid(centre, radii) | ellipsoid((-centre[0], *centre[1:]), radii)


def head_around(brain):
    """Scalp, skull, face, neck, eyes and air spaces around the brain: drawn, since the templates are brains only."""
    x, y, z = np.meshgrid(*millimetres(), indexing="ij", sparse=True)
    rng = np.random.default_rng(2009)
    bumps = ndimage.zoom(rng.normal(size=(12, 16, 16)), np.array(SHAPE) / (12, 16, 16), order=3)
    grown = ndimage.distance_transform_edt(~np.pad(brain, 20)) < 14
    hull = (ndimage.distance_transform_edt(grown) > 14)[20:-20, 20:-20, 20:-20] | brain
    exact = ndimage.distance_transform_edt(~hull).astype(np.float32)
    distance = exact + 0.7 * bumps.astype(np.float32)
    face = ellipsoid((0, 38, -62), (60, 58, 70)) & (y > -20)
    nose = ellipsoid((0, 94, -58), (13, 16, 22))
    neck = (((x / 58) ** 2 + ((y + 28) / 60) ** 2) < 1) & (z < -40)
    mass = (distance < 13) | face | nose | neck
    soft = ndimage.gaussian_filter(mass.astype(np.float32), 4, mode="nearest") > 0.5
    head = np.zeros(SHAPE, np.uint8)
    head[soft] = SOFT_TISSUE
    bone = (distance > 1.5) & (distance < 7.5) & ~(z < -80)
    bone |= (
        both((48, -30, -46), (15, 20, 20)) | ellipsoid((0, 22, -36), (26, 24, 12)) | both((30, 44, -58), (18, 22, 20))
    )
    bone |= ellipsoid((0, -2, -46), (12, 20, 16))
    spine = ((x / 24) ** 2 + ((y + 45) / 22) ** 2 < 1) & ((x / 10) ** 2 + ((y + 50) / 9) ** 2 > 1) & (z < -84)
    head[soft & (bone | spine)] = BONE
    head[both((32, 60, -37), (12.5, 12.5, 12.5)) | both((32, 44, -37), (15, 22, 14))] = SOFT_TISSUE
    head[both((32, 62, -37), (12, 12, 12))] = EYE
    air = ellipsoid((0, 22, -36), (13, 12, 9)) | both((7, 46, -34), (7, 17, 10)) | both((11, 77, -9), (10, 6, 13))
    air |= both((29, 46, -59), (12, 16, 15)) | both((6, 56, -56), (4.5, 26, 15)) | both((52, -34, -44), (8, 11, 11))
    air |= both((46, -24, -38), (6, 6, 5)) | (((x / 11) ** 2 + ((y - 6) / 8) ** 2 < 1) & (z < -58))
    air |= (((y + 22) ** 2 + (z + 40) ** 2) < 3.5**2) & (np.abs(x) > 50)
    head[air & (exact > 2.5)] = AIR_CAVITY
    head[(exact < 1.8) | ((distance <= 1.5) & ~air)] = OUTER_FLUID
    return head


def nuclei(sources, wm):
    """Label the deep structures: CIT168 where it has them, Melbourne for the rest, the dentate drawn by hand."""
    melbourne, melbourne_affine = load(sources / "melbourne_subcortex_s1/Tian_Subcortex_S1_3T_2009cAsym.nii.gz")
    cit, cit_affine = load(sources / "cit168_subcortical_atlas/CIT168_maxprob25_ICBM2009cAsym_1mm.nii.gz")
    labels, best, overlap = np.zeros(SHAPE, np.uint8), np.full(SHAPE, 0.5, np.float32), {}
    for table, volume, affine in ((MELBOURNE, melbourne, melbourne_affine), (CIT168, cit, cit_affine)):
        for name, sides in table.items():
            left, right = (sides[1], sides[0]) if table is MELBOURNE else sides
            for number, source in zip(NUMBERS[name], (left, right), strict=True):
                inside = on_grid(np.isin(volume, source).astype(np.float32), affine)
                inside = ndimage.gaussian_filter(inside, 0.8 if table is MELBOURNE else 0.4)
                better = inside > (best if table is MELBOURNE else 0.5)
                labels[better] = number
                best[better] = inside[better]
    for name, theirs in {"putamen": (7, 15), "caudate": (8, 16), "pallidum": (6, 14), "accumbens": (5, 13)}.items():
        other = on_grid(np.isin(melbourne, theirs).astype(np.float32), melbourne_affine) > 0.5
        overlap[name] = round(dice(np.isin(labels, NUMBERS[name]), other), 3)
    x, y, z = np.meshgrid(*millimetres(), indexing="ij", sparse=True)
    for number, side in zip(NUMBERS["dentate_nucleus"], (-1, 1), strict=True):
        ripple = 1 + 0.12 * np.sin(1.1 * z + 0.6 * y)
        radius = ((x - side * 14) / 5.5) ** 2 + ((y + 57 + 0.4 * (z + 33)) / 8.5) ** 2 + ((z + 33) / 5) ** 2
        shell = (radius < ripple) & (((x - side * 12) / 3) ** 2 + ((y + 54) / 5) ** 2 + ((z + 33) / 2.2) ** 2 > 1)
        labels[shell] = number
    return labels, overlap


def tissue_overlap(brain, gm, wm, fixed):
    """Compare moved tissue with the classes that the fixed T1 itself shows (between three Otsu-like levels)."""
    values = fixed[brain]
    low, high = np.percentile(values, (12, 62))
    return {
        "white_matter": round(dice((wm > gm) & (wm > 0.5) & brain, (fixed > high) & brain), 3),
        "grey_and_white_matter": round(dice((gm + wm > 0.5) & brain, (fixed > low) & brain), 3),
    }


def save(volume, path, slope=1.0):
    image = nib.Nifti1Image(volume, AFFINE)
    image.header.set_xyzt_units("mm", "sec")
    image.set_qform(AFFINE, code=4)
    image.set_sform(AFFINE, code=4)
    image.header["descrip"] = SPACE.encode()
    if slope != 1.0:
        image.header.set_slope_inter(slope, 0)
    nib.save(image, path)


def main(sources: Path, out: Path) -> None:
    icbm = sources / "icbm152_templates"
    fixed = on_grid(*load(icbm / "mni_icbm152_t1_tal_nlin_asym_09c_brain.nii.gz"))
    moving, moving_affine = load(icbm / "mni_icbm152_t1_tal_nlin_sym_09a_converted.nii.gz")
    grey, white = (load(icbm / f"mni_icbm152_{t}_tal_nlin_sym_09a_converted.nii.gz")[0] / 255 for t in ("gm", "wm"))
    ventricles = load(icbm / "derived_lateral_ventricles_LR_sym09a_1mm.nii.gz")[0]
    brain = ndimage.binary_fill_holes(ndimage.binary_closing(fixed > 0, iterations=2))

    move = fit_affine(fixed, moving, moving_affine)
    stages = {"identity": {"move": np.eye(4)}, "affine": {"move": move}}
    record_of_warp = out / "warp_2009c_to_sym09a.npz"
    if record_of_warp.exists():  # delete it to register anew
        coarse = np.load(record_of_warp)["displacement_centi_mm"]
    else:
        coarse = fit_warp(fixed / fixed.max(), on_grid(moving, moving_affine, move=move) / moving.max())
        coarse = np.round(coarse * 100).astype(np.int16)
        out.mkdir(parents=True, exist_ok=True)
        np.savez_compressed(record_of_warp, displacement_centi_mm=coarse, step_mm=WARP_STEP, affine=AFFINE)
    warp = full_warp(coarse.astype(np.float32) / 100)
    stages["affine and warp"] = {"move": move, "warp": warp}
    record: dict = {
        "space": SPACE,
        "resolution_mm": 1,
        "affine_2009c_to_sym09a_mm": move.round(6).tolist(),
        "overlap": {},
    }
    for name, how in stages.items():
        t1, gm, wm = (on_grid(v, moving_affine, **how) for v in (moving, grey, white))
        left_right = [on_grid((ventricles == side).astype(np.float32), moving_affine, **how) > 0.5 for side in (1, 2)]
        chambers = left_right[0] | left_right[1]
        dark = fixed < np.percentile(fixed[brain], 12)
        record["overlap"][name] = {
            "t1_correlation_in_brain": round(correlation(fixed, t1, brain), 4),
            "brain_dice": round(
                dice(brain, ndimage.binary_fill_holes(ndimage.binary_closing(t1 > 1, iterations=2))), 4
            ),
            **tissue_overlap(brain, gm, wm, fixed),
            "ventricle_voxels_dark_in_t1": round(float((chambers & dark).sum() / chambers.sum()), 3),
        }
        print(name, record["overlap"][name], flush=True)
    record["warp_mm"] = {
        "mean": round(float(np.linalg.norm(warp[:, brain], axis=0).mean()), 3),
        "largest": round(float(np.linalg.norm(warp[:, brain], axis=0).max()), 3),
    }
    labels, record["cit168_against_melbourne_dice"] = nuclei(sources, wm)
    for number, chamber in zip(NUMBERS["lateral_ventricle"], left_right, strict=True):
        labels[chamber & (labels == 0)] = number
    labels[~brain] = 0
    labels = np.where(brain & (labels == 0), 1, labels)
    labels = np.where(brain, labels, head_around(brain)).astype(np.uint8)
    record["volume_mm3"] = {n: [int((labels == k).sum()) for k in NUMBERS[n]] for n in NUMBERS}
    record["volume_mm3"]["brain"] = int(brain.sum())

    save(labels, out / "labels.nii.gz")
    for name, tissue in (("grey_matter", gm), ("white_matter", wm)):
        levels = np.round(np.where(brain, np.clip(tissue, 0, 1), 0) * TISSUE_LEVELS).astype(np.uint8)
        save(levels, out / f"{name}.nii.gz", slope=1 / TISSUE_LEVELS)
    record["sha256"] = {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in sorted(out.glob("*.*z"))}
    (out / "anatomy.json").write_text(json.dumps(record, indent=2) + "\n")
    print(json.dumps(record, indent=1))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
