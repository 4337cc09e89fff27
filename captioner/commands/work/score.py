"""``score``: compare captions with those that people wrote."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence

from jsonargparse import Namespace

from captioner.commands.output_paths import check_output_files
from captioner.commands.work.score_report import ScoreReport
from captioner.data.formats.coco import read_coco
from captioner.data.formats.example import Example
from captioner.data.formats.results_file import read_results
from captioner.errors import CaptionerError
from captioner.scores import IdfTable, Score, score_captions
from captioner.scores.clip import PROMPT, clip_score, ref_clip_score
from captioner.scores.confidence import compare_scores, confidence_intervals
from captioner.scores.diversity import distinct, novel_share, words_used
from captioner.scores.embedder import load_embedder
from captioner.scores.meteor import meteor
from captioner.scores.spice import spice
from captioner.text import PTBTokenizer
from captioner.text.endings import is_dangling

Words = list[list[str]]


def score(settings: Namespace) -> int:
    """Score captions; return 0, or 1 if images or asked-for scores were left out.

    Args:
        settings: Those of the command.
    """
    outputs = {"out": settings.out, "per-image": settings.per_image}
    examples = read_coco(settings.annotations, settings.images)
    check_output_files(outputs, [example.path for example in examples])
    captions = read_results(settings.results, examples)
    others = read_results(settings.against, examples) if settings.against else None
    if others is not None and others.keys() != captions.keys():
        odd = min(others.keys() ^ captions.keys())
        raise CaptionerError(
            f"{settings.against}: expected captions of the same images as {settings.results}, "
            f"found a difference at image {odd}"
        )
    idf = IdfTable.load(settings.idf, "ptb") if settings.idf else None
    chosen = [example for example in examples if example.image_id in captions]
    report = ScoreReport(
        images=chosen,
        captions=list(captions.values()),
        weights=_describe(settings.idf, idf, len(chosen)),
        skipped=_skipped(settings, examples, len(chosen)),
    )
    report.scores = _score(settings, report, chosen, list(captions.values()), idf)
    report.diversity = _diversity(settings, list(captions.values()))
    drawn = {"samples": settings.samples, "seed": settings.seed}
    report.intervals = confidence_intervals(report.scores, **drawn)
    if others is not None:
        second = _score(settings, report, chosen, list(others.values()), idf)
        both = report.scores.keys() & second.keys()
        first = {name: score for name, score in report.scores.items() if name in both}
        report.against = settings.against
        report.differences = compare_scores(first, {name: second[name] for name in first}, **drawn)
    for sentence in dict.fromkeys(report.skipped):
        print(f"captioner: {sentence}", file=sys.stderr)
    print(report.table())
    report.write(settings.out, settings.per_image)
    return 1 if report.skipped else 0


def _score(
    settings: Namespace,
    report: ScoreReport,
    examples: Sequence[Example],
    captions: list[str],
    idf: IdfTable | None,
) -> dict[str, Score]:
    """Compute the scores that were asked for; what cannot run is noted in the report."""
    tokenize = PTBTokenizer().tokenize
    words = [tokenize(caption) for caption in captions]
    references = [[tokenize(text) for text in example.captions] for example in examples]
    scores = score_captions(words, references, idf)
    asked: dict[str, Callable[[Words, list[Words]], Score]] = {"METEOR": meteor, "SPICE": spice}
    for name, score in asked.items():
        if not settings[name.lower()]:
            continue
        try:
            scores[name] = score(words, references)
        except CaptionerError as error:
            report.skipped.append(str(error))
    if settings.clip:
        scores |= _clip_scores(settings.clip, examples, captions)
    return scores


def _clip_scores(name: str, examples: Sequence[Example], captions: list[str]) -> dict[str, Score]:
    embedder = load_embedder(name)
    images = embedder.embed_images([example.path for example in examples])
    texts = embedder.embed_texts([PROMPT + caption for caption in captions])
    references = [
        embedder.embed_texts([PROMPT + text for text in example.captions]) for example in examples
    ]
    return {
        "CLIPScore": clip_score(images, texts),
        "RefCLIPScore": ref_clip_score(images, texts, references),
    }


def _diversity(settings: Namespace, captions: list[str]) -> dict[str, float]:
    tokenize = PTBTokenizer().tokenize
    words = [tokenize(caption) for caption in captions]
    values: dict[str, float] = {
        "distinct-1": distinct(words, 1),
        "distinct-2": distinct(words, 2),
        "words used": words_used(words),
        "broken off": sum(map(is_dangling, words)) / len(words),
    }
    if settings.training:
        training = read_coco(settings.training, "")
        known = [tokenize(text) for example in training for text in example.captions]
        values["novel captions"] = novel_share(words, known)
    return values


def _describe(path: str | None, idf: IdfTable | None, images: int) -> str:
    if idf is None:
        return f"the references of the {images} images scored"
    return f"{path} ({idf.images} images)"


def _skipped(settings: Namespace, examples: Sequence[Example], scored: int) -> list[str]:
    if scored == len(examples):
        return []
    return [
        f"{settings.results}: scored {scored} of {len(examples)} images, the others have no caption"
    ]
