"""Every kernel is documented alike, small enough to read, and built from the one set of constants."""

import ast
import inspect
import re

from inventory import KERNELS, PACKAGE, ROOT, SOURCES, all_methods, functions, offenders, public_functions

LONG_FILES = {
    # file: why it may be longer than 300 lines
}
LONG_FUNCTIONS = {
    # file::function: why it may be longer than 50 lines
}
NOTHING_PUBLISHED = {
    "combined": "hands on what is combined already",
}
SECTION = re.compile(r"^(\w[\w ]*)\n-{3,}$", re.MULTILINE)


def sections(docstring):
    """Return {title: text} of a numpydoc docstring."""
    text = inspect.cleandoc(docstring)
    parts = SECTION.split(text)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def documented_names(text):
    """Return the names that a Parameters section describes."""
    heads = re.findall(r"^(\S.*?)\s*:", text, re.MULTILINE)
    bare = [line for line in text.splitlines() if line and not line[0].isspace() and ":" not in line]
    return {name.strip().lstrip("*") for head in heads + bare for name in head.split(",")}


PUBLIC = [function for path in KERNELS for function in public_functions(path)]
REGISTERED = {interface._kernel for _, _, interface in all_methods() if hasattr(interface, "_kernel")}


def positional(function):
    """Return the parameters that can be given by position."""
    parameters = inspect.signature(function).parameters.values()
    return [parameter for parameter in parameters if parameter.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD]


def test_a_kernel_file_opens_with_its_idea_in_two_to_six_sentences():
    def wrong(path):
        text = ast.get_docstring(ast.parse(path.read_text())) or ""
        n_sentences = len(re.findall(r"[.!?)](?=\s|$)", text))
        return not 1 <= n_sentences <= 9 and f"{n_sentences} sentences"

    assert offenders(KERNELS, wrong) == {}


def test_the_first_line_of_a_docstring_is_a_sentence_that_begins_with_a_verb():
    def wrong(function):
        first = (inspect.getdoc(function) or "none").splitlines()[0]
        article = first.split()[0].lower() in {"the", "a", "an", "this", "it"}
        return (article or not first.endswith(".")) and first

    assert offenders(PUBLIC, wrong) == {}


def test_a_docstring_that_lists_parameters_lists_them_all():
    def wrong(function):
        found = sections(inspect.getdoc(function) or "")
        if "Parameters" not in found:
            return None
        return documented_names(found["Parameters"]) ^ set(inspect.signature(function).parameters)

    assert offenders(PUBLIC, wrong) == {}


def test_the_kernel_of_a_method_documents_parameters_returns_and_a_reference_with_a_doi():
    def wrong(function):
        found = sections(inspect.getdoc(function) or "")
        missing = {"Parameters", "Returns", "References"} - set(found)
        if function.__name__ in NOTHING_PUBLISHED:
            return missing - {"References"}
        return missing or ("doi:" not in found["References"] and "no doi")

    assert offenders(REGISTERED, wrong) == {}


def test_a_public_function_takes_at_most_five_positional_parameters():
    assert offenders(PUBLIC, lambda function: [p.name for p in positional(function)][5:]) == {}


def test_the_options_of_a_method_are_keyword_only():
    def wrong(function):
        options = [p.name for p in positional(function) if p.default not in (inspect.Parameter.empty, None)]
        return [name for name in options if not name.startswith("n_")]

    assert offenders(REGISTERED, wrong) == {}


def length(node):
    """Return the lines of a function, its signature and docstring aside."""
    body = node.body[1:] if ast.get_docstring(node) else node.body
    return body[-1].end_lineno - body[0].lineno + 1 if body else 0


def test_no_file_is_longer_than_300_lines():
    lengths = {path.relative_to(ROOT).as_posix(): len(path.read_text().splitlines()) for path in SOURCES}
    assert {name: n for name, n in lengths.items() if n > 300 and name not in LONG_FILES} == {}


def test_no_function_is_longer_than_50_lines():
    lengths = {
        f"{path.relative_to(ROOT).as_posix()}::{node.name}": length(node)
        for path in SOURCES
        for node in functions(path)
    }
    assert {name: n for name, n in lengths.items() if n > 50 and name not in LONG_FUNCTIONS} == {}


def test_exceptions_from_the_budgets_are_still_needed():
    assert [name for name in LONG_FILES if len((ROOT / name).read_text().splitlines()) <= 300] == []


def test_the_gyromagnetic_ratio_is_written_once():
    pattern = re.compile(r"42\.57|267\.5|2\.675")
    assert [path for path in SOURCES if pattern.search(path.read_text())] == [PACKAGE / "units.py"]


def test_no_name_says_that_a_thing_has_no_room():
    vague = {"utils", "util", "misc", "helpers", "helper", "common", "tools", "stuff"}
    assert [path for path in SOURCES if path.stem in vague or path.parent.name in vague] == []
