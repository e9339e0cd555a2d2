"""Knowing one path is knowing all: kernel, interface, test and page of a method have one name."""

import re

import pytest
from inventory import KERNELS, PACKAGE, ROOT, all_methods, offenders

from nipype_qsm.interfaces.rooms import ROOMS, TABLE_ROOMS

NO_KERNEL = {
    "genetics/gwas_plots": "draws tables: the drawing is in reports",
    "genetics/plink2": "an external program",
    "genetics/regenie": "an external program",
    "genetics/ldsc": "an external program",
    "genetics/bgenie": "an external program",
    "genetics/export": "writes other programs' formats: nothing to compute",
    "genetics/collect": "reads other programs' tables: nothing to compute",
    "cohort/gather": "finds and joins tables: nothing to compute",
    "cohort/ingest_plan": "finds maps and shares them out: nothing to compute",
    "cohort/ingest": "reads and writes files: its numbers are those of quantise and unit_sums",
    "cohort/unit_shares": "shares units out: nothing to compute",
    "cohort/fmrib_unpack": "an external program",
    "cohort/plot": "draws: nothing to compute",
    "cohort/voxel_maps": "puts parts together: nothing to compute",
    "cohort/voxel_figures": "draws: nothing to compute",
    "reading/series": "opens headers and side-cars: nothing to compute",
    "unwrap/prelude": "an external program",
    "register/greedy": "an external program",
    "register/template_alignment": "apply_transform and alignment, on the package's template",
    "regions/idp_table": "puts tables together: nothing to compute",
    "regions/idp_change": "subtracts tables: nothing to compute",
}
PARTS = {
    "cohort/confound_basis": "orthonormal confounds and their restriction to rows, used by deconfound and joint",
    "cohort/drift": "what phenotypes do over time, used by confounds",
    "cohort/joint": "associate over the rows of each pair",
    "cohort/log_p": "P values in log space, for every test",
    "cohort/normal_scores": "outliers and inverse normal of voxels, used by voxelwise",
    "cohort/score_sums": "sums of normal scores, used by normal_scores",
    "cohort/voxel_gaps": "what a voxel's missing subjects change, used by voxelwise",
    "cohort/voxel_rows": "turns subjects by voxels over, used by voxelwise",
    "cohort/modalities": "which modality a name belongs to",
    "cohort/pair_sums": "the sums behind associate",
    "cohort/quantise": "a map as whole steps, for ingest",
    "cohort/screening": "which confounds explain enough, used by confounds",
    # kernels/<room>/<file>: the methods that share it; it is no method itself
    "reading/declared_phase": "the reading step's scale, used by series",
    "separation/two_sources": "the two equations, which every separation solves with its own decay",
    "register/chain": "points through transforms, which every resampling follows",
    "register/spline_field": "coefficients to a field, used where transforms are read",
    "reference/zero_level": "what every reference shares: values in a region, subtraction",
    "masks/shading": "the coils' brightness, for white_matter and lesions",
    "masks/pieces": "cuts the brain out for three masks",
    "genetics/probabilities": "bytes of a BGEN variant, for linear_gwas",
    "genetics/hard_calls": "bits of a PLINK variant, for linear_gwas",
    "genetics/variant_quality": "frequency, information, equilibrium, for linear_gwas",
    "genetics/trait_design": "traits and covariates, for linear_gwas",
    "genetics/log_p_table": "-log10 P of many t values, for linear_gwas",
    "genetics/genetic_map": "distance in centimorgans, for peaks and clusters",
    "genetics/greedy": "leads and their neighbours, for peaks and clusters",
    "genetics/replication_table": "counts of what is found again, for clusters",
    "genetics/ld_scores": "LD scores of one's own genotypes, for heritability",
    "regions/extraction": "voxels of a region and their statistics, used by idps and atlas",
    "regions/fit": "how well labels fit a map, used by quality",
    "regions/maps": "which voxels of a map count, used by idps and atlas",
    "regions/naming": "names, units and order of the phenotypes",
    "regions/ranges": "where phenotypes usually lie, used by quality and the report",
}
NO_STEP = {
    "quality": "scores maps against a truth: for reports and benchmarks, not for a graph",
}
METHODS = all_methods()


def title(text):
    """Return letters and digits alone, so that `V-SHARP` and `VSHARP` are one."""
    return re.sub(r"[^a-z0-9]", "", text.lower())


def in_rooms():
    return [path for path in KERNELS if path.parent.name not in {"kernels", *NO_STEP}]


def key(path):
    return f"{path.parent.name}/{path.stem}"


def test_every_kernel_of_a_room_is_registered_under_its_name_or_is_a_part_of_one():
    registered = {f"{step}/{name}" for step, name, _ in METHODS}
    assert {key(path) for path in in_rooms()} - registered - set(PARTS) == set()


def test_every_method_has_a_kernel_of_its_name():
    def wrong(method):
        step, name, interface = method
        if f"{step}/{name}" in NO_KERNEL:
            return None
        expected = PACKAGE / "kernels" / step / f"{name}.py"
        if not expected.is_file():
            return f"{expected} is missing"
        kernel = getattr(interface, "_kernel", None)
        return kernel and kernel.__name__ != name and f"its kernel is {kernel.__name__}"

    assert offenders(METHODS, wrong) == {}


def test_every_method_stands_in_the_interface_file_of_its_name():
    def wrong(method):
        step, name, interface = method
        return interface.__module__ != f"nipype_qsm.interfaces.{step}.{name}" and interface.__module__

    assert offenders(METHODS, wrong) == {}


def test_the_class_of_a_method_holds_the_name_of_its_file():
    def wrong(method):
        return title(method[1]) not in title(method[2].__name__) and method[2].__name__

    assert offenders(METHODS, wrong) == {}


def test_every_kernel_has_its_test():
    def wrong(path):
        folder = ROOT / "tests" / path.parent.relative_to(PACKAGE)
        return not (folder / f"test_{path.stem}.py").is_file()

    assert offenders(KERNELS, wrong) == {}


def test_every_interface_has_its_test():
    def wrong(method):
        return not (ROOT / "tests" / "interfaces" / method[0] / f"test_{method[1]}.py").is_file()

    assert offenders(METHODS, wrong) == {}


@pytest.mark.parametrize("step", {**ROOMS, **TABLE_ROOMS})
def test_every_method_has_a_section_on_the_page_of_its_step(step):
    page = (ROOT / "docs" / "steps" / f"{step}.md").read_text()
    headings = {title(heading) for heading in re.findall(r"^## (.+)$", page, re.MULTILINE)}

    def wrong(method):
        names = {title(method[1]), title(method[2].__name__)}
        return not any(name in heading for name in names for heading in headings)

    assert offenders([method for method in METHODS if method[0] == step], wrong) == {}


def test_every_room_of_interfaces_is_a_room_of_kernels():
    def rooms(layer):
        return {path.name for path in (PACKAGE / layer).iterdir() if (path / "__init__.py").is_file()}

    assert rooms("interfaces") == rooms("kernels") - set(NO_STEP) == {*ROOMS, *TABLE_ROOMS}


def test_the_exceptions_of_the_mirror_exist():
    assert {name for name in PARTS if not (PACKAGE / "kernels" / f"{name}.py").is_file()} == set()
    assert set(NO_KERNEL) <= {f"{step}/{name}" for step, name, _ in METHODS}
