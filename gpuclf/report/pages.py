"""The page of each command."""

from __future__ import annotations

from dataclasses import replace

from gpuclf._utils import versions as environment
from gpuclf._utils.formatting import points, value_text
from gpuclf.plot.style import FLAT
from gpuclf.report.audit import audit_facts, audit_grid
from gpuclf.report.command_line import train_command
from gpuclf.report.compare import comparison_facts, comparison_grid
from gpuclf.report.html_page import Headline, Page, Section
from gpuclf.report.html_parts import Command, Facts, Part, Picture
from gpuclf.report.search import flat_warning, left_out, search_facts, settings_grid, settings_title
from gpuclf.report.sections import Run, example_section, result_sections, run_sections
from gpuclf.report.sweep import sweep_facts, sweep_grid
from gpuclf.tuning.search_result import Search
from gpuclf.validation.cv_result import CrossValidation
from gpuclf.workflows.audit import Audit
from gpuclf.workflows.compare import Compared
from gpuclf.workflows.sweep import Sweep


def evaluate_page(result: CrossValidation, run: Run) -> Page:
    """The page of ``gpuclf evaluate``."""
    return Page(
        "gpuclf evaluate",
        run.title,
        Headline.of(result, cautions=run.cautions),
        [
            *result_sections(result, run),
            example_section(result, run.experiment, run.backend),
            *run_sections(run, result.seconds, result.solver),
        ],
    )


def search_page(search: Search, run: Run, *, flat: bool) -> Page:
    """The page of ``gpuclf search``."""
    run = replace(run, varied=search.parameters[0].keys())
    result = search.headline(flat)
    says = "" if flat else f"by settings that inner folds chose among {len(search.parameters)}"
    flattered = (flat_warning(search),) if flat else ()
    chosen = replace(run.experiment, **search.best)
    train = Command(train_command(chosen))
    choice: list[Part] = [Facts(search_facts(search)), train, settings_grid(search)]
    return Page(
        "gpuclf search" + ", flat" * flat,
        run.title,
        Headline.of(result, says, (*flattered, *run.cautions)),
        [
            Section("The choice", choice, f"{settings_title(search)}{left_out(search)}."),
            *result_sections(result, run),
            example_section(result, chosen, run.backend),
            *run_sections(run, result.seconds, result.solver),
        ],
    )


def sweep_page(sweep: Sweep, run: Run) -> Page:
    """The page of ``gpuclf sweep``."""
    run = replace(run, varied=[sweep.name])
    best = sweep.best_result
    count = len(sweep.values)
    optimistic = (
        f"The best of {count} values on the clips that they are scored on: optimistic. "
        "gpuclf search chooses honestly.",
    )
    picture = Picture(sweep.plot, f"the accuracy for each value of {sweep.name}")
    return Page(
        "gpuclf sweep",
        run.title,
        Headline.of(
            best,
            f"with {sweep.name} = {value_text(sweep.best)}",
            (*optimistic * (count > 1), *run.cautions),
        ),
        [
            Section(
                f"Values of {sweep.name}", [picture, sweep_grid(sweep), Facts(sweep_facts(sweep))]
            ),
            *run_sections(run, sweep.seconds, best.solver),
        ],
    )


def audit_page(audit: Audit, run: Run) -> Page:
    """The page of ``gpuclf audit``."""
    certain = [leak for leak in audit.leaks if leak.worth.low > 0]
    says = "without any leak; none is worth anything beyond chance"
    if certain:
        worst = max(certain, key=lambda leak: leak.worth.mean)
        worth = f"{points(worst.worth.mean)} points of {worst.unit}"
        says = f"without any leak; {worst.name} would add {worth}"
    picture = Picture(audit.plot, "how many points each leak is worth", FLAT)
    return Page(
        "gpuclf audit",
        run.title,
        Headline.of(audit.honest, says),
        [
            Section(
                "What leaks are worth", [picture, audit_grid(audit), Facts(audit_facts(audit))]
            ),
            *run_sections(run, audit.seconds, audit.honest.solver),
        ],
    )


def compare_page(compared: Compared, command: str) -> Page:
    """The page of ``gpuclf compare``."""
    facts = comparison_facts(compared)
    difference, _, interval = facts["A less B"].partition(" (")
    picture = Picture(compared.plot, "the difference in every fold", FLAT)
    names = [one.path.name for one in (compared.first, compared.second)]
    made = {
        f"made {letter} ({one.path.name})": one.record["environment"].get("command", "-")
        for letter, one in zip("AB", (compared.first, compared.second), strict=True)
    }
    about = environment.describe()
    return Page(
        "gpuclf compare",
        " less ".join(names),
        Headline(
            difference,
            f"of {compared.metric.replace('_', ' ')}, A less B; {interval.rstrip(')')}; "
            f"p = {facts['p']}",
            cautions=compared.cautions,
        ),
        [
            Section("Fold by fold", [picture], "A dot is a fold."),
            Section("What differs", [comparison_grid(compared), Facts(facts)]),
            Section(
                "Run",
                [
                    Command(command),
                    Facts(
                        made
                        | {
                            "Python": about["python"],
                            "gpuclf": about["packages"].get("gpuclf", "-"),
                        }
                    ),
                ],
            ),
        ],
    )
