"""Registration: resampling beside fslpy, and Greedy in the graph beside its own command line.

    python benchmarks/register.py [apply] [templates] [subject] [alignment] [warps] [--threads 1]

`apply` moves 256 x 288 x 48 voxels to 182 x 218 x 182 through a matrix and a displacement field. `templates` lays ICBM
2009a (symmetric) on 2009c, where the shared data are beside the checkout; `subject` lays a T1 image of the digital
subject, bent at random, on 2009c and brings brain mask and labels back. `alignment` rates right and wrong
places of the gradient echo, `warps` a head's own and others' ways to the template. Times are processor seconds.
"""

from __future__ import annotations

import argparse
import io
import resource
import tempfile
import time
from pathlib import Path

import nibabel as nib
import numpy as np
from scipy import ndimage
from scipy.spatial.transform import Rotation

from nipype_qsm.atlases import ICBM2009C
from nipype_qsm.geometry import Frame
from nipype_qsm.interfaces.register import ApplyTransform, ComposeTransforms, Greedy, TemplateAlignment
from nipype_qsm.kernels.register.alignment import alignment
from nipype_qsm.kernels.register.apply_transform import apply_transform
from nipype_qsm.kernels.register.chain import Displacement, Matrix
from nipype_qsm.kernels.register.spline_field import spline_field
from nipype_qsm.phantoms import DigitalSubject
from nipype_qsm.phantoms.brain_pipeline import template_frame, write_warp
from nipype_qsm.phantoms.coils import helmet
from nipype_qsm.phantoms.t1_space import T1Space
from nipype_qsm.transforms import flirt_from_world, fsl_mm, load_chain, save_field, save_matrix

TURNS = {5: (0.0, 0.0, 5.0), 9: (6.0, 4.0, -5.4)}
SHARED = Path(__file__).resolve().parents[2] / "shared" / "data" / "icbm152_templates"


def timed(run):
    begin = time.process_time()
    result = run()
    return time.process_time() - begin, result


def peak_gb():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2


def dice(a, b):
    return 2 * np.count_nonzero(a & b) / max(1, np.count_nonzero(a) + np.count_nonzero(b))


def array(path):
    return np.asarray(nib.load(path).dataobj)


def apply(_options, folder):
    """Time our resampling and fslpy's, and compare what they give."""
    from fsl.data.image import Image
    from fsl.transform.affine import concat, invert
    from fsl.transform.fnirt import readFnirt
    from fsl.transform.nonlinear import applyDeformation

    rng = np.random.default_rng(0)
    reference = Frame((182, 218, 182), np.array([[-1.0, 0, 0, 90], [0, 1, 0, -126], [0, 0, 1, -72], [0, 0, 0, 1]]))
    moving = Frame((256, 288, 48), np.array([[0.8, 0, 0, -102], [0, 0.8, 0, -115], [0, 0, 3, -72], [0, 0, 0, 1.0]]))
    values = ndimage.gaussian_filter(rng.normal(size=moving.shape), (3, 3, 1)).astype(np.float32)
    seconds, field = timed(lambda: spline_field(rng.normal(size=(22, 25, 22, 3)), (10, 10, 10), reference.shape))
    print(f"coefficients to field   {seconds:6.2f} s")
    for frame, name, data in ((moving, "moving", values), (reference, "reference", np.zeros(reference.shape, "f4"))):
        nib.save(nib.Nifti1Image(data, frame.affine), folder / f"{name}.nii")
    save_field(np.moveaxis(field, 0, 3), reference, folder / "warp.nii")
    matrix = flirt_from_world(np.eye(4), moving, reference)
    save_matrix(matrix, folder / "move.mat")
    chain = load_chain([folder / "move.mat", folder / "warp.nii"], moving, reference, displacements="relative")
    source, target = Image(str(folder / "moving.nii")), Image(str(folder / "reference.nii"))
    warp = readFnirt(str(folder / "warp.nii"), target, target, defType="relative")
    premat = concat(invert(fsl_mm(reference)), matrix, source.getAffine("voxel", "fsl"))
    for order, name in ((1, "linear"), (3, "spline"), (0, "nearest")):
        ours, made = timed(lambda name=name: apply_transform(values, chain, shape=reference.shape, interpolation=name))
        theirs, expected = timed(
            lambda order=order: applyDeformation(source, warp, order=order, mode="constant", cval=0, premat=premat)
        )
        inside = ndimage.binary_erosion((made.moved != 0) & (expected != 0), iterations=6)
        apart = np.abs(made.moved - expected)[inside].max() / np.abs(expected).max()
        print(f"{name:8} ours {ours:6.2f} s  fslpy {theirs:6.2f} s  largest difference {apart:.1e}")


def templates(options, folder):
    """Lay one template on the other: both ways of asking the same program."""
    fixed = str(ICBM2009C.t1w_brain)
    moving = str(SHARED / "mni_icbm152_t1_tal_nlin_sym_09a_converted.nii.gz")
    ventricles = str(SHARED / "derived_lateral_ventricles_LR_sym09a_1mm.nii.gz")
    if not Path(moving).is_file():
        print("templates: the shared data are not beside this checkout")
        return
    target, labels = array(fixed), array(ICBM2009C.labels)
    for name, run in (("interface", interface), ("command line", command_line)):
        seconds, moved = timed(lambda run=run: run(fixed, moving, [moving, ventricles], options, folder))
        image, pair = (array(path) for path in moved)
        found = dice(np.rint(pair) > 0, np.isin(labels, (4, 43)))
        inside = target > 0
        likeness = np.corrcoef(target[inside], image[inside])[0, 1]
        overlap = f"Dice brain {dice(inside, image > 1):.4f}  ventricles {found:.3f}"
        print(f"{name:13} {seconds:6.1f} s  {peak_gb():.2f} GB  r {likeness:.4f}  {overlap}", flush=True)


def interface(fixed, moving, what, options, folder):
    """Register and move as the graph does; return what was moved onto the fixed image's grid."""
    made = Greedy(
        fixed=fixed,
        moving=moving,
        mask_fixed=str(ICBM2009C.mask_brain),
        kind="deformable",
        warp_iterations=options.warp_iterations,
        num_threads=options.threads,
    )
    warp = made.run(cwd=str(folder)).outputs.warp
    moved = []
    for number, path in enumerate(what):
        (folder / str(number)).mkdir()
        way = "nearest" if number else "linear"
        step = ApplyTransform(moving=path, reference=fixed, transforms=[warp], interpolation=way)
        moved.append(step.run(cwd=str(folder / str(number))).outputs.moved)
    return moved


def command_line(fixed, moving, what, options, folder):
    """Register and move with the program's own command line."""
    said = io.StringIO()
    head = f"-d 3 -threads {options.threads} -V 0"
    pair, mask = f"-i {fixed} {moving}", f"-gm {ICBM2009C.mask_brain}"
    moved = " ".join(
        f"-ri {'NN' if number else 'LINEAR'} -rm {path} {folder}/cli{number}.nii" for number, path in enumerate(what)
    )
    for command in (
        f"{head} -a -dof 12 -m NMI {pair} {mask} -ia-image-centers -o {folder}/cli.mat -n 100x50x10",
        f"{head} -m NCC 2x2x2 {pair} {mask} -it {folder}/cli.mat -o {folder}/cli_warp.nii -n {options.warp_iterations}",
        f"{head} -rf {fixed} {moved} -r {folder}/cli_warp.nii {folder}/cli.mat",
    ):
        program(command, said)
    return [folder / f"cli{number}.nii" for number in range(len(what))]


def program(command, said):
    from picsl_greedy import Greedy3D

    Greedy3D().execute(command, out=said, err=said)


def subject(options, folder):
    """Lay a bent digital head on the template and bring mask and labels back."""
    space = T1Space(DigitalSubject("ukb", seed=1, threads=options.threads))
    volumes, labels = space.volumes(), space.labels
    shape, rng = space.shape, np.random.default_rng(1)
    bend = np.stack([ndimage.gaussian_filter(rng.standard_normal(shape, np.float32), 10, truncate=3) for _ in range(3)])
    bend *= np.float32(2.0 / bend.std())
    move, centre = np.eye(4), (np.array(shape) - 1) / 2
    turn = Rotation.from_euler("xyz", rng.uniform(-8, 8, 3), degrees=True).as_matrix()
    move[:3, :3] = turn @ np.diag(rng.uniform(0.93, 1.07, 3))
    move[:3, 3] = centre - move[:3, :3] @ centre + rng.uniform(-5, 5, 3)
    chain = [Matrix(move), Displacement(bend, np.eye(4), np.eye(4))]

    def bent(volume, interpolation):
        return apply_transform(np.float32(volume), chain, shape=shape, interpolation=interpolation).moved

    image = bent(volumes["T1"], "linear")
    image = np.abs(image + rng.normal(0, 0.03 * np.percentile(image, 98), shape))
    brain, truth = bent(volumes["brain"], "linear") > 0.5, bent(labels, "nearest")
    nib.save(nib.Nifti1Image(image.astype(np.float32), space.affine), folder / "t1.nii")
    t1 = str(folder / "t1.nii")
    made = Greedy(
        fixed=str(ICBM2009C.t1w_brain),
        moving=t1,
        mask_fixed=str(ICBM2009C.mask_brain),
        kind="deformable",
        warp_iterations=options.warp_iterations,
        num_threads=options.threads,
    )
    seconds, done = timed(lambda: made.run(cwd=str(folder)).outputs)
    (folder / "back").mkdir()
    back = ComposeTransforms(transforms=[done.warp], inverted=[True], reference=t1)
    more, inverse = timed(lambda: back.run(cwd=str(folder / "back")).outputs)
    ways = {"mask": (ICBM2009C.mask_brain, "linear"), "labels": (ICBM2009C.labels, "nearest")}
    moved = {}
    for quantity, (path, way) in ways.items():
        step = ApplyTransform(
            moving=str(path), reference=t1, transforms=[inverse.warp], quantity=quantity, interpolation=way
        )
        moved[quantity] = array(step.run(cwd=str(folder / "back")).outputs.moved)
    overlap = [dice(moved["labels"] == n, truth == n) for n in (10, 11, 12, 13, 17, 18, 26, 49, 50, 51, 52, 53, 54, 58)]
    print(
        f"registration {seconds:.1f} s, inverse {more:.1f} s, {peak_gb():.2f} GB; bent by {bend.std() * 3**0.5:.1f} mm "
        f"rms; Dice brain {dice(moved['mask'] > 0, brain):.4f}, 14 structures mean {np.mean(overlap):.3f}, "
        f"least {min(overlap):.3f}"
    )


def rating(options, _folder):
    """Rate gradient echoes that lie right and wrong on T1, for several subjects and numbers of coils."""
    people = [person(size, seed, options.threads) for size, seed in (("ukb", 2), ("ukb", 3), ("iso3", 2), ("small", 2))]
    print(" seed coils  the gradient echo is   similarity  offset  mirrored  peak")
    for me, other in zip(people, [people[1], people[0], *people[2:]], strict=True):
        grid = me["t1"].frame.grid()
        for n_coils in (2, 4, 32):
            image = strong(me["subject"], n_coils)
            places = {"where it belongs": (me, image), "5.4 mm away": (me, image, (3.0, -3.0, 3.3))}
            places |= {f"turned by {size} degrees": (me, image, (0, 0, 0), turn) for size, turn in TURNS.items()}
            places["stored mirrored"] = (me, image[::-1])
            if other is not me:
                places["another subject's"] = (other, strong(other["subject"], n_coils))
            for name, place in places.items():
                seen = alignment(me["volumes"]["T1"], laid(*place), me["volumes"]["brain"] > 0.5, grid)
                more = seen.similarity_mirrored - seen.similarity
                numbers = f"{seen.similarity:11.3f}{seen.offset_mm:8.1f}{more:10.3f}{seen.peak_ratio:6.1f}"
                print(f"{me['subject'].seed:5}{n_coils:6}  {name:22}{numbers}", flush=True)


def person(size, seed, threads):
    subject = DigitalSubject(size, seed=seed, n_coils=1, threads=threads)
    space = T1Space(subject)
    return {"subject": subject, "t1": space, "volumes": space.volumes()}


def strong(subject, n_coils):
    """Return a magnitude as that many coils see it, without noise: the simulation is the same for all."""
    coils = helmet(n_coils, subject.protocol.field_strength, np.random.default_rng(subject.seed))
    signal = np.abs(subject.signal(0, 0))
    return signal * np.sqrt(sum(np.abs(coils.sensitivity(c, *subject._millimetres)) ** 2 for c in range(n_coils)))


def laid(whose, image, shift=(0, 0, 0), degrees=(0, 0, 0)):
    """Return an image on T1's grid after a motion about the isocentre."""
    motion = np.eye(4)
    motion[:3, :3], motion[:3, 3] = Rotation.from_euler("xyz", degrees, degrees=True).as_matrix(), shift
    chain = [Matrix(np.linalg.inv(whose["subject"].affine) @ motion @ whose["t1"].affine)]
    return apply_transform(np.float32(image), chain, shape=whose["t1"].shape).moved


def warps(options, folder):
    """Rate the ways to the template of one head and of others, straight and as they lie in a second session."""
    for size in ("ukb", "small"):
        heads = [person(size, seed, options.threads) for seed in (11, 12, 13, 14)]
        frame = template_frame(heads[0]["t1"])
        t1, reference, warp = (folder / f"{size}_{name}.nii" for name in ("t1", "reference", "warp"))
        nib.save(nib.Nifti1Image(np.zeros(frame.shape, np.uint8), frame.affine), reference)
        for me, other in zip(heads, [*heads[1:], heads[0]], strict=True):
            nib.save(nib.Nifti1Image(me["volumes"]["T1"], me["t1"].affine), t1)
            seed = other["subject"].seed
            turned = T1Space(DigitalSubject(size, seed=seed, scan=1, n_coils=1, threads=options.threads))
            for name, whose in (("own", me["t1"]), ("another's", other["t1"]), ("another's, turned", turned)):
                write_warp(whose, warp)
                files = {"t1w": t1, "t1_to_mni": warp, "reference": reference, "fixed": ICBM2009C.t1w_brain}
                judge = TemplateAlignment(**{port: str(path) for port, path in files.items()})
                seconds, done = timed(lambda judge=judge: judge.run(cwd=str(folder)).outputs)
                numbers = f"{done.similarity:7.3f}{done.offset_mm:6.2f}{done.peak_ratio:6.2f}"
                print(f"{size:6}{me['subject'].seed:4}  {name:18}{numbers}  {seconds:.1f} s", flush=True)


PARTS = {"apply": apply, "templates": templates, "subject": subject, "alignment": rating, "warps": warps}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], metavar="PART")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--warp-iterations", default="100x40x10")
    options = parser.parse_args()
    for part in options.parts or PARTS:
        with tempfile.TemporaryDirectory() as folder:
            PARTS[part](options, Path(folder))


if __name__ == "__main__":
    main()
