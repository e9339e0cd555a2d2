"""The last nodes of a graph: what the user keeps, and the page that shows it.

Between nodes volumes are uncompressed and live in the work directory; `Deliver` writes those that leave the graph as
`.nii.gz` with a side-car that says quantity, unit and provenance. `Summarise` gathers the facts of the run and draws
the report.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from nipype.interfaces.base import (
    BaseInterfaceInputSpec,
    InputMultiObject,
    OutputMultiObject,
    TraitedSpec,
    isdefined,
    traits,
)

from nipype_qsm.interfaces.base import KernelInputSpec, SimpleStep, algorithm, volume
from nipype_qsm.interfaces.ports import Directory, File
from nipype_qsm.io import copied, load_volume, read_frame, save_volume, sidecar_path, write_json
from nipype_qsm.provenance import GENERATED_BY, is_ours
from nipype_qsm.quantities import VOCABULARY
from nipype_qsm.renaming import TABLES

DELIVERED = [
    "phase",
    "magnitude",
    "magnitude_combined",
    "mask_brain",
    "reliability",
    "mask_reliable",
    "phase_unwrapped",
    "field_total",
    "field_local",
    "mask_local",
    "mask_tissue",
    "mask_reference",
    "chi",
    "chi_referenced",
    "t2star",
    "r2star",
    "s0",
    "phase_filtered",
    "swi",
    "swi_minimum",
    "chi_paramagnetic",
    "chi_diamagnetic",
]
"""What an output folder can hold, in the order of the dataflow."""

ELSEWHERE = {
    "chi_t1": ("chi_referenced", "space-T1w"),
    "t2star_t1": ("t2star", "space-T1w"),
    "chi_template": ("chi_referenced", "space-template"),
    "t2star_template": ("t2star", "space-template"),
    "labels_native": ("labels", ""),
    "mask_white_matter_t1": ("mask_white_matter", "space-T1w"),
    "mask_lesions_t1": ("mask_lesions", "space-T1w"),
}
"""Maps on other grids, and labels: port to the quantity and what its file's name says."""

DeliverInputSpec = type(
    "DeliverInputSpec",
    (BaseInterfaceInputSpec,),
    {
        "__module__": __name__,
        "__doc__": "Inputs of `Deliver`: a folder, and any quantity of `DELIVERED`.",
        "algorithm": algorithm("1"),
        "folder": Directory(mandatory=True, desc="where the volumes go; made when it is missing"),
        "provenance": traits.Dict(usedefault=True, desc="facts added to every side-car"),
        "reference_method": traits.Str(desc="how the zero of susceptibility was found"),
        "reference_source": traits.Str(desc="where the reference region came from"),
        "reference_value": traits.Float(desc="susceptibility that was subtracted [ppm]"),
        "n_voxels": traits.Int(desc="voxels of the reference region"),
        **{name: volume(name) for name in DELIVERED},
        **{port: volume(quantity) for port, (quantity, _) in ELSEWHERE.items()},
        **{name: File(exists=True, table=True, desc=f"table of {name}, copied as it is") for name in TABLES},
        "idp_files": InputMultiObject(File(exists=True), table=True, desc="UK Biobank's one-line files"),
        "template_space": traits.Str(desc="name of the template's space"),
    },
)


class DeliverOutputSpec(TraitedSpec):
    """Outputs of `Deliver`."""

    files = OutputMultiObject(File(exists=True), desc="what was written")


class Deliver(SimpleStep):
    """Write volumes as `.nii.gz`, each with a JSON side-car that names quantity and unit, and copy tables."""

    input_spec = DeliverInputSpec
    output_spec = DeliverOutputSpec
    # Another run may have delivered into the folder since: a cached node would leave those maps there.
    _always_run = True

    def _run_interface(self, runtime: Any) -> Any:
        folder = Path(self.inputs.folder)
        remove_earlier(folder)
        written = []
        for name in DELIVERED:
            value = getattr(self.inputs, name)
            if not isdefined(value):
                continue
            if VOCABULARY[name].per_echo:
                targets = [(path, f"{name}_echo-{number}") for number, path in enumerate(value, start=1)]
            else:
                targets = [(value, name)]
            written += [self._written(path, folder / f"{stem}.nii.gz", name) for path, stem in targets]
        for port, (name, space) in ELSEWHERE.items():
            if isdefined(getattr(self.inputs, port)):
                target = folder / (f"{name}_{space}.nii.gz" if space else f"{name}.nii.gz")
                written.append(self._written(getattr(self.inputs, port), target, name, self._space(space)))
        self._results = {"files": [*written, *self._tables(folder)]}
        return runtime

    def _space(self, space: str) -> dict[str, str]:
        if not space:
            return {}
        template = self.inputs.template_space if isdefined(self.inputs.template_space) else "template"
        return {"SpatialReference": "orig" if space == "space-T1w" else template}

    def _tables(self, folder: Path) -> list[str]:
        found = {name: getattr(self.inputs, name) for name in TABLES}
        copies = {folder / f"{name}.tsv": path for name, path in found.items() if isdefined(path)}
        lines = self.inputs.idp_files if isdefined(self.inputs.idp_files) else []
        copies |= {folder / "IDP_files" / Path(path).name: path for path in lines}
        return [str(copied(source, target)) for target, source in copies.items()]

    def _written(self, source: str, target: Path, name: str, more: dict[str, str] | None = None) -> str:
        array, frame = load_volume(source, name)
        save_volume(array, frame, target, name)
        quantity = VOCABULARY[name]
        sidecar = {
            "Quantity": name,
            "Units": quantity.unit or "1",
            "Description": quantity.meaning,
            "GeneratedBy": GENERATED_BY,
            **self.inputs.provenance,
            **(self._reference() if name == "chi_referenced" else {}),
            **(more or {}),
        }
        write_json(sidecar, sidecar_path(target))
        return str(target)

    def _reference(self) -> dict[str, Any]:
        ports = {
            "ReferenceMethod": "reference_method",
            "ReferenceRegion": "reference_source",
            "ReferenceValue": "reference_value",
            "ReferenceVoxels": "n_voxels",
        }
        found = {key: getattr(self.inputs, port) for key, port in ports.items()}
        return {key: value for key, value in found.items() if isdefined(value)}


def remove_earlier(folder: Path) -> list[Path]:
    """Remove what an earlier run delivered into a folder, so that no map outlives the run that made it.

    Parameters
    ----------
    folder : Path
    """
    found = [path for path in own_files(folder) if is_ours(path)]
    tables = [folder / f"{name}.tsv" for name in TABLES] if found else []
    for path in found + tables:
        path.unlink(missing_ok=True)
        sidecar_path(path).unlink(missing_ok=True)
    return found


def own_files(folder: Path) -> list[Path]:
    """Return the images in a folder that have a name of ours."""
    names = "|".join(sorted({*DELIVERED, *(name for name, _ in ELSEWHERE.values())}, key=len, reverse=True))
    pattern = re.compile(rf"({names})(_echo-\d+|_space-\w+)?\.nii\.gz")
    return [path for path in sorted(folder.glob("*.nii.gz")) if pattern.fullmatch(path.name)]


class SummariseInputSpec(KernelInputSpec):
    """Inputs of `Summarise`."""

    folder = Directory(mandatory=True, desc="the output folder")
    files = traits.List(traits.Str, desc="what was delivered: waits for it")
    plan = traits.Dict(usedefault=True, desc="preset and methods, as planned")
    echo_times = traits.List(traits.Float, desc="echo times [s]")
    field_strength = traits.Float(desc="main field [T]")
    b0_direction = traits.List(traits.Float, desc="direction of B0 in voxel axes")
    series = File(exists=True, desc="the table of files, JSON")
    reference_value = traits.Float(desc="susceptibility that was subtracted [ppm]")
    reference_method = traits.Str(desc="how it was found")
    draw = traits.Bool(True, usedefault=True, desc="draw the report; off where the caller draws it later")
    reference_source = traits.Str(desc="where the reference region came from")
    n_voxels = traits.Int(desc="voxels of the reference region")
    mask_reliable_changes = traits.Dict(desc="voxels lost in the first refinement, by reason")
    mask_local_removed = traits.Int(desc="voxels lost in background removal")
    mask_tissue_changes = traits.Dict(desc="voxels lost in the second refinement, by reason")
    iterations = traits.Any(desc="iterations of the inversion")
    residual = traits.Any(desc="residuals of the inversion")
    converged = traits.Any(desc="whether the inversion converged")


class SummariseOutputSpec(TraitedSpec):
    """Outputs of `Summarise`."""

    summary = File(exists=True, desc="facts of the run, JSON")
    report = File(exists=True, desc="page of pictures, HTML")


class Summarise(SimpleStep):
    """Gather the facts of the run and draw the report."""

    input_spec = SummariseInputSpec
    output_spec = SummariseOutputSpec
    _always_run = True

    def _run_interface(self, runtime: Any) -> Any:
        from nipype_qsm.reports.subject import subject_report

        folder = Path(self.inputs.folder)
        summary = write_json(self._facts(folder), folder / "summary.json")
        self._results = {"summary": str(summary)}
        if self.inputs.draw:
            self._results["report"] = str(subject_report(folder))
        return runtime

    def _facts(self, folder: Path) -> dict[str, Any]:
        given = {name: value for name, value in self.inputs.get().items() if isdefined(value)}
        series = json.loads(Path(given["series"]).read_text()) if "series" in given else {}
        frame = read_frame(folder / ("mask_brain.nii.gz" if "echo_times" in given else "chi_referenced.nii.gz"))
        masks = {
            "mask_reliable": given.get("mask_reliable_changes"),
            "mask_local": {"lost in background removal": given.get("mask_local_removed")},
            "mask_tissue": given.get("mask_tissue_changes"),
        }
        return {
            **given.get("plan", {}),
            "acquisition": {
                "echo_times": given.get("echo_times"),
                "field_strength": given.get("field_strength"),
                "b0_direction": given.get("b0_direction"),
                "voxel_size": list(frame.grid(given.get("b0_direction")).voxel_size),
                "shape": list(frame.shape),
                "n_coils": len(series["phase"][0]) if series else None,
            },
            "notes": series.get("notes", []),
            "masks": {name: _sentence(changes) for name, changes in masks.items() if changes},
            "reference": {
                "method": given.get("reference_method"),
                "value_ppm": given.get("reference_value"),
                "n_voxels": given.get("n_voxels"),
                "region": given.get("reference_source"),
            },
            "convergence": {name: given.get(name) for name in ("iterations", "residual", "converged")},
            "software": _software(),
        }


def _sentence(changes: dict[str, Any]) -> str:
    return "; ".join(f"{reason}: {count}" for reason, count in changes.items() if count is not None)


def _software() -> dict[str, str]:
    from importlib.metadata import version

    return {name: version(name) for name in ("nipype_qsm", "nipype", "nibabel", "numpy", "scipy", "numba")}
