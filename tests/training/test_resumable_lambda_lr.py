"""Learning rates of a run that goes on are those that it is given."""

import pytest
import torch
from torch import nn

from captioner.training.optimizer import OptimizerSettings, make_optimizer


def make(**settings):
    torch.manual_seed(0)
    layer = nn.Linear(2, 3)
    made = make_optimizer(OptimizerSettings(**settings), layer.parameters(), [], lambda: 10)
    return layer, *made


def train(steps, layer, optimizer, schedule):
    for _ in range(steps):
        optimizer.zero_grad()
        layer(torch.ones(1, 2)).square().sum().backward()
        optimizer.step()
        schedule.step()


def resumed(before, **settings):
    layer, optimizer, schedule = make(**settings)
    layer.load_state_dict(before[0].state_dict())
    optimizer.load_state_dict(before[1].state_dict())
    schedule.load_state_dict(before[2].state_dict())
    schedule.set_rates()
    return layer, optimizer, schedule


def test_with_the_same_settings_it_is_as_if_it_had_not_been_cut():
    settings = {"learning_rate": 0.02, "warmup_steps": 2}
    whole, parts = make(**settings), make(**settings)
    train(7, *whole)
    train(3, *parts)
    parts = resumed(parts, **settings)
    train(4, *parts)
    assert torch.equal(parts[0].weight, whole[0].weight)
    assert parts[2].get_last_lr() == whole[2].get_last_lr()


@pytest.mark.parametrize("kind", ["adam", "adamw"])
def test_what_is_set_now_takes_effect(kind):
    parts = make(learning_rate=0.02, warmup_steps=2, optimizer="adamw", weight_decay=0.1)
    train(3, *parts)
    new = {"learning_rate": 1e-3, "schedule": "constant", "weight_decay": 0.3, "warmup_steps": 6}
    _, optimizer, schedule = resumed(parts, optimizer=kind, **new)
    matrices, vectors = optimizer.param_groups
    assert [group["lr"] for group in (matrices, vectors)] == schedule.get_last_lr()
    assert matrices["lr"] == pytest.approx(1e-3 * 4 / 6)
    assert (matrices["weight_decay"], vectors["weight_decay"]) == (0.3, 0.0)
    _, fresh, _ = make(optimizer=kind)
    kinds = {name: fresh.param_groups[0].get(name) for name in ("decoupled_weight_decay", "betas")}
    assert {name: matrices.get(name) for name in kinds} == kinds
    assert all(state["step"] == 3 for state in optimizer.state.values())
