"""Configuration of the documentation site.

Build it with ``python -m sphinx -W --keep-going -b html docs docs/_build/html``.
"""

import os
import shutil
import sys
from importlib.metadata import version as version_of
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "_ext"))

# The executed pages run the commands of this environment, in a kernel with our startup file.
os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
os.environ |= {"NO_COLOR": "1", "COLUMNS": "88", "IPYTHONDIR": str(HERE / "_build" / "ipython")}
profile = HERE / "_build" / "ipython" / "profile_default"
(profile / "startup").mkdir(parents=True, exist_ok=True)
shutil.copy(HERE / "_ext" / "kernel_startup.py", profile / "startup")
(profile / "ipython_kernel_config.py").write_text("c.InlineBackend.figure_formats = {'svg'}\n")

project = "gpuclf"
author = "the authors of gpuclf"
project_copyright = author
version = release = version_of("gpuclf")

extensions = [
    "myst_nb",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx_copybutton",
    "sphinx_design",
    "generated_reference",
    "mathml",
]
html_math_renderer = "mathml"
exclude_patterns = ["_build", "_ext", "_templates", "**/*.inc"]
templates_path = ["_templates"]
default_role = "py:obj"
highlight_language = "none"
smartquotes = False  # an option keeps its two hyphens
toc_object_entries_show_parents = "hide"

# Pages: Markdown with executed cells.
myst_enable_extensions = ["amsmath", "colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3
nb_execution_mode = "force"
nb_execution_in_temp = True
nb_execution_raise_on_error = True
nb_execution_timeout = 120
nb_merge_streams = True

# Reference: numpydoc docstrings.
autodoc_typehints = "none"
autosummary_generate = True
numpydoc_show_class_members = False
numpydoc_xref_param_type = False
reported = [  # of numpydoc's checks
    *("GL01", "GL02", "GL03", "GL08", "SS03", "SS05"),
    *("PR01", "PR02", "PR04", "PR07", "RT01", "RT03"),
]

# Look.
html_theme = "pydata_sphinx_theme"
html_title = "gpuclf"
html_logo = "_static/mark.svg"
html_favicon = "_static/mark.svg"
html_static_path = ["_static"]
html_css_files = ["custom.css"]
html_show_sourcelink = False
html_show_copyright = False
html_theme_options = {
    "logo": {"text": "gpuclf"},
    "header_links_before_dropdown": 6,
    "navbar_persistent": [],
    "navbar_end": ["search-button", "theme-switcher"],
    "show_prev_next": True,
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["sphinx-version"],
    "footer_end": ["theme-version"],
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
}
html_sidebars = {page: [] for page in ("index", "get-started", "benchmarks", "changelog")}
copybutton_exclude = ".linenos, .gp, .go"

# Links: internal ones are checked by every build, external ones by
# ``python -m sphinx -b linkcheck docs docs/_build/linkcheck``, which needs a network.
nitpicky = True
nitpick_ignore_regex = [  # docstrings also name what is not public
    ("py:obj", r"(?!gpuclf\.\w+$).*"),
    ("py:obj", rf"gpuclf\.({'|'.join(path.stem for path in (HERE.parent / 'gpuclf').iterdir())})"),
]
linkcheck_timeout = 20
linkcheck_retries = 2
