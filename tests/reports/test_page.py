from nipype_qsm.reports.page import Html, document, join, number, scale, table, tag, text


def test_plain_text_is_escaped_and_html_is_not():
    assert text("<b>&\"'") == "&lt;b&gt;&amp;&quot;&#x27;"
    assert text(Html("<b>")) == "<b>"
    assert join("<", tag("i", "<")) == "&lt;<i>&lt;</i>"
    assert tag("a", "x", href='" onclick="') == '<a href="&quot; onclick=&quot;">x</a>'


def test_numbers_are_grouped_with_a_real_minus():
    assert number(-1234567.8, 1) == "\N{MINUS SIGN}1\N{NARROW NO-BREAK SPACE}234\N{NARROW NO-BREAK SPACE}567.8"


def test_rows_of_a_table_have_headings():
    made = table("Facts", ("Name", "Value"), [("a", "1"), ("b", "2")], numeric=(1,))
    assert made.count('<th scope="row">') == 2
    assert made.count('<th scope="col"') == 2
    assert made.count('<td class="number">') == 2


def test_a_colour_bar_has_its_ends_and_unit():
    made = scale(-100.0, 200.0, "ppb", "gray")
    assert "\N{MINUS SIGN}100" in made
    assert "200 ppb" in made
    assert "#000000" in made
    assert "#ffffff" in made


def test_empty_sections_leave_no_link():
    page = document("t", Html(""), [("one", "One", Html("<p>x</p>")), ("two", "Two", Html(""))], "f")
    assert 'href="#one"' in page
    assert 'href="#two"' not in page
