"""Systems without what only POSIX has: every module can be imported, and what cannot work says so.

One process of its own: what it takes away would be missing in the other tests.
"""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.integration

SCRIPT = """
import importlib, os, pkgutil, signal, sys, tempfile
from pathlib import Path

# What other libraries need of it is their own matter.
import filelock, h5py, matplotlib.figure, pycocotools.coco, rich.live, timm, torchmetrics
import lightning.pytorch.cli, lightning.pytorch.loggers, torch.utils.tensorboard

for name in ("fcntl", "resource", "pwd", "grp", "termios"):
    sys.modules[name] = None
for name in ("fork", "getloadavg", "getuid", "geteuid", "killpg", "sched_getaffinity", "setsid"):
    if hasattr(os, name):
        delattr(os, name)
for name in ("SIGHUP", "SIGKILL", "SIGPIPE"):
    if hasattr(signal, name):
        delattr(signal, name)

import captioner

for module in pkgutil.walk_packages(captioner.__path__, "captioner."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)

from captioner.__main__ import main
from captioner.callbacks.training_cost import _peak_memory
from captioner.comparison.cost.timing import cpu_wait
from captioner.data.token_cache.cache import TokenCache
from captioner.data.scenes.writer import _cores
from captioner.data.batches.loader import default_workers

assert cpu_wait() >= 0
assert _cores() >= 1
assert default_workers(1, cached=False, on_gpu=False) >= 1
assert _peak_memory(torch.device("cpu")) == 0
with tempfile.TemporaryDirectory() as folder:
    cache = TokenCache(folder, "0123456789abcdef")
    with cache.lock():
        assert (cache.folder / "lock.soft").exists()
    config = Path(folder, "a.yaml")
    config.write_text("name: a")
    models = f"{{A: {{config: {config}}}}}"
    assert main(["compare", "--models", models, f"--out={folder}/out"]) == 2
"""


def test_every_module_can_be_imported_without_what_is_posix_alone():
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", SCRIPT], capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("captioner: ") == 1
    assert "compare: expected a system with groups of processes" in done.stderr
