"""The changelog is about the version that is here, and knows where modules have gone."""

import re
from pathlib import Path

import captioner

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
MODULES = TEXT.partition("### Renamed modules\n")[2]
ROW = re.compile(r"^\| (`.*`) \| `([^`]+)` \|$", re.MULTILINE)


def moved() -> dict[str, str]:
    """Return module -> where it is now, of every row of the table."""
    found = {}
    for was, now in ROW.findall(MODULES):
        for old in re.findall(r"`([^`]+)`", was):
            names = re.search(r"\{(.*)\}", old)
            for name in names[1].split(", ") if names else [""]:
                found[re.sub(r"\{.*\}", name, old)] = now.replace("*", name)
    return found


def there(module: str) -> bool:
    return (ROOT / "captioner" / module.replace(".", "/")).with_suffix(".py").is_file()


def test_unreleased_changes_are_those_of_the_version_to_come():
    assert f"\n## [Unreleased] - {captioner.__version__}\n" in TEXT


def test_modules_are_where_the_table_says():
    assert len(moved()) > 100
    assert {old: now for old, now in moved().items() if not there(now)} == {}


def test_modules_that_have_gone_are_no_longer_there():
    assert [old for old in moved() if there(old)] == []


def test_the_table_has_all_rows():
    rows = MODULES.partition("| --- | --- |\n")[2].strip().splitlines()
    assert len(ROW.findall(MODULES)) == len(rows)
