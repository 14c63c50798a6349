"""The training loop learns, keeps only what is learnt, and goes on from its checkpoint."""

import numpy as np
import pytest
import torch
from torch import nn

from training import loop
from training.loop import Plan, Training, checkpoint


@pytest.fixture(autouse=True)
def runs(monkeypatch, tmp_path):
    monkeypatch.setattr(loop, "RUNS", tmp_path)


def _module() -> nn.Module:
    torch.manual_seed(3)
    module = nn.Sequential(nn.Linear(4, 8), nn.Linear(8, 1))
    module[0].requires_grad_(False)
    return module


def _draw(rng, n):
    x = torch.from_numpy(rng.normal(size=(n, 4))).float()
    return x, x.sum(1, keepdim=True)


def _loss_of(module, x, wanted):
    return ((module(x) - wanted) ** 2).mean()


def _plan(minutes: float) -> Plan:
    return Plan(name="test", minutes=minutes, batch=16, peak=0.05)


def test_a_run_learns_and_leaves_alone_what_is_held_still():
    module = _module()
    before, still = _module(), module[0].weight.clone()
    x, wanted = _draw(np.random.default_rng(9), 200)
    Training(module, _plan(0.01)).run(_draw, _loss_of)
    assert _loss_of(module, x, wanted) < 0.5 * _loss_of(before, x, wanted)
    assert torch.equal(module[0].weight, still)


def test_the_checkpoint_holds_what_is_learnt_and_nothing_else():
    Training(_module(), _plan(0.001)).run(_draw, _loss_of)
    state = torch.load(checkpoint("test"), weights_only=True)
    assert set(state["model"]) == set(state["average"]) == {"1.weight", "1.bias"}


def test_a_run_with_more_minutes_goes_on_where_the_last_one_ended():
    first = Training(_module(), _plan(0.002))
    first.run(_draw, _loss_of)
    second = Training(_module(), _plan(0.004))
    assert second.step == first.step
    assert second.budget.spent >= 0.002
    kept = torch.load(checkpoint("test"), weights_only=True)["model"]["1.weight"]
    assert torch.equal(second.module[1].weight, kept)


def test_a_run_whose_minutes_are_used_up_gives_the_trained_module_at_once():
    trained = Training(_module(), _plan(0.001)).run(_draw, _loss_of)
    again = Training(_module(), _plan(0.001)).run(None, None)
    assert torch.equal(again[1].weight, trained[1].weight)
