"""Lanes give the gradient that one thread would, and go on doing so after an export."""

import torch
from torch import Tensor, nn

from training.lanes import Lanes
from training.weights import Average, export_half


def _loss(module: nn.Module, x: Tensor) -> Tensor:
    return (module(x) ** 2).mean()


def _gradient(module: nn.Module, lanes: Lanes, x: Tensor) -> Tensor:
    module.zero_grad()
    lanes.backward(_loss, [(part,) for part in x.chunk(lanes.count)])
    return torch.cat([p.grad.flatten() for p in module.parameters() if p.grad is not None])


def _expected(module: nn.Module, x: Tensor) -> Tensor:
    found = torch.autograd.grad(_loss(module, x), list(module.parameters()))
    return torch.cat([g.flatten() for g in found])


def test_lanes_add_up_to_the_whole_batch():
    module = nn.Linear(5, 3)
    lanes = Lanes(module)
    x = torch.randn(4 * lanes.count, 5)
    assert torch.allclose(_gradient(module, lanes, x), _expected(module, x), atol=1e-6)


def test_lanes_follow_the_weights_after_a_step_and_an_export():
    module = nn.Linear(5, 3)
    lanes = Lanes(module)
    exported = []
    export_half(module, Average(module, 0.9), exported.append)
    with torch.no_grad():
        module.weight.add_(1.0)
    x = torch.randn(4 * lanes.count, 5)
    assert torch.allclose(_gradient(module, lanes, x), _expected(module, x), atol=1e-5)
    assert exported[0].weight.dtype == torch.float16
    assert module.weight.dtype == torch.float32
