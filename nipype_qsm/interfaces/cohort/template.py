"""Templates from the sums of all units: NIfTI in the vocabulary's unit, side-cars, and a page to look at them."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from nipype.interfaces.base import Directory, File, InputMultiObject, OutputMultiObject

from nipype_qsm import __version__
from nipype_qsm.interfaces.base import KernelInputSpec, TraitedSpec, traits
from nipype_qsm.interfaces.cohort.base import Cohort
from nipype_qsm.interfaces.cohort.groups import EVERYONE, OLD, YOUNG
from nipype_qsm.interfaces.cohort.unit_sums import groups_in, load
from nipype_qsm.io import atomically, save_volume, sidecar_path, write_json
from nipype_qsm.kernels.cohort.template import difference, template
from nipype_qsm.kernels.cohort.unit_sums import Sums, merged
from nipype_qsm.map_files import FACTORS
from nipype_qsm.map_store import MapStore
from nipype_qsm.quantities import VOCABULARY, Quantity


class TemplateInputSpec(KernelInputSpec):
    """Sums of a cohort."""

    sums = InputMultiObject(File(exists=True), mandatory=True, table=True, desc="sums of every share of units")
    store = Directory(exists=True, mandatory=True, desc="the store: mask, space, unit")
    folder = traits.Str("", usedefault=True, desc="where templates go; the node's own folder if left out")
    min_coverage = traits.Range(
        low=0.0, high=1.0, value=0.5, usedefault=True, desc="share of the subjects who must have a voxel"
    )
    young = traits.Float(52.0, usedefault=True, desc="who is younger is young [years]: for the side-cars")
    old = traits.Float(75.0, usedefault=True, desc="who is older is old [years]: for the side-cars")


class TemplateOutputSpec(TraitedSpec):
    """Templates."""

    average = File(exists=True, desc="mean over subjects")
    variance = File(exists=True, desc="variance between subjects")
    coverage = File(exists=True, desc="share of the subjects who have a value")
    ageing = File(exists=True, desc="mean of the old minus mean of the young")
    averages = OutputMultiObject(File(exists=True), desc="mean of each group")
    summary = File(exists=True, table=True, desc="groups, numbers, options, JSON")
    report = File(exists=True, table=True, desc="page of pictures, HTML")


class Made(NamedTuple):
    """A volume before it is written."""

    name: str
    values: np.ndarray
    unit: str
    meaning: str
    n_subjects: int | list[int]


class Template(Cohort):
    """Put sums together: average, variance and coverage of a cohort, average of groups, old minus young."""

    input_spec, output_spec = TemplateInputSpec, TemplateOutputSpec
    # What is in the folder may have been removed since.
    _always_run = True

    def _tables(self, folder: Path) -> dict[str, Any]:
        from nipype_qsm.reports.template import template_page

        folder = Path(self.inputs.folder) if self.inputs.folder else folder
        store = MapStore.open(self.inputs.store)
        made: dict[str, Any] = {"averages": []}
        told, shown = [], {}
        for one in self._volumes(store):
            path = folder / f"{one.name}.nii.gz"
            volume = store.volume(one.values)
            save_volume(volume, store.frame, path, Quantity(one.name, one.unit, one.meaning))
            facts = self._facts(store, one)
            write_json(facts, sidecar_path(path))
            told.append({"file": path.name, "meaning": one.meaning, "unit": one.unit, "n": one.n_subjects})
            shown[one.name] = volume
            if one.name.startswith("average_"):
                made["averages"].append(str(path))
            else:
                made[one.name] = str(path)
        summary = {"store": str(store.path), **self._facts(store, None), "maps": told}
        made["summary"] = str(write_json(summary, folder / "template.json"))
        with atomically(folder / "template.html") as temporary:
            temporary.write_text(template_page(shown, summary, store.mask, store.affine), encoding="utf-8")
        return {**made, "report": str(folder / "template.html")}

    def _volumes(self, store: MapStore) -> Iterator[Made]:
        own = VOCABULARY[store.quantity]
        options = {"scale": store.scale / FACTORS[own.unit, store.unit], "min_coverage": self.inputs.min_coverage}
        kept: dict[str, Sums] = {}
        for group in groups_in(self.inputs.sums[0]):
            sums = merged(load(path, group) for path in self.inputs.sums)
            if not sums.n_subjects:
                warnings.warn(f"No subject is in the group {group}: it has no template.", stacklevel=2)
                continue
            found, n = template(sums, **options), sums.n_subjects
            if group == EVERYONE:
                yield Made("average", found.average, own.unit, f"mean {own.meaning}", n)
                yield Made("variance", found.variance, f"{own.unit}^2", "variance between subjects (n - 1)", n)
                yield Made("coverage", found.coverage, "", "share of the subjects who have a value", n)
            else:
                name = re.sub("[^A-Za-z0-9-]", "_", group)
                yield Made(f"average_{name}", found.average, own.unit, f"mean of the group {group}", n)
            if group in (YOUNG, OLD):
                kept[group] = sums
        if len(kept) == 2:
            told = (
                f"mean of those older than {self.inputs.old:g} minus mean of those younger than {self.inputs.young:g}"
            )
            values, n_both = difference(kept[OLD], kept[YOUNG], **options), [kept[g].n_subjects for g in (OLD, YOUNG)]
            yield Made("ageing", values, own.unit, told, n_both)

    def _facts(self, store: MapStore, one: Made | None) -> dict[str, Any]:
        facts: dict[str, Any] = {
            "SpatialReference": store.space,
            "Measured": store.quantity,
            "MinimumCoverage": self.inputs.min_coverage,
            "GeneratedBy": [{"Name": "nipype_qsm", "Version": __version__}],
        }
        if one is None:
            return facts
        subjects = {"Subjects": one.n_subjects} if isinstance(one.n_subjects, int) else {}
        if isinstance(one.n_subjects, list):
            subjects = dict(zip(("SubjectsOld", "SubjectsYoung"), one.n_subjects, strict=True))
        return {"Quantity": one.name, "Units": one.unit or "1", "Description": one.meaning, **subjects, **facts}
