"""Settings of the site: `make docs` writes it to docs/_build/html, and no warning passes."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from nipype_qsm import __version__

project = "nipype_qsm"
author = "The nipype_qsm developers"
project_copyright = "The nipype_qsm developers, Apache-2.0"
version = release = __version__

extensions = [
    "myst_parser",
    "nipype.sphinxext.apidoc",  # numpydoc sections, and a table of traits for each interface; it excludes napoleon
    "sphinx_copybutton",
    "pages.diagrams",
    "pages.mathml",
    "pages.reference",
    "pages.sitemap",
    "pages.executed",
]

source_suffix = {".md": "markdown", ".rst": "restructuredtext"}
exclude_patterns = ["_build", "provenance"]

myst_enable_extensions = ["dollarmath", "colon_fence", "attrs_inline"]
myst_heading_anchors = 3
myst_dmath_double_inline = True
smartquotes_action = "qe"  # quotes and ellipses; no dashes, which `--option` in a text would become
# A type slot holds axes, kind and unit: words, not names of classes to look for.
napoleon_use_param = False
napoleon_use_rtype = False
napoleon_custom_sections = [("Inputs", "Parameters"), ("Outputs", "Parameters")]

autodoc_default_options = {
    "members": True,
    "member-order": "bysource",
    "show-inheritance": True,
    "ignore-module-all": True,
}
autodoc_typehints = "none"
python_use_unqualified_type_names = True
add_module_names = False
toc_object_entries = False  # sections are enough: 41 CPU s instead of 54

html_theme = "furo"
html_title = "nipype_qsm"
html_static_path = ["style"]
html_css_files = ["site.css"]
html_math_renderer = "mathml"
html_copy_source = False
html_show_sphinx = False
html_theme_options = {
    "sidebar_hide_name": False,
    "light_css_variables": {"color-brand-primary": "#0b5c6b", "color-brand-content": "#0b6b7c"},
    "dark_css_variables": {"color-brand-primary": "#5cc4d6", "color-brand-content": "#5cc4d6"},
}
pygments_style = "friendly"
pygments_dark_style = "github-dark"
copybutton_prompt_text = ""
