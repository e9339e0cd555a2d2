"""The documents say what the code does, their links lead somewhere, and their examples run."""

import importlib.util
import re
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from inventory import ROOT, all_methods, offenders
from nipype.pipeline import engine as pe

DOCUMENTS = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md")] + sorted(
    (ROOT / "docs").rglob("*.md")
)


@pytest.fixture(scope="module")
def generate():
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_generated_pages_are_current(generate):
    assert offenders(generate.PAGES, lambda path: path.read_text() != generate.current(path)) == {}, "run `make docs`"


def test_every_registered_method_is_on_the_generated_page():
    page = (ROOT / "docs" / "methods.md").read_text()

    def wrong(method):
        return f"\n### {method[1]}\n" not in page or method[2].__name__ not in page

    assert offenders(all_methods(), wrong) == {}


def test_every_method_was_measured_or_it_is_said_why_not(generate):
    """In the file that `python -m benchmarks.accuracy --write` writes, on this project's own subject."""
    written = generate.measured.written()
    measured = {(row["room"], row["method"]) for row in written["rows"] if row["head"] == "own"}
    reasons = written["unmeasured"]

    def wrong(method):
        excused = [name for name in (method[0], "/".join(method[:2])) if name in reasons]
        return len(excused) + (method[:2] in measured) != 1

    assert offenders(all_methods(), wrong) == {}
    known = {method[0] for method in all_methods()} | {"/".join(method[:2]) for method in all_methods()}
    assert set(reasons) <= known


def test_a_figure_that_is_older_than_its_algorithm_says_so(generate):
    written = generate.measured.written()
    row = {"room": "inversion", "method": "tkd", "head": "own", "algorithm": "0", "rmse": 12.34, "cpu": 0.002}
    titles, rows = generate.measured.table("inversion", "own", written | {"rows": [row]})
    cells = dict(zip(titles, *rows, strict=True))
    assert cells["method"] == "`tkd` (before version 1)"
    assert (cells["RMSE ppb"], cells["CPU s"], cells["XSIM"]) == ("12.3", "0.0020", "")


def test_every_relative_link_leads_to_a_file():
    def wrong(path):
        links = re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", path.read_text())
        return [link for link in links if not (path.parent / link).exists()]

    assert offenders(DOCUMENTS, wrong) == {}


def test_every_page_of_the_documentation_can_be_reached_from_the_index():
    seen, waiting = set(), [ROOT / "docs" / "index.md", ROOT / "README.md"]
    while waiting:
        path = waiting.pop()
        if path in seen or not path.is_file():
            continue
        seen.add(path)
        waiting += [(path.parent / link).resolve() for link in re.findall(r"\]\(([^)#:\s]+\.md)", path.read_text())]
    decisions = {path for path in DOCUMENTS if path.parent.name == "decisions"}
    assert set(DOCUMENTS) - decisions - seen == set()


def blocks(path):
    return re.findall(r"^```python\n(.*?)^```", path.read_text(), re.MULTILINE | re.DOTALL)


@pytest.fixture
def example_files(tmp_path, monkeypatch):
    """The files that the README's examples name, as a small ball with a point of iron; and a run that does not run."""
    monkeypatch.chdir(tmp_path)
    x, y, z = np.meshgrid(*([np.arange(-20, 20)] * 3), indexing="ij")
    ball = (x**2 + y**2 + z**2 < 17**2).astype(np.float32)
    field = ball * np.float32(0.01) * (2 * z**2 - x**2 - y**2) / (x**2 + y**2 + z**2 + 9) ** 1.5
    names = ["echo1_phase", "echo2_phase", "echo1", "echo2", "ventricles"]
    for name, array in {"field_total": field, "brain": ball, **dict.fromkeys(names, ball)}.items():
        nib.save(nib.Nifti1Image(array, np.diag([1.5, 1.5, 1.5, 1.0])), f"{name}.nii.gz")
    runs = []
    monkeypatch.setattr(pe.Workflow, "run", lambda workflow, *_, **__: runs.append(workflow))
    return runs


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("name", ["README.md", "docs/adding_a_method.md"])
def test_the_examples_run(name, example_files):
    space = {}
    examples = blocks(ROOT / name)
    assert examples
    for example in examples:
        exec(compile(example, name, "exec"), space)
    if "chi" in space:
        assert space["chi"].shape == (40, 40, 40)
        assert space["chi"].std() > 0
    for workflow in example_files:
        for port, value in workflow.get_node("inputnode").inputs.get().items():
            for path in value if isinstance(value, list) else [value]:
                assert not str(path).endswith(".nii.gz") or Path(path).is_file(), port


def test_the_example_of_a_method_is_a_method(example_files):
    """What the page teaches does invert: a point source comes back at its place, with its sign."""
    space = {}
    exec(compile(blocks(ROOT / "docs" / "adding_a_method.md")[0], "example", "exec"), space)
    from nipype_qsm.kernels.dipole import dipole_field

    grid = space["Grid"]((32, 32, 32), (1.0, 1.0, 1.0), (0, 0, 1))
    truth = np.zeros(grid.shape, np.float32)
    truth[14:18, 14:18, 14:18] = 1
    chi = space["damped"](dipole_field(truth, grid), np.ones(grid.shape, bool), grid)
    assert np.corrcoef(chi.ravel(), truth.ravel())[0, 1] > 0.85  # measured 0.898
    assert chi.max() == chi[14:18, 14:18, 14:18].max() > 0.5  # measured 0.574: damping costs height
