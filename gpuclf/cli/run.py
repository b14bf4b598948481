"""The command run."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import rich_click as click

from gpuclf.audio.settings import Extraction
from gpuclf.cli.column_options import column_options
from gpuclf.cli.command_help import CLIPS, COMPUTATION, OUTPUT, SPECTRA, command
from gpuclf.cli.command_run import check_outputs, output_options
from gpuclf.cli.evaluate import evaluate_file, predictions_option
from gpuclf.cli.given_options import given_options
from gpuclf.cli.listing_options import listing_of, listing_options
from gpuclf.cli.options import experiment_options, parameter_options, reading_options
from gpuclf.cli.resumable import resumable
from gpuclf.cli.table_options import TABLE_OPTIONS, column_choice, table_options
from gpuclf.config.parts import Clips, Features, Probabilities, Svm
from gpuclf.features.importers.clip_files import LIST_ROLES
from gpuclf.validation.options import Validation

if TYPE_CHECKING:  # --help loads no h5py
    from gpuclf.features.importers.table_columns import ColumnChoice
    from gpuclf.workflows.run_kind import Kind

EXTRACTION = tuple(field.name for field in fields(Extraction))
OF_RECORDINGS = (*(name for name in EXTRACTION if name != "features"), "strict", "workers")
OF_TABLES = (*TABLE_OPTIONS, "clip_column")
OF_LISTING = ("index", "root", "annotations", *(f"{role}_column" for role in LIST_ROLES))


@command(
    "gpuclf run recordings/",
    "gpuclf run meta/esc50.csv --root audio --report esc50.html",
    "gpuclf run embeddings/ --groups clips.csv:speaker",
    common=(
        *("--report", "--json", "--index", "--annotations", "--features", "--kernel", "--C"),
        *("--groups", "--split", "--backend"),
    ),
)
@click.argument("source", type=click.Path(), metavar="PATH")
@output_options
@predictions_option
@listing_options
@column_options("clip")
@table_options
@click.option(
    "--strict",
    is_flag=True,
    help="Stop with an error at a recording that is unusable, truncated or damaged.",
    panel=CLIPS,
)
@click.option(
    "--workers",
    type=click.IntRange(min=1),
    metavar="INTEGER",
    help="Number of parallel workers of the extraction. [default: number of CPU cores]",
    panel=COMPUTATION,
)
@click.option(
    "--out",
    type=click.Path(),
    metavar="OUT.hdf5",
    help="Feature file to write, and to reuse while PATH is unchanged. [default: "
    "PATH.features.hdf5, or in the cache folder if that is not writable]",
    panel=OUTPUT,
)
@parameter_options(Extraction, SPECTRA)
@experiment_options(Features, Svm, Probabilities, Clips, Validation, permutations=True)
@reading_options
def run(source: str, out: str | None, **options: Any) -> None:
    """Evaluate recordings or embeddings: from a folder or file to a report.

    PATH is a folder with one sub-folder of recordings, or of files of arrays, per class; a CSV list
    of them; any folder with --index or --annotations; a feature file; or all that `gpuclf pack`
    converts, such as a table (CSV, Parquet) or an array of all clips.

    The command extracts or packs the features into a file that later runs reuse while PATH and the
    options are the same, evaluates it as `gpuclf evaluate` does, with the same options, and writes
    an HTML report. If interrupted, rerun the same command to resume.
    """
    from gpuclf.report import tables
    from gpuclf.report.result import print_verdict, result_tables
    from gpuclf.workflows.run import page_path

    report = options["report"] = options["report"] or str(page_path(Path(source)))
    outputs = [
        path for path in (report, options["json"], options["predictions"], out) if path is not None
    ]
    check_outputs(outputs, [source, options["config"]], restart=False)
    options["file"], facts = _feature_file(source, out, options)
    if options["config"] is None:
        _add_needed_options(options)
    result, own_facts = evaluate_file(options)
    console = tables.stdout()
    console.print(tables.pairs({**own_facts, **facts}))
    console.print(result_tables(result, console))
    print_verdict(console, result)
    console.print(f"Report: {report}", markup=False, soft_wrap=True)


def _feature_file(
    source: str, out: str | None, options: dict[str, Any]
) -> tuple[str, dict[str, str]]:
    """Return the feature file of a path, which is written if needed, and what was used for it.

    Options of the listing and of the extraction are removed.
    """
    from gpuclf.audio.extraction_checkpoint import saved_recordings
    from gpuclf.config.effects import check_effects
    from gpuclf.config.presets import preset_named
    from gpuclf.report.extract import extraction_facts
    from gpuclf.report.progress import RunProgress
    from gpuclf.workflows.run import features_path, prepare_features
    from gpuclf.workflows.run_inputs import find_input
    from gpuclf.workflows.run_kind import input_kind, listing_at

    choice, labels = _table_choice(options)
    listing = listing_of(options)
    given = {name: options.pop(name) for name in EXTRACTION}
    recordings = {name: options.pop(name) for name in ("strict", "workers")}
    kind = input_kind(Path(source), listing_at(Path(source), listing)[1])
    _check_effects(kind)
    if kind == "feature file":
        return source, {}
    extraction = None
    if kind == "recordings":
        preset = recordings["preset"] = options["preset"] or "recordings"
        given = {name: value for name, value in given.items() if value is not None}
        extraction = Extraction(**{**preset_named(preset).extraction, **given})
        check_effects(given, {"features": extraction.features})
        recordings["backend"] = options["backend"]
    found = find_input(source, listing, extraction, choice, labels, **recordings)
    path = Path(out) if out is not None else features_path(found.path)
    with RunProgress() as progress, resumable(progress, lambda: saved_recordings(path)):
        prepared = prepare_features(
            found, path, restart=options["restart"], on_clips=progress.on_clips
        )
    if prepared.written is None:
        return str(prepared.path), _stored_facts(prepared.path)
    facts, extracted = prepared.written.facts, prepared.written.extracted
    if extracted is not None:
        facts = {**facts, **extraction_facts(extracted)}
        facts["extraction"] = facts.pop("time")
    return str(prepared.path), facts


def _check_effects(kind: Kind) -> None:
    """Check that no option is given that has an effect on other kinds of inputs only."""
    from gpuclf.errors import InputError

    unused: dict[Kind, dict[str, tuple[str, ...]]] = {
        "feature file": {
            "anything but a feature file": ("out", "features", *OF_LISTING, *OF_TABLES),
            "recordings": OF_RECORDINGS,
        },
        "recordings": {"a table or one array of all clips": OF_TABLES},
        "arrays": {
            "recordings": OF_RECORDINGS,
            "a table or one array of all clips": ("features", *OF_TABLES),
        },
        "table": {"recordings": OF_RECORDINGS},
    }
    for expected, names in unused[kind].items():
        for name in given_options():
            if name in names:
                option = f"--{name.replace('_', '-')}"
                raise InputError(option, got=f"no effect on PATH ({kind})", expected=expected)


def _table_choice(options: dict[str, Any]) -> tuple[ColumnChoice, str | None]:
    """Return the columns of a table, and the file with its labels, as the options name them."""
    patterns = tuple(filter(None, (options["features"] or "").split(",")))
    choice = column_choice(options, patterns)
    own = {name: options.pop(name) for name in OF_TABLES}
    return choice, own["labels"]


def _stored_facts(file: Path) -> dict[str, str]:
    """Return what is to be said of a file that an earlier run has written."""
    from gpuclf.features.feature_file import open_features

    with open_features(file) as store:
        skipped = store.attributes.get("unusable")
    return {"file": f"{file}, up to date", **({"skipped": skipped} if skipped else {})}


def _add_needed_options(options: dict[str, Any]) -> None:
    """Add the feature set and the number of vectors that the file needs, unless given."""
    from gpuclf.features.feature_file import open_features
    from gpuclf.report.command_line import needed_options

    with open_features(options["file"]) as store:
        for name, value in needed_options(store).items():
            if options[name] is None:
                options[name] = value
