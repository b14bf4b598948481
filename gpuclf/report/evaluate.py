"""HTML report of the command evaluate."""

from __future__ import annotations

from gpuclf.report.html_page import Headline, Page
from gpuclf.report.next_steps import next_steps
from gpuclf.report.provenance import Provenance
from gpuclf.report.sections import example_section, result_sections, run_sections
from gpuclf.validation.cv_result import CrossValidation
from gpuclf.workflows.run_context import RunContext


def evaluate_page(result: CrossValidation, provenance: Provenance, run: RunContext) -> Page:
    """Return the HTML report of ``gpuclf evaluate``."""
    return Page(
        "gpuclf evaluate",
        provenance.title,
        Headline.of(result, "", provenance.cautions, provenance.protocol_text),
        [
            *result_sections(result, provenance, run),
            example_section(result, run),
            *run_sections(provenance, result.seconds, result.solver),
        ],
        next_steps(result, run),
    )
