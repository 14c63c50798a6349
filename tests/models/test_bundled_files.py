"""The bundled family as files: whole, standard, small, and loadable with no network."""

import json
from pathlib import Path

import pytest
import torch
from diffusers import AutoencoderKL, StableDiffusionPipeline
from safetensors.torch import load_file
from transformers import CLIPTokenizer

from training.measure import psnr, ssim
from training.paths import (
    BUNDLED,
    EMBEDDING,
    FINE_VAE,
    HELD_OUT,
    HYPERNETWORK,
    LORA,
    STORYBOOK,
)
from training.scenes import scene
from training.vae import SCALE, to_tensor

SMALL_FILES = (FINE_VAE, LORA, EMBEDDING, HYPERNETWORK)
WEIGHTS = {
    "unet": "diffusion_pytorch_model.safetensors",
    "vae": "diffusion_pytorch_model.safetensors",
    "text_encoder": "model.safetensors",
}


@pytest.fixture(scope="module")
def vae() -> AutoencoderKL:
    return AutoencoderKL.from_pretrained(
        STORYBOOK / "vae", torch_dtype=torch.float32, low_cpu_mem_usage=False
    ).eval()


@pytest.fixture(scope="module")
def tokenizer() -> CLIPTokenizer:
    return CLIPTokenizer.from_pretrained(STORYBOOK / "tokenizer", local_files_only=True)


def test_dreambeach_is_dream_and_beach(tokenizer):
    tokens = tokenizer.convert_ids_to_tokens(tokenizer("dreambeach").input_ids)
    assert tokens == ["<|startoftext|>", "dream", "beach</w>", "<|endoftext|>"]


def test_the_vocabulary_is_clips(tokenizer):
    assert len(tokenizer) == 49408
    assert tokenizer.model_max_length == 77
    assert tokenizer("a red cat").input_ids == [49406, 320, 736, 2368, 49407]


@pytest.mark.parametrize("part", WEIGHTS)
def test_weights_are_finite_and_in_half_precision(part):
    for name, tensor in load_file(STORYBOOK / part / WEIGHTS[part]).items():
        assert tensor.dtype == torch.float16, name
        assert tensor.isfinite().all(), name


@pytest.mark.parametrize("part", ["unet", "vae"])
def test_no_weight_is_all_zero(part):
    state = load_file(STORYBOOK / part / WEIGHTS[part])
    assert [n for n, tensor in state.items() if n.endswith("weight") and not tensor.any()] == []


def _size(*places: Path) -> int:
    """The bytes of all files; what a link points to is counted where it lies."""
    files = (path for place in places for path in (place, *place.rglob("*")))
    return sum(path.stat().st_size for path in files if path.is_file() and not path.is_symlink())


def test_the_family_is_small():
    assert _size(STORYBOOK) < 60e6
    assert _size(BUNDLED, *SMALL_FILES) < 120e6


def test_diffusers_loads_the_folder_from_local_files():
    pipe = StableDiffusionPipeline.from_pretrained(
        STORYBOOK, local_files_only=True, low_cpu_mem_usage=False
    )
    assert pipe.scheduler.config.prediction_type == "v_prediction"
    assert pipe.unet.config.cross_attention_dim == pipe.text_encoder.config.hidden_size
    assert pipe.safety_checker is None


def test_unseen_tokens_have_no_embedding_and_seen_ones_do(tokenizer):
    state = load_file(STORYBOOK / "text_encoder" / WEIGHTS["text_encoder"])
    table = next(state[name] for name in state if name.endswith("token_embedding.weight"))
    assert table[tokenizer.convert_tokens_to_ids("balloon</w>")].any()
    assert not table[tokenizer.convert_tokens_to_ids("dragon</w>")].any()


def test_paths_in_the_index_name_no_machine():
    for path in Path(STORYBOOK).rglob("*.json"):
        if path.name != "vocab.json":
            assert "/" not in json.loads(path.read_text("utf-8")).get("_name_or_path", "")


@torch.no_grad()
def test_the_vae_gives_pictures_back(vae):
    pictures = to_tensor(
        torch.stack([torch.from_numpy(scene(HELD_OUT + k).picture) for k in range(6)]).numpy()
    )
    latent = vae.encode(pictures).latent_dist.mean
    back = vae.decode(latent).sample.clamp(-1, 1)
    assert latent.shape == (6, 4, 32, 32)
    assert psnr(back, pictures) > 29
    assert ssim(back, pictures) > 0.89
    assert 0.8 < float((latent * SCALE).std()) < 1.2
