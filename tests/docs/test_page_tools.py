"""What reads and changes pages: blocks and their commands, a session, outputs below blocks, docstrings for Sphinx."""

import re

import pytest

from pages.blocks import Session, blocks, commands, mentions

PAGE = """# A page

```sh
nipype-qsm methods inversion   # a remark
nipype-qsm files out --phase 'a b.nii' \\
    --magnitude *.nii
```

    nipype-qsm methods

```python
x = 2
print(x + 1)
```

A line with `nipype-qsm step`, and `other`.
"""


def test_blocks_are_found_with_their_language_and_lines():
    found = [(one.language, one.line, one.end) for one in blocks(PAGE)]
    assert found == [("sh", 3, 7), ("", 9, 9), ("python", 11, 14)]


def test_a_command_is_one_over_continued_lines_without_remarks():
    assert commands(blocks(PAGE)[0]) == [
        ["nipype-qsm", "methods", "inversion"],
        ["nipype-qsm", "files", "out", "--phase", "a b.nii", "--magnitude", "*.nii"],
    ]
    assert commands(blocks(PAGE)[2]) == []
    assert list(mentions(PAGE)) == ["nipype-qsm step"]


def test_a_session_keeps_names_expands_patterns_and_stands_in_its_folder(tmp_path):
    session = Session(tmp_path)
    session.names["x"] = 40
    _, _, python = blocks(PAGE)
    assert session.run(python) == "3\n"
    (tmp_path / "one.txt").write_text("1")
    assert session.command(["ls", "*.txt"]) == "one.txt\n"
    assert "tkd" in session.command(["nipype-qsm", "methods", "inversion"])


def test_a_command_that_fails_raises_with_what_it_said(tmp_path):
    with pytest.raises(RuntimeError, match=r"status 2:\n(.|\n)*nowhere"):
        Session(tmp_path).command(["nipype-qsm", "ukb", "nowhere"])


def test_what_a_block_printed_stands_below_it_and_figures_where_the_page_wants_them(tmp_path):
    pytest.importorskip("sphinx")
    from pages.executed import FIGURE, _figure, _insert, run_page

    text = PAGE[PAGE.index("```python") :]
    outputs = run_page("page", text, tmp_path)
    (said,) = outputs.values()
    shown = _insert(text, blocks(text), outputs)
    assert said == "3\n"
    assert re.search(r"print\(x \+ 1\)\n```\n\n```\{code-block\} text\n:class: output\n\n3\n```", shown)
    drawn = FIGURE.sub(_figure, "<!-- figure a.png: One *line*\nand another -->")
    assert drawn.splitlines()[:2] == ["```{figure} /_build/run/tutorial/a.png", ":alt: One line and another"]


def test_code_and_stray_marks_of_docstrings_are_made_sphinxs():
    from pages.reference import translated

    assert translated("least |x| of `chi`, `mask_`") == r"least \|x\| of ``chi``, ``mask_``"
    assert translated("names `QSM_*` and T2_ end") == r"names ``QSM_*`` and T2\_ end"
    assert translated("a :doc:`page <page>`") == "a :doc:`page <page>`"


def test_the_reference_lists_every_kernel_interface_and_workflow():
    from inventory import KERNELS, WORKFLOWS, module_name

    from pages.reference import pages

    listed = set(re.findall(r"automodule:: (\S+)", "".join(text for _, text in pages())))
    wanted = {module_name(path) for path in [*KERNELS, *WORKFLOWS.glob("*.py")] if not path.name.startswith("_")}
    assert wanted - listed == set()


def test_an_equation_becomes_mathematics_that_a_browser_draws():
    pytest.importorskip("latex2mathml")
    from docutils import nodes

    from pages.mathml import drawn

    made = drawn(nodes.math_block(r"\frac{1}{3}", r"\frac{1}{3}"), "block")
    assert "<mfrac><mrow><mn>1</mn></mrow><mrow><mn>3</mn></mrow></mfrac>" in made
    assert 'display="block"' in made


def test_a_doi_is_a_link_to_its_end_parentheses_included():
    from pages.sitemap import DOI

    wanted = [
        "10.1016/S0140-6736(86)90837-8",
        "10.2/m.2",
        "10.1/x",
        "10.1/y",
        "10.1/(SI)1(2)4:5<6>3.0.C;2-G",
    ]
    text = "(a, doi:{}), doi:{}. (doi:{}), doi:{}; doi:{}\n"
    assert DOI.findall(text.format(*wanted)) == wanted


def test_a_link_of_the_site_that_leads_nowhere_is_found(tmp_path):
    from pages.links import broken

    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "b.html").write_text('<h1 id="here">b</h1><a href="../a.html#there">')
    (tmp_path / "a.html").write_text(
        '<p id="top"><a href="sub/b.html#here"><a href="#top"><a href="https://doi.org/10.1/2"><a href="sub/b.html#x">'
        '<iframe src="graphs/ukb.html"><img src="no.png"><a href="https://nowhere">'
    )
    assert list(broken(tmp_path)) == [
        *(f"a.html: {link}" for link in ("sub/b.html#x", "graphs/ukb.html", "no.png", "https://nowhere")),
        "sub/b.html: ../a.html#there",
    ]
