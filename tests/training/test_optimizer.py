"""Which parameter learns how fast, and when."""

import pytest
from torch import nn
from torch.optim import Adam, AdamW

from captioner.training import SCHEDULES
from captioner.training.optimizer import OptimizerSettings, make_optimizer

SETTINGS = OptimizerSettings(
    learning_rate=0.1, encoder_learning_rate=0.001, weight_decay=0.03, warmup_steps=4
)


def never():
    raise AssertionError("asked for the number of steps")


@pytest.fixture
def model():
    return nn.Sequential(nn.Linear(3, 4), nn.LayerNorm(4), nn.Linear(4, 2))


@pytest.fixture
def encoder():
    """A convolution that is frozen and one that learns."""
    encoder = nn.Sequential(nn.Conv2d(3, 4, 1), nn.Conv2d(4, 5, 1))
    encoder[0].requires_grad_(False)
    return encoder


def make(model, encoder, settings=SETTINGS, total_steps=lambda: 10):
    return make_optimizer(settings, model.parameters(), encoder.parameters(), total_steps)


def found(optimizer, parameter):
    """Return the one group that holds a parameter, or None."""
    groups = [g for g in optimizer.param_groups if any(p is parameter for p in g["params"])]
    assert len(groups) <= 1
    return groups[0] if groups else None


def test_matrices_decay_and_vectors_do_not(model, encoder):
    optimizer, _ = make(model, encoder)
    for parameter in [*model.parameters(), *encoder[1].parameters()]:
        decay = found(optimizer, parameter)["weight_decay"]
        assert decay == (0.03 if parameter.dim() > 1 else 0.0)


def test_the_encoder_has_a_rate_of_its_own(model, encoder):
    optimizer, _ = make(model, encoder)
    assert {found(optimizer, p)["initial_lr"] for p in model.parameters()} == {0.1}
    assert {found(optimizer, p)["initial_lr"] for p in encoder[1].parameters()} == {0.001}


def test_what_is_frozen_is_left_out(model, encoder):
    optimizer, _ = make(model, encoder)
    assert all(found(optimizer, p) is None for p in encoder[0].parameters())
    model[2].weight.requires_grad_(False)
    optimizer, _ = make(model, encoder.requires_grad_(False))
    assert found(optimizer, model[2].weight) is None
    held = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    assert len(held) == len(list(model.parameters())) - 1
    assert all(group["params"] for group in optimizer.param_groups)


@pytest.mark.parametrize(("name", "kind"), [("adam", Adam), ("adamw", AdamW)])
def test_the_named_optimizer_is_made(model, encoder, name, kind):
    optimizer, _ = make(model, encoder, OptimizerSettings(optimizer=name, betas=(0.7, 0.8)))
    assert type(optimizer) is kind
    assert {group["betas"] for group in optimizer.param_groups} == {(0.7, 0.8)}


@pytest.mark.parametrize("name", SCHEDULES)
def test_rates_follow_the_schedule_step_by_step(model, encoder, name):
    settings = OptimizerSettings(
        learning_rate=0.1, encoder_learning_rate=0.001, schedule=name, warmup_steps=4
    )
    optimizer, schedule = make(model, encoder, settings)
    for step in range(10):
        factor = SCHEDULES[name](step, 4, 10)
        assert found(optimizer, model[0].weight)["lr"] == pytest.approx(0.1 * factor)
        assert found(optimizer, encoder[1].weight)["lr"] == pytest.approx(0.001 * factor)
        optimizer.step()
        schedule.step()


def test_the_number_of_steps_is_asked_after_the_first_step_only(model, encoder):
    optimizer, schedule = make(model, encoder, total_steps=never)
    optimizer.step()
    with pytest.raises(AssertionError, match="asked for the number of steps"):
        schedule.step()
