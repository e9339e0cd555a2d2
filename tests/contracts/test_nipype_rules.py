"""Nipype's own rules, over every interface that a user can put into a graph.

The rules of its `tools/checkspecs.py`; and what it does not check: trips between processes, what the cache key holds,
re-runs, outputs of an earlier run, and the command line that `nipypecli run` makes of the ports. Computing is
replaced by
counting here; test_runs.py counts the kernels themselves.
"""

import importlib
import inspect
import json
import os
import pickle
import subprocess
import sys

import pytest
from click.testing import CliRunner
from inventory import PACKAGE, all_methods, input_ports, module_name, output_ports
from nipype.interfaces.base import BaseInterface, CommandLine, isdefined, traits
from nipype.pipeline import engine as pe
from nipype.scripts.cli import cli
from stand_ins import path_with_programs
from traits.api import TraitError

BASES = {"base", "external"}
"""Files of a room that hold what its interfaces share."""


def public():
    """Return every interface class that a file of `nipype_qsm.interfaces` defines for users."""
    files = [path for path in sorted((PACKAGE / "interfaces").rglob("*.py")) if path.stem not in BASES]
    modules = [importlib.import_module(module_name(path)) for path in files]
    classes = {each for module in modules for each in vars(module).values() if inspect.isclass(each)}
    ours = [each for each in classes if issubclass(each, BaseInterface) and each.__module__.startswith("nipype_qsm.")]
    named = [each for each in ours if not each.__name__.startswith("_") and not each.__module__.endswith(tuple(BASES))]
    return sorted(named, key=lambda each: f"{each.__module__}.{each.__name__}")


PUBLIC = public()
KEYS = (
    "import json, sys, importlib\n"
    "made = [getattr(importlib.import_module(module), name)() for module, name in json.load(sys.stdin)]\n"
    "print(json.dumps([each.inputs.get_hashval()[1] for each in made]))"
)


@pytest.fixture(scope="module")
def keys_elsewhere(tmp_path_factory):
    """The cache key of every interface, as another process computes it."""
    folder = tmp_path_factory.mktemp("bin")
    environment = {**os.environ, "PATH": path_with_programs(folder), "PYTHONHASHSEED": "12345"}
    asked = json.dumps([(each.__module__, each.__name__) for each in PUBLIC])
    command = [sys.executable, "-c", KEYS]
    done = subprocess.run(command, input=asked, env=environment, capture_output=True, text=True, check=True)
    return dict(zip(PUBLIC, json.loads(done.stdout.splitlines()[-1]), strict=True))


def require_described(interface):
    ports = {**input_ports(interface), **output_ports(interface)}
    assert [name for name, trait in ports.items() if not trait.desc] == []


def require_no_false_mandatory(interface):
    """Nipype reads `mandatory=False` as true in some places: leave it out."""
    assert [name for name, trait in input_ports(interface).items() if trait.mandatory is False] == []


def require_used_defaults(interface):
    inputs = interface.input_spec()
    unused = {
        name: getattr(inputs, name)
        for name, trait in input_ports(interface).items()
        if not trait.usedefault and not trait.mandatory and isdefined(getattr(inputs, name))
    }
    # An undefined list reads as an empty one.
    assert {name: value for name, value in unused.items() if value not in ([], {})} == {}


def require_a_version(interface):
    trait = input_ports(interface)["algorithm"]
    assert trait.usedefault
    assert not trait.nohash


def require_survival_of_a_trip(interface):
    original = pe.Node(interface(), name="node")
    copy = pickle.loads(pickle.dumps(original))
    assert type(copy.interface) is interface
    assert copy.inputs.get_hashval() == original.inputs.get_hashval()


def another_value(inputs, name):
    """Return a value that the port accepts and that differs from its default."""
    default, trait = getattr(inputs, name), inputs.trait(name)
    choices = list(getattr(trait.trait_type, "values", None) or ())
    numbers = [] if isinstance(default, bool) or not isinstance(default, (int, float)) else [default + 1, default - 1]
    numbers += [type(default)(default * factor) for factor in (0.5, 0.9, 1.1)] if numbers else []
    ends_in_number = isinstance(default, list) and default and not isinstance(default[-1], str)
    lists = [[*default[:-1], default[-1] + 0.01]] if ends_in_number else []
    texts = [f"{default}x"] if isinstance(default, str) else []
    for value in [*choices, not default, *numbers, *lists, *texts, 0.5, [0.5], ["x"], {"a": 1}]:
        fresh = type(inputs)()
        try:
            setattr(fresh, name, value)
        except TraitError:
            continue
        if plain(getattr(fresh, name)) != plain(default):
            return value
    raise AssertionError(f"no second value of {name} was found")


def plain(value):
    """Return a list for any sequence, so that equal options compare equal."""
    return [plain(item) for item in value] if isinstance(value, (list, tuple)) else value


def require_a_key_that_changes_with_every_option(interface):
    unchanged = interface().inputs.get_hashval()[1]
    for option, trait in input_ports(interface).items():
        if trait.usedefault and not trait.nohash:
            changed = interface()
            setattr(changed.inputs, option, another_value(interface.input_spec(), option))
            assert changed.inputs.get_hashval()[1] != unchanged, option


def filled(interface, file):
    """Return the interface with something at every port that must be given."""
    made = interface()
    options = [file, [file], str(file.parent), 1.0, 1, "a", [1.0], ["a"], [1], [1, 2], {}, {"a": 1}, [[1.0]], [[1]]]
    for name, trait in input_ports(interface).items():
        if trait.mandatory and not isdefined(getattr(made.inputs, name)):
            for value in options:
                try:
                    setattr(made.inputs, name, value)
                    break
                except (TraitError, ValueError):
                    continue
            else:
                raise AssertionError(f"no value for {name} was found")
    return made


def require_runs_only_when_something_changed(interface, file, monkeypatch):
    runs = []

    def count(self, runtime, *_):
        runs.append(self)
        runtime.returncode = 0
        return runtime

    monkeypatch.setattr(interface, "_run_interface", count)
    if issubclass(interface, CommandLine):
        monkeypatch.setattr(interface, "_list_outputs", lambda self: {})

    def times(**changes):
        before = len(runs)
        node = pe.Node(filled(interface, file), name="node", base_dir=str(file.parent))
        node.inputs.trait_set(**changes)
        node.run()
        return len(runs) - before

    again = int(interface._always_run)
    assert [times(), times()] == [1, again]
    if not again:
        assert [times(algorithm="another"), times(algorithm="another"), times()] == [1, 0, 1]


def require_no_output_of_an_earlier_run(interface, file, monkeypatch):
    if issubclass(interface, CommandLine):
        return  # has no memory: outputs are looked for in the folder
    name = next(iter(output_ports(interface)))
    made = filled(interface, file)
    made._results = {name: "of an earlier run"}
    monkeypatch.setattr(interface, "_run_interface", lambda self, runtime: runtime)
    assert not isdefined(getattr(made.run(cwd=str(file.parent)).outputs, name))


def require_a_command_line(interface):
    said = CliRunner().invoke(cli, ["run", interface.__module__, interface.__name__, "--help"])
    assert said.exception is None or isinstance(said.exception, SystemExit)
    shown = " ".join(said.output.split())
    # Nipype makes no option of a port of several types; `nipype-qsm step` does.
    offered = [name for name, trait in input_ports(interface).items() if not isinstance(trait.trait_type, traits.Union)]
    assert [name for name in offered if name not in shown] == []


@pytest.mark.parametrize("interface", PUBLIC, ids=[f"{i.__module__[22:]}.{i.__name__}" for i in PUBLIC])
def test_an_interface_keeps_nipypes_rules(interface, keys_elsewhere, programs, tmp_path, monkeypatch):
    require_described(interface)
    require_no_false_mandatory(interface)
    require_used_defaults(interface)
    require_a_version(interface)
    require_survival_of_a_trip(interface)
    assert interface().inputs.get_hashval()[1] == keys_elsewhere[interface]
    require_a_key_that_changes_with_every_option(interface)
    file = tmp_path / "given"
    file.write_text("a\n")
    require_a_command_line(interface)
    require_no_output_of_an_earlier_run(interface, file, monkeypatch)
    require_runs_only_when_something_changed(interface, file, monkeypatch)


def test_every_registered_method_is_public():
    assert {interface for _, _, interface in all_methods()} <= set(PUBLIC)


def test_no_two_interfaces_share_a_cache_key(keys_elsewhere):
    """Or a node whose method is replaced by another of the same options would keep the first one's map."""
    assert len(set(keys_elsewhere.values())) == len(PUBLIC)
