"""Write the reference pages, and blocks of the README and of the page of figures, that say what the code is.

python docs/generate.py            write them
python docs/generate.py --check    compare, and fail if one is out of date
"""

from __future__ import annotations

import argparse
import difflib
import inspect
import re
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

sys.path.insert(0, str(Path(__file__).resolve().parent))
from pages import matrix, measured

HERE = Path(__file__).resolve().parent
README = HERE.parent / "README.md"
ACCURACY = HERE / "accuracy.md"
NOTICE = "<!-- Written by docs/generate.py (`make docs`); edit the code, not this page. -->\n\n"
OWN_PORTS = {"num_threads", "algorithm"}


def quantities() -> str:
    """Return the vocabulary as a table."""
    from nipype_qsm.quantities import VOCABULARY

    rows = [
        (f"`{q.name}`", q.meaning, _unit(q), _range(q.plausible), "one an echo" if q.per_echo else "")
        for q in VOCABULARY.values()
    ]
    return (
        "# Quantities\n\n"
        "A volume has one name, one unit and one sign from acquisition to table. The name is the port of an\n"
        "interface, the keyword of a kernel, the file in an output folder and the edge of a graph. Values outside the\n"
        "accepted range are refused where a file is read.\n\n"
        + _table(("name", "meaning", "unit", "accepted", "files"), rows)
    )


def methods() -> str:
    """Return every registered method with its ports, options and references."""
    from nipype_qsm.interfaces.rooms import ROOMS, TABLE_ROOMS, room

    written = measured.written()
    parts = [
        "# Methods\n\n"
        "What can stand at each step, in the order of the dataflow. A name is what `init_qsm_wf(inversion=...)`,\n"
        "`nipype-qsm files --inversion` and `nipype-qsm step inversion` take. Ports in bold must be\n"
        "given. How accurate and how fast they are was measured on\n"
        f"{written['heads']['own']}; more: [accuracy](accuracy.md).\n"
    ]
    for step in {**ROOMS, **TABLE_ROOMS}:
        parts.append(f"\n## {step}\n\nThe step is explained in [steps/{step}.md](steps/{step}.md).\n")
        titles, rows = measured.table(step, "own", written)
        parts += [f"\n{_table(titles, rows)}"] if rows else []
        parts.append(f"\n{measured.about(step, written)}")
        parts += [_method(name, interface) for name, interface in room(step).items()]
    return "".join(parts)


def _method(name: str, interface: Any) -> str:
    inputs, outputs = interface.input_spec(), interface.output_spec()
    options, ports = [], []
    for port in inputs.copyable_trait_names():
        trait = inputs.trait(port)
        if port in OWN_PORTS:
            continue
        if trait.usedefault:
            options.append((f"`{port}`", f"`{getattr(inputs, port)!r}`", trait.desc))
        else:
            ports.append(f"**`{port}`**" if trait.mandatory else f"`{port}`")
    text = f"\n### {name}\n\n`{interface.__module__}.{interface.__name__}`: {_first_line(interface)}\n\n"
    text += f"Takes {', '.join(sorted(ports, key=lambda p: (p[0] != '*', p)))}.\n"
    text += f"Gives {', '.join(f'`{port}`' for port in sorted(outputs.copyable_trait_names()))}.\n"
    if options:
        text += "\n" + _table(("option", "default", "meaning"), sorted(options))
    references = _references(getattr(interface, "_kernel", None)) or _references(interface)
    return text + (f"\nReference: {references}\n" if references else "")


def presets() -> str:
    """Return what each preset puts at each step."""
    from nipype_qsm.workflows.presets import PRESETS

    steps = list(dict.fromkeys(step for preset in PRESETS.values() for step in preset))
    rows = [(step, *(_choice(preset.get(step)) for preset in PRESETS.values())) for step in steps]
    return (
        "# Presets\n\n"
        "Which method, with which options, stands at each step. Options that are not named have the defaults of\n"
        '[methods.md](methods.md). Any step can be replaced: `init_qsm_wf("ukb", inversion="tkd")`.\n\n'
        + _table(("step", *(f"`{name}`" for name in PRESETS)), rows)
    )


def _choice(step: tuple[str, dict[str, Any]] | None) -> str:
    if step is None:
        return "-"
    method, options = step
    return f"`{method}`" + "".join(f"<br/>`{name} = {value!r}`" for name, value in options.items())


def dataflow() -> str:
    """Return the diagram of the whole workflow for each preset, drawn from the built graph."""
    from nipype_qsm.graph import mermaid
    from nipype_qsm.workflows.presets import PRESETS
    from nipype_qsm.workflows.qsm import init_qsm_wf

    text = (
        "# Dataflow\n\n"
        "What `init_qsm_wf` builds. A box is a node with its interface; an edge carries the quantities it is labelled\n"
        "with (units in [quantities.md](quantities.md)). `nipype-qsm graph --preset NAME` prints the same.\n"
    )
    for preset in PRESETS:
        text += f"\n## {preset}\n\n```mermaid\n{mermaid(init_qsm_wf(preset))}```\n"
    return text


def cli() -> str:
    """Return every verb of the command with its options."""
    from nipype_qsm.cli.main import parser

    top = parser()
    (verbs,) = (action for action in top._actions if isinstance(action, argparse._SubParsersAction))
    summaries = {choice.dest: choice.help for choice in verbs._choices_actions}
    text = (
        "# The command\n\n"
        "`nipype-qsm VERB ...`. A problem with the input ends with status 2 and says what to do; a step that failed\n"
        "ends with status 1.\n\n" + _table(("verb", "what it does"), [(f"`{v}`", summaries[v]) for v in verbs.choices])
    )
    return text + "".join(_verb(name, verb) for name, verb in verbs.choices.items())


def _verb(name: str, verb: argparse.ArgumentParser, level: str = "##") -> str:
    nested = [action for action in verb._actions if isinstance(action, argparse._SubParsersAction)]
    text = f"\n{level} {name}\n\n{_described(verb.description)}\n\n"
    arguments = list(_arguments(verb))
    text += _table(("argument", "meaning"), arguments) if arguments else ""
    for part in (verb.epilog or "").split("\n\n"):
        title, _, lines = part.partition("\n")
        language = "sh" if title == "examples:" else "text"
        text += f"\n{title.capitalize()}\n\n```{language}\n{textwrap.dedent(lines)}\n```\n" if lines else ""
    return text + "".join(
        _verb(f"{name} {inner}", parser, level + "#") for action in nested for inner, parser in action.choices.items()
    )


def ukb_tree() -> str:
    """Return the files of a UK Biobank visit, as `ukb.tree` has them."""
    from nipype_qsm.ukb import entries

    rows = [(f"`{e.path}`<br/>*{e.name}*", e.meaning, e.unit, e.writers) for e in entries().values()]
    return (
        "# UK Biobank's tree\n\n"
        "The files of one imaging visit that are read or written, below the visit's folder. They stand in one place,\n"
        "`nipype_qsm/ukb.tree`, in the format of fslpy's file trees; reading, writing and this page share it.\n"
        "*core* is UK Biobank's brain imaging pipeline, *release* is bulk field 26301, *ours* is this program. `.nii`\n"
        "is taken for `.nii.gz`, too. Below a file stands its name in the tree. How to use it:\n"
        "[UK Biobank](ukb_howto.md).\n\n" + _table(("file", "meaning", "unit", "written by"), rows)
    )


def phenotypes() -> str:
    """Return the phenotypes of a subject with their usual range, and what the tables hold beside them."""
    from nipype_qsm.kernels.regions.naming import PHENOTYPES
    from nipype_qsm.kernels.regions.ranges import USUAL

    rows = [
        (
            f"`{one.name}`",
            one.unit,
            f"{usual['low']:g} to {usual['high']:g}",
            f"{one.statistic} over {one.region.replace('_', ' ')}",
            f"{one.ukb_field} `{one.ukb_name}`".replace(" ``", ""),
        )
        for one, usual in zip(PHENOTYPES, USUAL, strict=True)
    ]
    return (
        "# Phenotypes\n\n"
        "The columns of `idps.tsv` and the rows of a subject's `IDP_files/idps.tsv`, in the order of the published\n"
        "results: susceptibility (`QSM`), then T2\\* (`T2`). *Usual* is where adults lie at 3 T, wide enough to\n"
        "catch errors; it is no norm. The last column is the nearest of UK Biobank's own. How each is taken:\n"
        "[regions](steps/regions.md). A cohort adds two: [WMHRegression](steps/cohort.md).\n\n"
        + _table(("name", "unit", "usual", "what", "UK Biobank's field"), rows)
    )


def readme() -> str:
    """Return the README with its generated blocks renewed."""
    from nipype_qsm.graph import mermaid
    from nipype_qsm.interfaces.delivery import DELIVERED
    from nipype_qsm.quantities import VOCABULARY
    from nipype_qsm.workflows.qsm import init_qsm_wf

    outputs = [VOCABULARY[name] for name in DELIVERED]
    blocks = {
        "dataflow": f"```mermaid\n{_volumes_only(mermaid(init_qsm_wf('best')))}```\n",
        "outputs": _table(("file", "unit", "meaning"), [(f"`{q.name}`", _unit(q), q.meaning) for q in outputs]),
    }
    return _renewed(README, blocks)


def accuracy() -> str:
    """Return the page of figures with its tables of measured methods renewed."""
    written = measured.written()
    names = re.findall(r"<!-- generated: (\S+) (\S+) -->", ACCURACY.read_text())
    return _renewed(ACCURACY, {f"{step} {head}": _table(*measured.table(step, head, written)) for step, head in names})


def _renewed(path: Path, blocks: dict[str, str]) -> str:
    text = path.read_text()
    for name, block in blocks.items():
        start, end = f"<!-- generated: {name} -->\n", "<!-- end -->"
        before, _, after = text.partition(start)
        text = before + start + block + end + after.partition(end)[2]
    return text


def _volumes_only(diagram: str) -> str:
    """Drop the edges of a diagram that carry facts alone, such as echo times: fewer lines show more."""
    facts = {"b0_direction", "echo_times", "field_strength"}

    def keeps(line: str) -> bool:
        label = re.search(r"\|(.+)\|", line)
        return label is None or not set(label[1].split(", ")) <= facts

    return "".join(line for line in diagram.splitlines(keepends=True) if keeps(line))


def _unit(quantity: Any) -> str:
    return "0 or 1" if quantity.mask else quantity.unit or "-"


def _arguments(verb: argparse.ArgumentParser) -> Iterator[tuple[str, str]]:
    for action in verb._actions:
        if "--help" in action.option_strings or isinstance(action, argparse._SubParsersAction):
            continue
        known = {**vars(action), "prog": verb.prog}
        if action.dest == "n_procs":
            known["default"] = "those of the machine"
        names = " ".join(action.option_strings) or str(action.metavar or action.dest)
        value = action.metavar if isinstance(action.metavar, str) else " ".join(action.metavar or ())
        if action.option_strings and action.nargs != 0 and value:
            names += f" {value}" + (" ..." if action.nargs == "+" else "")
        yield f"`{names}`", (action.help or "") % known


def _described(text: str | None) -> str:
    return inspect.cleandoc(text or "")


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines)


def _range(plausible: tuple[float, float] | None) -> str:
    if plausible is None:
        return ""
    low, high = plausible
    return f"from {low:g}" if high == float("inf") else f"{low:g} to {high:g}"


def _first_line(thing: Any) -> str:
    return (inspect.getdoc(thing) or "").split("\n\n")[0].replace("\n", " ")


def _references(thing: Any) -> str:
    found = re.search(r"^References\n-+\n(.+?)(?:\n\n|\Z)", inspect.getdoc(thing) or "", re.MULTILINE | re.DOTALL)
    text = " ".join(found[1].split()) if found else ""
    return re.sub(r"doi:(10\.\S+?)(?=[;,)]?(?:\s|$)|\.?(?:\s|$))", _linked, text)


def _linked(found: re.Match[str]) -> str:
    return f"[doi:{found[1]}](https://doi.org/{quote(found[1])})"


PAGES: dict[Path, Callable[[], str]] = {
    **{
        HERE / f"{page.__name__}.md": page
        for page in (quantities, phenotypes, methods, presets, dataflow, cli, ukb_tree)
    },
    README: readme,
    ACCURACY: accuracy,
    HERE / "matrix.svg": matrix.picture,
}


def current(path: Path) -> str:
    """Return what a page should hold."""
    return PAGES[path]() if path in (README, ACCURACY) else NOTICE + PAGES[path]()


def main() -> int:
    """Write the pages, or compare them with what is written."""
    check = "--check" in sys.argv[1:]
    stale = 0
    for path in PAGES:
        text, old = current(path), path.read_text() if path.is_file() else ""
        if old == text:
            continue
        stale += 1
        if check:
            lines = old.splitlines(keepends=True), text.splitlines(keepends=True)
            sys.stdout.writelines(difflib.unified_diff(*lines, path.name, "the code", n=1))
        else:
            path.write_text(text)
            print(f"{path.relative_to(HERE.parent)} written")
    if check and stale:
        print(f"{stale} generated pages are out of date: run `make docs` and commit them.")
    return int(check and stale > 0)


if __name__ == "__main__":
    sys.exit(main())
