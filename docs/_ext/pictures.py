"""Show a figure in a page so that it suits its light and its dark theme."""

import io

import matplotlib as mpl
from IPython.display import HTML, display
from matplotlib.figure import Figure

TEXT = "#123456"  # stands for the colour of the page's text
BLUE, ORANGE, GREEN, RED = "#56b4e9", "#e69f00", "#009e73", "#d55e00"  # Okabe and Ito

mpl.rcParams.update(
    {
        "svg.fonttype": "none",
        "font.size": 11,
        "axes.spines.top": False,
        "axes.spines.right": False,
        **dict.fromkeys(
            ("text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color"), TEXT
        ),
        **dict.fromkeys(("figure.facecolor", "axes.facecolor", "legend.facecolor"), "none"),
        "legend.frameon": False,
    }
)


def show(figure: Figure, alt: str) -> None:
    """Display a figure as inline SVG, described by ``alt`` for readers who do not see it."""
    mpl.rcParams["svg.hashsalt"] = alt
    text = io.StringIO()
    figure.savefig(text, format="svg", bbox_inches="tight", metadata={"Date": None})
    mpl.pyplot.close(figure)
    svg = text.getvalue().partition("<svg ")[2].replace(TEXT, "currentColor")
    svg = svg.replace("'DejaVu Sans'", "inherit")
    style = 'style="max-width: 100%; height: auto"'
    display(HTML(f'<svg role="img" aria-label="{alt}" {style} {svg}'))
