"""Every registered method runs on one small digital head, and keeps its hands off what it was given."""

import functools

import nibabel as nib
import numpy as np
import pytest
from inventory import each_method, input_ports
from nipype.interfaces.base import isdefined
from nipype.pipeline import engine as pe

from nipype_qsm.geometry import Frame, Grid
from nipype_qsm.interfaces.coils import Combined
from nipype_qsm.interfaces.reading import ReadSeries
from nipype_qsm.io import save_volume
from nipype_qsm.kernels.dipole import dipole_field
from nipype_qsm.quantities import VOCABULARY
from nipype_qsm.units import ppm_to_phase

SHAPE, VOXEL_SIZE = (40, 46, 42), (3.0, 3.0, 3.0)
ECHO_TIMES, FIELD_STRENGTH = [0.0094, 0.020], 3.0
EMPTY_OUTSIDE = {
    "chi",
    "field_local",
    "phase_unwrapped",
    "t2star",
    "r2star",
    "swi",
    "swi_minimum",
    "chi_paramagnetic",
    "chi_diamagnetic",
}


def wrapped(phase):
    return np.angle(np.exp(1j * phase))


@pytest.fixture(scope="module")
def volumes():
    """A brain with one iron-rich nucleus, two ventricles and a smooth background field."""
    grid = Grid(SHAPE, VOXEL_SIZE, (0, 0, 1))
    x, y, z = np.meshgrid(*((np.arange(n) - n / 2) * d for n, d in zip(SHAPE, VOXEL_SIZE, strict=True)), indexing="ij")
    brain = (x / 52) ** 2 + (y / 61) ** 2 + (z / 55) ** 2 < 1
    nucleus = (x - 28) ** 2 + y**2 + z**2 < 8**2
    ventricle = ((np.abs(x) - 12) / 7) ** 2 + (y / 20) ** 2 + (z / 12) ** 2 < 1
    chi = np.where(nucleus, 0.15, 0.0) + np.where(ventricle, 0.02, 0.0)
    local = dipole_field(chi.astype(np.float32), grid, pad=8) * brain
    total = local + (0.002 * z + 0.00002 * x * y) * brain
    unwrapped = [ppm_to_phase(total, te, FIELD_STRENGTH) for te in ECHO_TIMES]
    rate = np.where(nucleus, 40.0, np.where(ventricle, 2.0, 20.0))
    sizes = [brain * 1000.0 * np.exp(-te * rate) for te in ECHO_TIMES]
    noise = np.random.default_rng(1).normal(0, 0.002, SHAPE)
    grey = brain & ((x / 52) ** 2 + (y / 61) ** 2 + (z / 55) ** 2 > 0.5)
    white = brain & ~grey & ~nucleus & ~ventricle
    contrast = {"t1w": (5.0, 3.0, 1.0), "flair": (2.0, 2.4, 0.1)}
    weighted = {
        name: (white * w + (grey | nucleus) * g + ventricle * f) * (1 + 10 * noise)
        for name, (w, g, f) in contrast.items()
    }
    return {
        "phase": [wrapped(p + noise) for p in unwrapped],
        "magnitude": sizes,
        "magnitude_sos": sizes,
        "magnitude_combined": np.sqrt(sizes[0] ** 2 + sizes[1] ** 2),
        "phase_unwrapped": unwrapped,
        "phase_difference": unwrapped[1] - unwrapped[0],
        "magnitude_difference": np.sqrt(sizes[0] * sizes[1]),
        "reliability": [np.where(brain, 0.9, 0.0)] * 2,
        "mask": brain,
        "mask_brain": brain,
        "mask_reliable": brain,
        "mask_tissue": brain,
        "mask_reference": ventricle,
        "mask_fraction": brain * 0.9,
        "field_total": total,
        "field_local": local,
        "field_noise": np.where(brain, 0.002, 0.0),
        "chi": (chi + 0.03) * brain,
        "chi_referenced": chi * brain,
        "chi_without_sources": (chi + 0.02) * brain,
        "mask_without_sources": brain & ~nucleus,
        "t2star": np.where(brain, 1 / rate, 0),
        "r2star": rate * brain,
        "r2prime": rate / 2 * brain,
        "phase_filtered": [ppm_to_phase(local, te, FIELD_STRENGTH) for te in ECHO_TIMES],
        "swi": sizes[1],
        "fixed": sizes[0],
        "moved": sizes[1],
        "mask_moved": brain,
        "labels": np.where(nucleus, 13.0, np.where(ventricle, 4.0, 0.0)),
        "nigra_left": nucleus & (z < 0),
        "nigra_right": nucleus & (z >= 0),
        "mask_lesions": ventricle & (z > 4),
        "mask_white_matter": white,
        **weighted,
        "mask_bianca": brain,
        "field_gradient": brain * 0.5,
        **dict.fromkeys(("chi_first", "chi_second"), chi * brain),
        **dict.fromkeys(("t2star_first", "t2star_second"), np.where(brain, 1 / rate, 0)),
        "dephasing_rate": brain * 0.1,
    }


@pytest.fixture(scope="module")
def files(volumes, tmp_path_factory):
    """The same head as files, and as a table of two coils."""
    folder = tmp_path_factory.mktemp("head")
    affine = np.diag([*VOXEL_SIZE, 1.0])
    frame = Frame(SHAPE, affine)
    paths = {}
    for name, value in volumes.items():
        many = value if isinstance(value, list) else [value]
        written = [str(save_volume(v, frame, folder / f"{name}_{e}.nii", name)) for e, v in enumerate(many, start=1)]
        paths[name] = written if isinstance(value, list) else written[0]
    coils = {"phase": [], "magnitude": []}
    for echo, (phase, size) in enumerate(zip(volumes["phase"], volumes["magnitude"], strict=True), start=1):
        for coil, offset in enumerate((0.3, -0.8), start=1):
            for kind, volume in (("phase", wrapped(phase + offset)), ("magnitude", size)):
                path = folder / f"{kind}_coil-{coil}_echo-{echo}.nii"
                save_volume(volume, frame, path, kind)
                coils[kind].append(str(path))
    for kind, given in (("coils", coils), ("combined", {"phase": paths["phase"], "magnitude": paths["magnitude"]})):
        (folder / kind).mkdir()
        read = ReadSeries(**given, echo_times=ECHO_TIMES, field_strength=FIELD_STRENGTH, phase_range=[-np.pi, np.pi])
        paths[f"series of {kind}"] = read.run(cwd=str(folder / kind)).outputs.series
    return paths


def prepared(interface, files):
    """Return the interface with every port set that the head has something for."""
    series = files["series of combined" if interface is Combined else "series of coils"]
    # A small pad: how the result is kept matters here, not how good it is.
    facts = {"echo_times": ECHO_TIMES, "field_strength": FIELD_STRENGTH, "series": series, "pad": 8,
             "nigra_space": "subject", "labels_space": "subject"}  # fmt: skip
    made = interface()
    for name, trait in input_ports(interface).items():
        if trait.quantity in files:
            setattr(made.inputs, name, files[trait.quantity])
        elif name in facts:
            setattr(made.inputs, name, facts[name])
    return made


def watched(kernel, seen):
    """Return the kernel, noting which arrays it changed and which precision it returned."""

    @functools.wraps(kernel)
    def call(**arguments):
        seen["calls"] += 1
        arrays = {name: value for name, value in arguments.items() if isinstance(value, np.ndarray)}
        before = {name: value.copy() for name, value in arrays.items()}
        result = kernel(**arguments)
        seen["changed"] = [name for name in arrays if not np.array_equal(before[name], arrays[name])]
        fields = result if isinstance(result, tuple) else (result,)
        flat = [part for value in fields for part in (value if isinstance(value, list) else [value])]
        seen["precisions"] = {value.dtype.name for value in flat if isinstance(value, np.ndarray)}
        return result

    return call


def volumes_of(outputs):
    """Return {port: [paths]} of the outputs that are volumes."""
    found = {}
    for name, value in outputs.get().items():
        if isdefined(value) and name in VOCABULARY:
            found[name] = value if isinstance(value, list) else [value]
    return found


def node_run(made, folder):
    """Run an interface in a node, and return the node's folder and its volumes."""
    node = pe.Node(made, name="second", base_dir=str(folder))
    return node.output_dir(), volumes_of(node.run().outputs)


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize(("step", "name", "interface"), each_method(with_kernel=True))
def test_a_method_runs_twice_and_leaves_its_inputs_alone(step, name, interface, files, volumes, tmp_path, monkeypatch):
    """Alone, then in a node, which takes its result the second time."""
    seen = {"calls": 0}
    monkeypatch.setattr(interface, "_kernel", staticmethod(watched(interface._kernel, seen)))
    made = prepared(interface, files)
    before = volumes_of(made.run(cwd=str(tmp_path)).outputs)
    second, after = node_run(made, tmp_path)
    assert seen["calls"] == 2
    assert node_run(prepared(interface, files), tmp_path) == (second, after)
    assert seen["calls"] == 2, "a cached node computed again"

    assert seen["changed"] == []
    assert seen["precisions"] <= {"float32", "bool", "uint8"}
    assert set(before) == set(after)
    for port, paths in after.items():
        for path, earlier in zip(paths, before[port], strict=True):
            assert path.startswith(second), f"{port} is left over from the first run"
            image = nib.load(path)
            array = np.asarray(image.dataobj)
            quantity = VOCABULARY[port]
            assert image.shape == SHAPE
            np.testing.assert_allclose(image.affine, np.diag([*VOXEL_SIZE, 1.0]))
            assert image.header["descrip"].item().decode().startswith(port)
            assert quantity.unit in image.header["descrip"].item().decode()
            assert np.isfinite(array).all()
            np.testing.assert_array_equal(array, np.asarray(nib.load(earlier).dataobj))
            if port in EMPTY_OUTSIDE and "mask" in input_ports(interface):
                assert np.all(array[~volumes["mask"]] == 0)
