"""A method of another package is used by its name at every door; a package that is broken harms nobody else."""

import os
import subprocess
import sys

import numpy as np
import pytest
from outside_package import example, installed, unpacked, wheel

from nipype_qsm.cli.main import main
from nipype_qsm.errors import QSMError
from nipype_qsm.interfaces.announced import MethodError
from nipype_qsm.interfaces.rooms import room
from nipype_qsm.io import load_volume, read_json
from nipype_qsm.workflows.qsm import init_qsm_wf

HEAD = """
from nipype_qsm.interfaces.base import KernelInterface, TraitedSpec, traits, volume
from nipype_qsm.interfaces.inversion.base import DipoleInversion, DipoleInversionInputSpec
"""
BROKEN = {
    "no_such_import": ("import nonesuch\n", "ModuleNotFoundError: No module named 'nonesuch'"),
    "syntax": ("def (:\n", "SyntaxError"),
    "no_class": ("", "AttributeError"),
    "no_interface": ("class Theirs:\n    pass\n", "no subclass of KernelInterface"),
    "wrong_output": (
        "class Out(TraitedSpec):\n    map = traits.Float(desc='a number')\n"
        "class Theirs(DipoleInversion):\n    output_spec = Out\n",
        "does not give chi, which a method of inversion must",
    ),
    "wrong_input": (
        "class In(DipoleInversionInputSpec):\n    t1w = volume('t1w', mandatory=True)\n"
        "class Theirs(DipoleInversion):\n    input_spec = In\n",
        "needs t1w, which the step inversion does not have",
    ),
    "no_port_for_the_kernel": (
        "class Theirs(DipoleInversion):\n    _kernel = staticmethod(lambda field, mask, grid: field)\n",
        "asks for field, for which there is no port",
    ),
    "unknown_quantity": ("class In(DipoleInversionInputSpec):\n    foo = volume('foo')\n", "KeyError: 'foo'"),
}  # fmt: skip


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    """The page's example, as pip installs it."""
    folder = tmp_path_factory.mktemp("package")
    module, announcement = example()
    return installed(wheel(folder, {"damped": module}, announcement), folder / "site")


@pytest.fixture
def outside(package, monkeypatch):
    monkeypatch.syspath_prepend(package)


@pytest.fixture
def announced(tmp_path, monkeypatch):
    """Announce classes `Theirs` of modules that cannot be used, or should not be."""
    before = set(sys.modules)

    def make(modules, name="their-package"):
        package = name.replace("-", "_")
        lines = [f"    {module} = {package}.{module}:Theirs\n" for module in modules]
        made = wheel(
            tmp_path,
            {m: HEAD + text for m, text in modules.items()},
            "".join(["nipype_qsm.inversion =\n", *lines]),
            name,
        )
        monkeypatch.syspath_prepend(unpacked(made, tmp_path / name))

    yield make
    for module in set(sys.modules) - before:
        if "_package" in module:
            del sys.modules[module]


def test_the_example_is_shorter_than_thirty_lines():
    assert len(example()[0].splitlines()) < 30  # 26, blank ones counted


def test_a_fresh_process_lists_it_with_its_package_and_shows_its_ports(package):
    environment = {**os.environ, "PYTHONPATH": str(package)}

    def said(*arguments):
        command = [sys.executable, "-m", "nipype_qsm.cli.main", *arguments]
        return subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout

    assert "    damped             Invert by damped division. [my-package 1.0]\n" in said("methods", "inversion")
    shown = said("step", "inversion", "damped", "--help")
    assert "--damping" in shown
    assert "larger is smoother (default: 0.05)" in " ".join(shown.split())


def test_a_step_runs_it(outside, tiny):
    field = tiny.add("field", 0.02 * tiny.rng.standard_normal(tiny.brain.shape))
    asked = ["--field-local", field, "--mask", tiny.mask, "--b0-direction", "0", "0", "1", "--out", str(tiny.out)]
    assert main(["step", "inversion", "damped", "--damping", "0.1", *asked]) == 0
    from my_package.damped import damped

    given, frame = load_volume(field, "field_local")
    expected = damped(given, tiny.brain > 0, frame.grid([0, 0, 1]), damping=0.1)
    np.testing.assert_allclose(load_volume(tiny.out / "chi.nii.gz", "chi")[0], expected, atol=1e-6)


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_the_whole_runs_with_it_and_says_where_it_came_from(outside, tiny):
    options = ["--inversion", "damped", "--background", "pdf", "--unwrap", "laplacian", "--no-refine-mask"]
    assert main(tiny.arguments(*options, "--reference", "brain", "--b0-direction", "0", "0", "1")) == 0
    told = {"method": "damped", "options": {}, "package": "my-package 1.0"}
    assert read_json(tiny.out / "summary.json")["steps"]["inversion"] == told
    assert read_json(tiny.out / "chi.json")["Steps"]["inversion"] == told
    assert "used damped of my-package 1.0." in (tiny.out / "report.html").read_text()


def test_the_workflow_takes_it_by_name(outside):
    node = init_qsm_wf("best", inversion="damped").get_node("inversion_wf").get_node("invert")
    assert type(node.interface).__module__ == "my_package.damped"


@pytest.mark.parametrize("fault", BROKEN)
def test_a_method_that_cannot_be_used_is_told_with_its_package(fault, announced):
    text, problem = BROKEN[fault]
    announced({fault: text})
    with pytest.raises(MethodError) as refused:
        room("inversion").make(fault)
    assert problem in refused.value.problem
    assert "their-package 1.0" in str(refused.value)
    assert refused.value.remedy


def test_a_broken_package_breaks_nothing_else(outside, announced, capsys):
    announced({fault: text for fault, (text, _) in BROKEN.items()})
    assert main(["methods", "inversion"]) == 0
    said = capsys.readouterr().out
    assert "    damped             Invert by damped division. [my-package 1.0]\n" in said
    assert said.count("cannot be used: ") == len(BROKEN)
    assert "tkd" in said
    assert room("inversion").make("damped")
    assert main(["step", "inversion", "no_such_import", "--help"]) == 2
    assert "Repair or uninstall their-package 1.0." in capsys.readouterr().err
    with pytest.raises(QSMError, match=r"damped, .*no_such_import"):
        room("inversion").make("nonesuch")


def test_two_packages_with_one_name_are_told_apart_and_neither_is_taken(announced):
    theirs = "class Theirs(DipoleInversion):\n    _kernel = staticmethod(lambda field_local, mask: field_local)\n"
    announced({"twice": theirs}, "one-package")
    announced({"twice": theirs}, "other-package")
    with pytest.raises(MethodError, match=r"one-package 1\.0.*both announce the inversion method 'twice'"):
        room("inversion").make("twice")


def test_the_projects_own_method_is_never_replaced_by_its_name(announced, capsys):
    announced({"tkd": "class Theirs(DipoleInversion):\n    '''Steal.'''\n"})
    assert type(room("inversion").make("tkd")).__module__ == "nipype_qsm.interfaces.inversion.tkd"
    assert main(["methods", "inversion"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "tkd not used: a method of the project has this name. [their-package 1.0]" in said


def test_an_instance_that_does_not_fit_is_refused_when_the_graph_is_built():
    from nipype_qsm.interfaces.background import VSHARP

    with pytest.raises(MethodError, match="VSHARP does not give chi"):
        init_qsm_wf("best", inversion=VSHARP())
