"""Adapters laid onto a model: what they compute, and that they come off without a trace."""

from __future__ import annotations

import pytest
import torch
from diffusers import UNet2DConditionModel
from safetensors.torch import save_file
from torch import nn

from backend.engine.adapters.hypernetwork import attached
from backend.engine.adapters.low_rank import merged, product, weight_shapes
from backend.library.adapters.hypernetwork import Hypernetwork, Layer
from backend.library.adapters.lora import LoraLayer, fit_lora, read_lora
from tests.library import tiny

KERNEL = "down_blocks.0.resnets.0.conv1"
MATRIX = "down_blocks.0.attentions.0.transformer_blocks.0.attn2.to_k"
ONE_BY_ONE = "down_blocks.0.attentions.0.proj_in"


def make_unet(dtype: torch.dtype) -> UNet2DConditionModel:
    torch.manual_seed(0)
    unet = UNet2DConditionModel.from_config(tiny.unet_config("sd1", "base"))
    return unet.to(dtype=dtype, memory_format=torch.channels_last).requires_grad_(False).eval()


def noise(unet: nn.Module) -> torch.Tensor:
    dtype = next(unet.parameters()).dtype
    draw = torch.Generator().manual_seed(1)
    latent = torch.randn(1, 4, 8, 8, generator=draw).to(dtype)
    text = torch.randn(1, 7, tiny.WIDTH, generator=draw).to(dtype)
    with torch.inference_mode():
        return unet(latent, torch.tensor(500), text).sample


def layer(rows: int, columns: int, kernel: tuple[int, ...] = ()) -> LoraLayer:
    ones = (1,) * len(kernel)
    return LoraLayer(torch.randn(2, columns, *kernel), torch.randn(rows, 2, *ones), 0.5)


def layers() -> dict[str, LoraLayer]:
    return {KERNEL: layer(8, 8, (3, 3)), MATRIX: layer(8, 32), ONE_BY_ONE: layer(8, 8)}


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_lora_changes_the_picture_and_leaves_no_trace(dtype):
    unet = make_unet(dtype)
    before, weights = noise(unet), {key: each.clone() for key, each in unet.state_dict().items()}
    addresses = [each.data_ptr() for each in unet.parameters()]
    with merged(unet, [(layers(), 0.8), (layers(), -0.3)]):
        assert unet.get_parameter(f"{KERNEL}.weight").is_contiguous(
            memory_format=torch.channels_last
        )
        assert not torch.equal(noise(unet), before)
    assert torch.equal(noise(unet), before)
    assert all(torch.equal(each, weights[key]) for key, each in unet.state_dict().items())
    assert [each.data_ptr() for each in unet.parameters()] == addresses


def test_what_a_lora_adds():
    unet, worn = make_unet(torch.float32), layers()
    weight = unet.get_parameter(f"{MATRIX}.weight").clone()
    expected = weight + 0.8 * 0.5 * worn[MATRIX].up @ worn[MATRIX].down
    with merged(unet, [(worn, 0.8)]):
        torch.testing.assert_close(unet.get_parameter(f"{MATRIX}.weight").data, expected)


@pytest.mark.parametrize("with_mid", [False, True])
def test_a_convolution_is_the_same_as_its_small_ones_in_a_row(with_mid):
    mid = torch.randn(2, 2, 3, 3) if with_mid else None
    down = torch.randn(2, 5, *((1, 1) if with_mid else (3, 3)))
    change = LoraLayer(down, torch.randn(4, 2, 1, 1), 1.0, mid)
    picture = torch.randn(1, 5, 8, 8)
    steps = nn.functional.conv2d(picture, down)
    if mid is not None:
        steps = nn.functional.conv2d(steps, mid)
    expected = nn.functional.conv2d(steps, change.up)
    torch.testing.assert_close(
        nn.functional.conv2d(picture, product(change)), expected, atol=1e-4, rtol=1e-4
    )


def test_a_lora_comes_off_after_a_fault():
    unet = make_unet(torch.float32)
    before = noise(unet)
    with pytest.raises(AttributeError), merged(unet, [({**layers(), "no.module": layer(1, 1)}, 1)]):
        pass
    with pytest.raises(RuntimeError), merged(unet, [(layers(), 1.0)]):
        raise RuntimeError
    assert torch.equal(noise(unet), before)


def test_a_lora_s_file_fits_by_the_network_s_own_names(tmp_path):
    unet = make_unet(torch.float32)
    name = f"lora_unet_{MATRIX.replace('.', '_')}"
    down, up = torch.randn(2, 32), torch.randn(8, 2)
    save_file(
        {f"{name}.lora_down.weight": down, f"{name}.lora_up.weight": up}, tmp_path / "a.safetensors"
    )
    fitted = fit_lora(read_lora(tmp_path / "a.safetensors"), weight_shapes(unet), {})
    before = noise(unet)
    with merged(unet, [(fitted.unet, 1.0)]):
        assert not torch.equal(noise(unet), before)
    assert torch.equal(noise(unet), before)


def hypernetwork(width: int) -> Hypernetwork:
    def network() -> tuple[Layer, ...]:
        return (
            Layer(torch.randn(2 * width, width), torch.randn(2 * width)),
            Layer(torch.ones(2 * width), torch.zeros(2 * width)),
            Layer(torch.randn(width, 2 * width), torch.randn(width)),
        )

    return Hypernetwork("x", {width: (network(), network())}, "ReLU", False)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_hypernetwork_changes_the_picture_and_leaves_no_trace(dtype):
    unet = make_unet(dtype)
    before = noise(unet)
    with attached(unet, [(hypernetwork(tiny.WIDTH), 0.5), (hypernetwork(8), 0.5)]):
        assert not torch.equal(noise(unet), before)
    assert torch.equal(noise(unet), before)
    assert not any(module._forward_pre_hooks for module in unet.modules())


def test_what_a_hypernetwork_computes():
    worn = hypernetwork(6)
    keys, values = worn.networks[6]

    def expected(parts: tuple[Layer, ...], context: torch.Tensor) -> torch.Tensor:
        first, norm, last = parts
        hidden = torch.relu(nn.functional.linear(context, first.weight, first.bias))
        hidden = nn.functional.layer_norm(hidden, norm.weight.shape, norm.weight, norm.bias)
        return context + 0.5 * nn.functional.linear(hidden, last.weight, last.bias)

    attention = nn.ModuleDict({"to_k": nn.Linear(6, 3), "to_v": nn.Linear(6, 3)})
    context = torch.randn(1, 4, 6)
    with attached(attention, [(worn, 0.5)]):
        for name, parts in (("to_k", keys), ("to_v", values)):
            projection = attention[name]
            wanted = nn.functional.linear(
                expected(parts, context), projection.weight, projection.bias
            )
            torch.testing.assert_close(projection(context), wanted)


def test_a_hypernetwork_at_no_strength_changes_nothing():
    unet = make_unet(torch.float32)
    before = noise(unet)
    with attached(unet, [(hypernetwork(tiny.WIDTH), 0.0)]):
        assert torch.equal(noise(unet), before)
