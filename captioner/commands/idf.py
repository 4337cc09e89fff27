"""``idf``: save how rare n-grams are in training captions, so that one image has a CIDEr."""

from __future__ import annotations

from jsonargparse import ArgumentParser

SUMMARY = "save the n-gram weights of CIDEr: idf annotations.json idf.json"


def run(argv: list[str]) -> int:
    """Write the table that ``argv`` asks for; return 0."""
    from captioner.commands.arguments import parse
    from captioner.commands.outputs import check_outputs
    from captioner.data.formats.coco import read_coco
    from captioner.scores import IdfTable
    from captioner.text import PTBTokenizer

    settings = parse(_parser(), argv[1:])
    check_outputs({"out": settings.out}, [settings.annotations])
    tokenizer = PTBTokenizer()
    examples = read_coco(settings.annotations, "")
    references = [[tokenizer.tokenise(text) for text in each.captions] for each in examples]
    table = IdfTable.build(references)
    table.save(settings.out, tokenizer.name)
    print(
        f"{settings.out}: {len(table.counts)} n-grams that occur in two or more of "
        f"{table.images} images"
    )
    return 0


def _parser() -> ArgumentParser:
    parser = ArgumentParser(
        prog="python -m captioner idf",
        description="Count in how many images each n-gram occurs, for score --idf.",
    )
    parser.add_argument("annotations", type=str, help="COCO caption file of training images.")
    parser.add_argument("out", type=str, help="JSON file to write.")
    return parser
