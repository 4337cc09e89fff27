"""TensorBoard's own reader finds a row for each run, with settings and scores."""

from inspect import signature

import pytest
from lightning.pytorch import Trainer
from tensorboard.backend.event_processing.data_provider import MultiplexerDataProvider
from tensorboard.backend.event_processing.plugin_event_multiplexer import EventMultiplexer
from tensorboard.context import RequestContext
from tensorboard.plugins.base_plugin import TBContext
from tensorboard.plugins.hparams import api_pb2, list_session_groups
from tensorboard.plugins.hparams.backend_context import Context

from captioner.__main__ import main
from captioner.callbacks.hparams_table import _COLUMNS, hyper_parameters
from captioner.captioners import ElmoCaptioner, TransformerCaptioner
from captioner.data import CocoDataModule

pytestmark = pytest.mark.integration

ALL = [api_pb2.STATUS_UNKNOWN, api_pb2.STATUS_SUCCESS]


def read_table(runs):
    """Return for each run its status, settings and metrics, as the tab shows them."""
    multiplexer = EventMultiplexer().AddRunsFromDirectory(str(runs)).Reload()
    provider = MultiplexerDataProvider(multiplexer, str(runs))
    context = Context(TBContext(data_provider=provider, logdir=str(runs)))
    request = api_pb2.ListSessionGroupsRequest(allowed_statuses=ALL, slice_size=100)
    handler = list_session_groups.Handler(RequestContext(), context, "", request)
    rows = {}
    for group in handler.run().session_groups:
        (session,) = group.sessions
        settings = {
            name: getattr(value, value.WhichOneof("kind")) for name, value in group.hparams.items()
        }
        metrics = {metric.name.tag: metric.value for metric in session.metric_values}
        rows[session.name] = session.status, settings, metrics
    return rows


@pytest.fixture(scope="module")
def table(short_run):
    """Return what the tab shows of a run."""
    return read_table(short_run.parents[1])


def test_a_run_is_a_row(table):
    ((name, (status, settings, metrics)),) = table.items()
    assert name == "run/version_0"
    assert status == api_pb2.STATUS_SUCCESS
    expected = {"model": "LSTMCaptioner", "hidden_size": 48, "learning_rate": 5e-3, "seed": 0}
    expected |= {"encoder": "test_efficientnet", "attention": True, "batch_size": 4}
    assert {name: settings[name] for name in expected} == expected
    assert 0 < settings["parameters"] < 1e6
    assert {"best/CIDEr", "best/BLEU-4", "best/ROUGE-L", "cost/seconds"} <= metrics.keys()


def test_the_scores_are_those_of_the_best_validation(trained, read_events):
    events = read_events(trained.parents[1])
    scores = {event.step: event.value for event in events.Scalars("val/CIDEr")}
    best = events.Scalars("best/CIDEr")[-1]
    assert best.value == max(scores.values())
    bleu = {event.step: event.value for event in events.Scalars("val/BLEU-4")}
    assert events.Scalars("best/BLEU-4")[-1].value == bleu[best.step]


def test_a_test_adds_its_scores(trained, small_run, tmp_path):
    assert main([*small_run("test", tmp_path), f"--ckpt_path={trained}"]) == 0
    ((_, _, metrics),) = read_table(trained.parents[3]).values()
    assert {"test/CIDEr", "test/BLEU-4", "best/CIDEr"} <= metrics.keys()


def test_a_run_that_fails_is_a_row_without_scores(small_run, tmp_path, monkeypatch):
    def fail(*arguments):
        raise KeyError

    monkeypatch.setattr("captioner.callbacks.SampleCaptions.on_validation_batch_end", fail)
    settings = ("--trainer.num_sanity_val_steps=0", "--trainer.limit_train_batches=1")
    with pytest.raises(KeyError):
        main(small_run("fit", tmp_path, *settings))
    ((status, _, metrics),) = read_table(tmp_path).values()
    assert status == api_pb2.STATUS_UNKNOWN
    assert "best/CIDEr" not in metrics


def test_a_trial_of_one_batch_writes_nothing(small_run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(small_run("fit", tmp_path, "--trainer.fast_dev_run=true")) == 0
    assert not list(tmp_path.rglob("events.out.*"))


def test_settings_of_other_kinds_are_told_apart():
    model = {"class_path": "a.b.ElmoCaptioner", "init_args": {"elmo_layers": [0, 2]}}
    config = {"model": model, "trainer": {"max_epochs": None}, "seed_everything": 3}
    expected = {"model": "ElmoCaptioner", "elmo_layers": "[0, 2]", "seed": 3.0}
    assert hyper_parameters(config) == expected


def test_every_column_is_a_setting_that_exists():
    parts = (ElmoCaptioner, TransformerCaptioner, CocoDataModule, Trainer)
    bases = {base for part in parts for base in part.__mro__}
    constructors = [vars(base)["__init__"] for base in bases if "__init__" in vars(base)]
    known = {name for each in constructors for name in signature(each).parameters}
    assert set(_COLUMNS) - known == {"model", "parameters", "seed"} - known
