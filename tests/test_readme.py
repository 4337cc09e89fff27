"""What README.md and its pages tell people to type works: run at reduced size, in order."""

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import yaml
from PIL import Image

import captioner
from captioner.__main__ import main

pytestmark = pytest.mark.integration

ROOT = Path(__file__).parents[1]
from_a_wheel = pytest.mark.skipif(
    Path(captioner.__file__).is_relative_to(ROOT / "captioner"),
    reason="takes minutes: run once, from the wheel, by tests/test_wheel.py",
)
# In an order in which each finds what those before it have trained.
PAGES = ("README", "docs/training", "docs/captioning", "docs/comparison", "docs/elmo", "docs/scale")
TEXTS = {page: (ROOT / f"{page}.md").read_text(encoding="utf-8") for page in PAGES}
SMALL = "--data.train_size=24 --data.val_size=8 --data.test_size=8 --trainer.accelerator=cpu"
SMALL_FIT = f"{SMALL} --trainer.max_epochs=1 --data.batch_size=8"
OTHERS_DATA = ("flickr8k", "coco", "my_photos")  # the user brings these: parsed, not run


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", TEXTS[page], flags=re.DOTALL)


def commands(page: str) -> list[str]:
    lines = "\n".join(blocks(page, "bash")).replace("\\\n", " ").splitlines()
    return [line.split("  #")[0].strip() for line in lines if line.strip()]


OWN_PHOTOGRAPHS = [line for line in commands("README") if " --data.folder photos" in line]


def on_data_of_others(line: str) -> bool:
    return any(re.search(f"[ /]{name}", line) for name in OTHERS_DATA)


@pytest.fixture(scope="module")
def workplace(tmp_path_factory):
    """Return a folder to run commands in: nothing but the package is needed."""
    folder = tmp_path_factory.mktemp("empty")
    (folder / "sentences.txt").write_text("a red star\ntwo blue and red lines\n")
    return folder


@pytest.fixture(scope="module")
def read_pages():
    """Return the set of pages whose commands have been run in the workplace."""
    return set()


def test_every_page_with_commands_is_run():
    pages = [*(ROOT / "docs").glob("*.md"), ROOT / "README.md"]
    with_commands = {
        page.relative_to(ROOT).with_suffix("").as_posix()
        for page in pages
        if re.search(r"```(bash|python)\n", page.read_text(encoding="utf-8"))
    }
    assert with_commands == {*PAGES}


def test_make_targets_exist():
    targets = [
        word
        for page in PAGES
        for line in commands(page)
        if line.startswith("make ")
        for word in line.split()[1:2]
    ]
    assert {"demo", "test"} <= set(targets)
    for target in targets:
        done = subprocess.run(
            ["make", "-n", target, "READY="], cwd=ROOT, capture_output=True, check=False
        )
        assert done.returncode == 0, done.stderr


def small_demo(folder):
    """Write the config of the demo with fewer pictures and epochs."""
    config = yaml.safe_load((ROOT / "configs/compare/demo.yaml").read_text())
    sizes = {"data.train_size": 24, "data.val_size": 8, "data.test_size": 8}
    pretraining = config["models"]["ELMo"]["pretraining"]["settings"]
    for settings in (config["settings"], pretraining):
        settings |= sizes | {"trainer.max_epochs": 1, "trainer.accelerator": "cpu"}
    path = folder / "demo.yaml"
    path.write_text(yaml.safe_dump(config))
    return path


@pytest.mark.skipif(shutil.which("make") is None, reason="needs make")
def test_the_demo_trains_compares_and_captions(workplace):
    bin_folder = Path(sys.executable).parent
    done = subprocess.run(
        [
            "make",
            "-f",
            str(ROOT / "Makefile"),
            "demo",
            f"DEMO={small_demo(workplace)}",
            "READY=",
            f"BIN={bin_folder}",
        ],
        cwd=workplace,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    for task in ("ELMo, pre-training", "LSTM, training", "Transformer, test"):
        assert f"{task} of seed 0: done" in done.stdout
    assert len(re.findall(r"test_0000\d\.jpg$", done.stdout, flags=re.MULTILINE)) == 3
    assert re.search(r"│ Transformer +│ +0\.\d{3} ± 0\.\d{3} │", done.stdout)
    report = re.search(r"Report: (\S+)", done.stdout)
    assert report is not None
    assert (workplace / report[1]).is_file()
    assert "tensorboard --logdir runs/compare/demo/runs" in done.stdout


def run_commands(page, workplace, capsys):
    """Run the commands of a page, those on other people's data and of the demo left out."""
    for line in commands(page):
        words = shlex.split(line)
        if words[:3] != ["python", "-m", "captioner"] or on_data_of_others(line):
            continue
        if line in OWN_PHOTOGRAPHS:
            continue
        command, *arguments = words[3:]
        if command == "compare":
            if "--ckpt_paths" not in arguments:
                continue  # as the demo does, in a test of its own
            arguments[arguments.index("--config") + 1] = str(small_demo(workplace))
        reduced = {"fit": SMALL_FIT, "tune": SMALL, "test": SMALL}.get(command, "")
        if command == "fit":
            reduced += f" --model.{'cell' if '/bilm' in line else 'hidden'}_size=72"
        files = [
            found
            for word in arguments
            for found in (sorted(map(str, Path().glob(word))) if "*" in word else [word])
        ]
        assert main([command, *files, *reduced.split()]) == 0, (line, capsys.readouterr().err)


def read_up_to(page, workplace, read_pages, capsys):
    """Run a page and, where one test is run by itself, the pages before it."""
    for earlier in PAGES[: PAGES.index(page) + 1]:
        if earlier not in read_pages:
            read_pages.add(earlier)
            run_commands(earlier, workplace, capsys)


@from_a_wheel
@pytest.mark.parametrize("page", PAGES)
def test_commands_run_in_the_order_they_are_given(page, workplace, read_pages, monkeypatch, capsys):
    monkeypatch.chdir(workplace)
    read_up_to(page, workplace, read_pages, capsys)


def test_own_photographs_and_a_table_take_two_commands(tmp_path, monkeypatch, capsys):
    """From nothing to a trained captioner, with the table that is shown and more of its kind."""
    monkeypatch.chdir(tmp_path)
    (table,) = blocks("README", "csv")
    names = [line.split(",")[0] for line in table.splitlines()[1:]]
    for number in range(16):
        names.append(f"{number}.png")
        table += f"{number}.png,A dog and {number} cats.\n"
    Path("photos/more").mkdir(parents=True)
    Path("photos/captions.csv").write_text(table)
    for seed, name in enumerate(dict.fromkeys(names)):
        noise = np.random.default_rng(seed).integers(0, 255, (6, 8, 3), dtype=np.uint8)
        Image.fromarray(noise).resize((80, 60), Image.Resampling.BICUBIC).save(f"photos/{name}")
    inspect, fit = (shlex.split(line)[3:] for line in OWN_PHOTOGRAPHS)
    assert main(inspect) == 0, capsys.readouterr().err
    assert Path("sheet.png").is_file()
    small = "--trainer.accelerator=cpu --trainer.max_epochs=1 --data.batch_size=8"
    assert main([*fit, *small.split(), "--model.hidden_size=72"]) == 0, capsys.readouterr().err
    best = "runs/photos/version_0/checkpoints/best.ckpt"
    assert main(["predict", "--ckpt_path", best, "photos/more/dog.jpg"]) == 0
    assert "photos/more/dog.jpg: " in capsys.readouterr().out


@pytest.mark.parametrize(
    "line", [line for page in PAGES for line in commands(page) if on_data_of_others(line)]
)
def test_commands_on_data_of_others_are_parsed(line, tmp_path, monkeypatch, capsys):
    words = shlex.split(line)
    if words[:3] != ["python", "-m", "captioner"]:
        pytest.skip("a command of another program")
    # Nothing but the data is missing: no setting is unknown. Not in the checkout, where a developer
    # may have the data.
    monkeypatch.chdir(tmp_path)
    assert main(words[3:]) == 2
    error = capsys.readouterr().err
    assert "expected a caption file, found no such file" in error
    assert error.count("\n") == 1


MANY_PROCESSES = [
    line
    for page in PAGES
    for line in "\n".join(blocks(page, "sh")).replace("\\\n", " ").splitlines()
    if " captioner fit " in line
]


@pytest.mark.parametrize("line", MANY_PROCESSES)
def test_settings_for_machines_that_are_not_here_are_parsed(line, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    words = shlex.split(line)
    assert main([*words[words.index("captioner") + 1 :], "--print_config"]) == 0
    assert "strategy: ddp" in capsys.readouterr().out


@from_a_wheel
@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page, "python")])
def test_python_examples_run(page, workplace, read_pages, monkeypatch, capsys):
    monkeypatch.chdir(workplace)
    read_up_to(page, workplace, read_pages, capsys)
    for block in blocks(page, "python"):
        exec(compile(block, f"{page}.md", "exec"), {})
