"""The report, part by part: from what was measured to what one reads."""

from __future__ import annotations

from collections.abc import Sequence

from captioner.comparison.results import Claim, Comparison, ModelResult
from captioner.formatting import MISSING
from captioner.report.behaviour_tables import (
    behaviour_table,
    gradients_table,
    lengths_table,
    step_times_table,
)
from captioner.report.controls_table import controls_table
from captioner.report.cost_table import cost_table
from captioner.report.document import (
    Block,
    BulletList,
    Cell,
    Document,
    Drawing,
    Drawings,
    KeyValueList,
    Paragraph,
    Row,
    Section,
    Table,
)
from captioner.report.figures.curves import curves_drawings
from captioner.report.figures.elmo_layers import elmo_drawings
from captioner.report.figures.gradients import gradients_drawings
from captioner.report.figures.lengths import lengths_drawings
from captioner.report.figures.scores import scores_drawings
from captioner.report.figures.step_times import step_times_drawings
from captioner.report.gallery import galleries
from captioner.report.score_tables import (
    differences_table,
    runs_table,
    scores_table,
    seed_notes,
)
from captioner.report.training_tables import arm_table, recipes_table
from captioner.report.verdicts import verdicts


def build_document(comparison: Comparison) -> Document:
    """Return the report of a comparison: the parts of which there is something to say."""
    sections = [
        Section("What was compared", _conditions(comparison)),
        Section("Scores", _scores(comparison)),
        Section("Which differences are real", _differences(comparison)),
        *([Section("Other lengths of training", _arms(comparison))] if comparison.arms else []),
        Section("Cost", [cost_table(comparison)]),
        Section("Behaviour", _behaviour(comparison)),
        Section("What is said about text models, and what was measured", _claims(comparison)),
        Section("Training", _training(comparison)),
        Section("Gallery", _gallery(comparison)),
        Section("Notes", _notes(comparison)),
    ]
    names = [model.name for model in comparison.models]
    return Document(comparison.title, names, sections)


def _conditions(comparison: Comparison) -> list[Block]:
    models = [f"{model.name} ({_runs(model)})" for model in comparison.models]
    who = "One captioner describes" if len(models) == 1 else f"{len(models)} captioners describe"
    said = f"{who} the same pictures in one sentence each: {_listed(models)}." if models else ""
    notes = len(comparison.notes)
    warning = f"{notes} note{'s' if notes > 1 else ''} at the end: read before quoting numbers."
    blocks: list[Block] = [Paragraph(said or "No captioner was compared.")]
    blocks += [KeyValueList(comparison.facts)] if comparison.facts else []
    blocks += [Paragraph(warning)] if notes else []
    return [*blocks, *([recipes_table(comparison)] if comparison.recipes else [])]


def _runs(model: ModelResult) -> str:
    if model.inference is None:
        files = len(model.runs)
        return "captions of a file" if files == 1 else f"captions of {files} files"
    seeds = [run.seed for run in model.runs if run.seed is not None]
    if not seeds:
        return f"{model.captioner}, a given checkpoint"
    return f"{model.captioner}, {len(seeds)} seed{'s' if len(seeds) > 1 else ''}"


def _listed(names: Sequence[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def _scores(comparison: Comparison) -> list[Block]:
    table = scores_table(comparison)
    if not table.rows:
        return [Paragraph("No score was computed.")]
    return [table, *_side_by_side(scores_drawings(comparison))]


def _differences(comparison: Comparison) -> list[Block]:
    table = differences_table(comparison)
    if table is None:
        return [Paragraph("With one captioner there is nothing to test against.")]
    return [BulletList(verdicts(comparison.differences)), table]


def _arms(comparison: Comparison) -> list[Block]:
    how = (
        "Trained anew for another number of steps, each on a learning-rate schedule of that length "
        "and with as many validations to choose a checkpoint from; tests are those of the table of "
        "paired tests."
    )
    blocks: list[Block] = [Paragraph(how)]
    for arm in comparison.arms:
        blocks += [arm_table(arm), BulletList(verdicts(arm.differences))]
    return blocks


def _behaviour(comparison: Comparison) -> list[Block]:
    gradients = gradients_drawings(comparison)
    drawings = [*lengths_drawings(comparison), *gradients, *step_times_drawings(comparison)]
    tables = [
        lengths_table(comparison),
        gradients_table(comparison),
        step_times_table(comparison),
    ]
    return [
        behaviour_table(comparison),
        *([controls_table(comparison)] if comparison.controls else []),
        *_side_by_side(drawings),
        *(table for table in tables if table.rows),
    ]


def _claims(comparison: Comparison) -> list[Block]:
    if not comparison.claims:
        return [Paragraph("No claim was checked.")]
    names = [model.name for model in comparison.models]
    rows = [
        Row(claim.about, _claim_cells(claim, names), claim.claim) for claim in comparison.claims
    ]
    notes = [
        "Yes: the whole 95 % interval is as large as is said; no: all of it is smaller. Costs have "
        "to be 10 % apart in the same way. Nothing is said of captioners with fewer than 3 seeds.",
        *seed_notes(comparison),
    ]
    return [Table("Claims and measurements", "Claim", [*names, "held here"], rows, notes)]


def _claim_cells(claim: Claim, names: list[str]) -> list[Cell]:
    measured = [Cell(claim.measured.get(name, MISSING)) for name in names]
    return [*measured, Cell(claim.held, strong=claim.held in ("yes", "no"))]


def _training(comparison: Comparison) -> list[Block]:
    drawings = [*curves_drawings(comparison), *elmo_drawings(comparison)]
    table = runs_table(comparison)
    blocks = _side_by_side(drawings) or [Paragraph("The runs left no training curves.")]
    return [*blocks, *([table] if table.rows else [])]


def _gallery(comparison: Comparison) -> list[Block]:
    if not comparison.gallery:
        return [Paragraph("No pictures were chosen.")]
    how = (
        "Chosen by score, not by hand: best and worst by the mean CIDEr of all captioners, most "
        "disagreement by the gap between the first and the last of them. The CIDEr beside a "
        "caption is that of this one picture, of the first seed. "
        "An attention map shows for each word where on the picture the captioner looked; there is "
        "none for a captioner that does not look, or if it said something else when asked again."
    )
    return [Paragraph(how), *galleries(comparison)]


def _notes(comparison: Comparison) -> list[Block]:
    return [
        BulletList(comparison.notes) if comparison.notes else Paragraph("Nothing was left out.")
    ]


def _side_by_side(drawings: list[Drawing]) -> list[Block]:
    return [Drawings(drawings)] if drawings else []
