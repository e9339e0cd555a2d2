"""The pages, their commands and blocks, as the tests of documents see them."""

import argparse
import re
import shlex

from inventory import ROOT

from nipype_qsm.cli.main import parser
from nipype_qsm.cli.step import _ports_parser
from nipype_qsm.interfaces.rooms import room
from pages.blocks import blocks, commands, mentions

PAGES = [ROOT / name for name in ("README.md", "CONTRIBUTING.md")] + sorted(
    path for path in (ROOT / "docs").rglob("*.md") if not {"_build", "api"} & set(path.relative_to(ROOT / "docs").parts)
)


def page_commands(path):
    """Return every command of a page that stands in a block, as words."""
    return [words for block in blocks(path.read_text()) for words in commands(block)]


def own_commands(path):
    """Return those that call this program."""
    return [words for words in page_commands(path) if words[0] == "nipype-qsm"]


def page_mentions(path):
    """Return every command of this program that stands in a line of text."""
    return list(mentions(path.read_text()))


def python_blocks(path):
    """Return the blocks of Python of a page."""
    return [block for block in blocks(path.read_text()) if block.language == "python"]


def refused(words):
    """Return why a command cannot be parsed, or nothing."""
    try:
        chosen = parser().parse_args(words[1:])
        if words[1] == "step" and chosen.method:
            interface = room(chosen.room)[chosen.method]()
            _ports_parser(chosen.room, chosen.method, interface).parse_args(chosen.ports)
        if words[1] == "batch":
            return refused(["nipype-qsm", *words[words.index("--") + 1 :]])
    except (SystemExit, Exception) as error:
        return f"{shlex.join(words)}: {error}"
    return None


def unknown_in(mention):
    """Return the words of a mention that the program does not know: verbs, and options of the verb."""
    names = re.sub(r"(?<=\w) \| (?=\w)", "|", mention.partition(" -- ")[0]).split()[1:]
    return _unknown(parser(), names)


def _unknown(verb, names):
    nested = [action for action in verb._actions if isinstance(action, argparse._SubParsersAction)]
    if nested and names and not names[0].startswith(("-", ".", "VERB")):
        wanted = names[0].split("|")
        missing = [name for name in wanted if name not in nested[0].choices]
        return missing or _unknown(nested[0].choices[wanted[0]], names[1:])
    if verb.prog.endswith(" step") and len(names) > 1 and names[0] != "ROOM":
        if names[1] not in room(names[0]):
            return [] if names[1] in OWN_EXAMPLES else names[:2]
        verb = _ports_parser(*names[:2], room(names[0])[names[1]]())
    known = {option for action in verb._actions for option in action.option_strings}
    return [name for name in names if name.startswith("--") and name not in known]


OWN_EXAMPLES = {"damped"}
"""Methods that a page teaches to write."""
