"""What captioners must have in common, and what is their own."""

import copy

import pytest
from jsonargparse import Namespace

from captioner.comparison.planning.conditions import check_conditions
from captioner.errors import CaptionerError

SETTINGS = {
    "data": {
        "class_path": "captioner.data.CocoDataModule",
        "init_args": {"holdout": 500, "seed": 0, "batch_size": 16, "num_workers": 2},
    },
    "model": {
        "class_path": "captioner.captioners.LSTMCaptioner",
        "init_args": {"encoder": "resnet50", "image_positions": True, "learning_rate": 1e-3},
    },
    "trainer": {
        "max_epochs": 5,
        "max_steps": -1,
        "max_time": None,
        "limit_train_batches": None,
        "limit_val_batches": None,
        "precision": None,
        "check_val_every_n_epoch": 1,
        "val_check_interval": None,
        "accumulate_grad_batches": 1,
        "accelerator": "auto",
        "devices": "auto",
        "num_nodes": 1,
        "callbacks": None,
    },
    "search": {"beams": 1},
    "patience": 5,
    "init_from": None,
}


def with_settings(**changes: object) -> Namespace:
    settings = copy.deepcopy(SETTINGS)
    for key, value in changes.items():
        *path, last = key.split("__")
        place: dict[str, object] = settings
        for step in path:
            place = place[step]  # type: ignore[assignment]
        place[last] = value
    return to_namespace(settings)


def to_namespace(settings: dict[str, object]) -> Namespace:
    return Namespace(
        **{
            name: to_namespace(value) if isinstance(value, dict) else value
            for name, value in settings.items()
        }
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"model__class_path": "captioner.captioners.TransformerCaptioner"},
        {"model__init_args__learning_rate": 0.1, "trainer__callbacks": ["EMA"]},
        {"data__init_args__batch_size": 32, "data__init_args__num_workers": 0},
    ],
    ids=["text model", "recipe", "batches"],
)
def test_text_model_and_recipe_may_differ(changes):
    check_conditions({"one": with_settings(), "two": with_settings(**changes)})


@pytest.mark.parametrize(
    "changes",
    [
        {"data__class_path": "captioner.data.ScenesDataModule"},
        {"data__init_args__holdout": 400},
        {"model__init_args__encoder": "resnet18"},
        {"model__init_args__image_positions": False},
        {"model__init_args__self_critical": {"samples": 5}},
        {"trainer__max_epochs": 6},
        {"trainer__check_val_every_n_epoch": 2},
        {"trainer__accelerator": "cpu"},
        {"patience": 6},
        {"init_from": "longer.ckpt"},
        {"search__beams": 5},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_what_gives_one_of_them_an_advantage_is_refused(changes):
    with pytest.raises(CaptionerError, match=r"found .* for one and .* for two"):
        check_conditions({"one": with_settings(), "two": with_settings(**changes)})


def test_a_budget_of_steps_is_one_of_images():
    """The same number of steps with batches twice as large is twice the budget."""
    one = with_settings(trainer__max_steps=100)
    large = {"trainer__max_steps": 100, "data__init_args__batch_size": 32}
    with pytest.raises(CaptionerError, match="1600 for one and 3200 for two"):
        check_conditions({"one": one, "two": with_settings(**large)})
    same = {"trainer__max_steps": 50, "trainer__accumulate_grad_batches": 2}
    check_conditions({"one": one, "two": with_settings(**same)})
