"""What training wears and what the program lays on from the saved file are the same change."""

import numpy as np
import pytest
import torch

from training import hypernetwork, inversion, lora
from training.encode import TextStates
from training.judge import interval
from training.velocity import base_unet, velocity_loss, widened


@pytest.fixture(scope="module")
def inputs() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    latent = torch.randn(1, 4, 16, 16, generator=generator)
    return latent, torch.tensor([500]), torch.randn(1, 77, 160, generator=generator)


@torch.no_grad()
def _predicted(unet, inputs) -> torch.Tensor:
    return unet(*inputs).sample


@torch.no_grad()
def _disturb(parameters) -> None:
    """Random values that half precision holds exactly."""
    generator = torch.Generator().manual_seed(2)
    for each in parameters:
        values = 0.05 * torch.randn(each.shape, generator=generator)
        each.copy_(values.half())


def test_a_saved_lora_changes_the_model_as_in_training(inputs, tmp_path):
    unet, plain = base_unet(), base_unet()
    changes = lora.with_low_rank(unet)
    before = _predicted(unet, inputs)
    for change in changes.values():
        _disturb([change.up.weight, change.down.weight])
    path = tmp_path / "style.safetensors"
    lora.export(changes, path)
    worn = _predicted(unet, inputs)
    assert torch.equal(before, _predicted(plain, inputs))
    assert not torch.allclose(worn, before, atol=0.01)
    with lora.wearing(plain, path):
        assert torch.allclose(_predicted(plain, inputs), worn, atol=1e-3)


def test_only_the_lora_is_trained():
    unet = base_unet()
    changes = lora.with_low_rank(unet)
    wanted = {f"{name}.{half}.weight" for name in changes for half in ("up", "down")}
    assert {n for n, p in unet.named_parameters() if p.requires_grad} == wanted


def test_a_saved_hypernetwork_changes_the_model_as_in_training(inputs, tmp_path):
    worn, plain = hypernetwork.Worn(base_unet()), base_unet()
    before = _predicted(worn, inputs)
    _disturb(worn.changes.parameters())
    path = tmp_path / "style.pt"
    hypernetwork.export(worn, 7, path)
    after = _predicted(worn, inputs)
    assert torch.equal(before, _predicted(plain, inputs))
    assert not torch.allclose(after, before, atol=0.01)
    with hypernetwork.wearing(plain, path):
        assert torch.allclose(_predicted(plain, inputs), after, atol=1e-3)


def test_new_channels_change_nothing_before_they_are_trained(inputs):
    latent, steps, states = inputs
    seen = torch.cat([latent, torch.ones(1, 1, 16, 16)], 1)
    expected = _predicted(base_unet(), inputs)
    assert torch.allclose(_predicted(widened(base_unet(), 1), (seen, steps, states)), expected)


def test_the_word_stands_where_its_tokens_are():
    text = TextStates(torch.device("cpu"))
    known = len(text.tokenizer)
    plain = text.of(["a painting of the sea in winter"])
    learnt = inversion.Inversion(text)
    row = learnt.tokens("a painting of {} in winter")
    assert (row >= known).sum() == inversion.VECTORS
    table = learnt.tower.get_input_embeddings()
    ordinary = text.tokenizer("a painting of the sea in winter", padding="max_length").input_ids
    same = learnt.tower(torch.tensor([ordinary])).last_hidden_state
    assert torch.allclose(same, plain, atol=1e-5)
    assert torch.equal(table(row[None])[0, row >= known], learnt.vectors)


def test_the_loss_of_a_perfect_prediction_is_nothing():
    clean = torch.zeros(2, 4, 8, 8)

    class Perfect:
        """Of an empty picture all that is seen is noise, and the velocity is the same noise."""

        def __call__(self, noisy, steps, states):
            from training.family import scheduler

            alpha = scheduler().alphas_cumprod[steps].sqrt()[:, None, None, None]
            noise = noisy / (1 - alpha**2).sqrt()
            return type("Out", (), {"sample": alpha * noise})()

    assert velocity_loss(Perfect(), clean, torch.zeros(2, 77, 160)) < 1e-6


@pytest.mark.parametrize(("right", "count"), [(0, 20), (10, 20), (20, 20)])
def test_an_interval_holds_the_share_and_stays_between_none_and_all(right, count):
    low, high = interval(right, count)
    assert 0 <= low <= right / count <= high <= 1
    assert np.isclose(interval(50, 100), (0.4038, 0.5962), atol=1e-3).all()
