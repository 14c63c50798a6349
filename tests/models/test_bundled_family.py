"""The rest of the bundled family: each part that ships is loaded as the program loads it."""

from pathlib import Path

import numpy as np
import pytest
import torch

from backend.engine.adapters.low_rank import weight_shapes
from backend.engine.device import Device
from backend.library.adapters.embedding import read_embedding
from backend.library.adapters.hypernetwork import read_hypernetwork
from backend.library.adapters.lora import fit_lora, read_lora
from backend.library.library import Library
from backend.library.loading import load_checkpoint, load_vae
from backend.studio.depth_files import DepthEstimator
from training import noise_classifier
from training.decoder import base_vae
from training.measure import edges_kept
from training.paths import (
    DEPTH,
    DPT,
    EMBEDDING,
    FINE_VAE,
    GUIDE,
    HELD_OUT,
    HYPERNETWORK,
    INPAINT,
    LORA,
    MODELS,
    STORYBOOK,
)
from training.scenes import scene
from training.vae import to_tensor
from training.velocity import base_unet

TEXT_WIDTH = 160


def _shipped(path: Path) -> pytest.MarkDecorator:
    return pytest.mark.skipif(not path.exists(), reason=f"{path.name} does not ship yet")


@pytest.fixture(scope="module")
def library() -> Library:
    return Library(MODELS)


@pytest.mark.parametrize(
    ("folder", "kind", "channels"),
    [
        pytest.param(STORYBOOK, "base", 4, marks=_shipped(STORYBOOK)),
        pytest.param(DEPTH, "depth", 5, marks=_shipped(DEPTH)),
        pytest.param(INPAINT, "inpaint", 9, marks=_shipped(INPAINT)),
    ],
)
def test_the_library_lists_and_loads_each_folder(library, folder, kind, channels):
    spec = library.checkpoint(folder.name)
    assert spec.kind == kind
    model = load_checkpoint(spec, dtype=torch.float32)
    assert model.unet.config["in_channels"] == channels
    assert model.prediction == "v_prediction"


@pytest.mark.parametrize("folder", [pytest.param(DEPTH, marks=_shipped(DEPTH)),
                                    pytest.param(INPAINT, marks=_shipped(INPAINT))])  # fmt: skip
def test_shared_parts_are_links_inside_the_family(folder):
    for part in ("vae", "text_encoder", "tokenizer"):
        assert (folder / part).is_symlink()
        assert (folder / part).resolve() == STORYBOOK / part


@_shipped(DPT)
def test_the_estimator_tells_near_from_far():
    found = []
    estimator = DepthEstimator(MODELS, Device(torch.device("cpu"), torch.float32))
    for seed in range(HELD_OUT, HELD_OUT + 6):
        made = scene(seed, 1)
        estimate = estimator.estimate(made.picture)
        found.append(np.corrcoef(estimate.ravel(), made.depth.ravel())[0, 1])
    assert np.mean(found) > 0.9


@_shipped(FINE_VAE)
@torch.no_grad()
def test_the_fine_vae_keeps_more_of_the_edges(library):
    base = base_vae().eval()
    choice = library.vae(STORYBOOK.name, FINE_VAE.name)
    assert choice.vae is not None
    fine = load_vae(choice.vae.path, dict(base.config), dtype=torch.float32)
    pictures = to_tensor(np.stack([scene(HELD_OUT + k, 1).picture for k in range(4)]))
    latent = base.encode(pictures).latent_dist.mean
    kept = [edges_kept(each.decode(latent).sample, pictures) for each in (base, fine)]
    assert kept[1] > kept[0]


@_shipped(LORA)
def test_the_lora_fits_the_base(library):
    assert LORA.stem in library.catalogue.loras
    fitted = fit_lora(read_lora(LORA), weight_shapes(base_unet()), {})
    assert fitted.unet
    assert not fitted.unknown


@_shipped(HYPERNETWORK)
def test_the_hypernetwork_fits_the_base(library):
    assert HYPERNETWORK.stem in library.catalogue.hypernetworks
    read_hypernetwork(HYPERNETWORK).check_fits(TEXT_WIDTH)


@_shipped(EMBEDDING)
def test_the_embedding_fits_the_base(library):
    assert EMBEDDING.stem in library.catalogue.embeddings
    read_embedding(EMBEDDING).check_fits(TEXT_WIDTH)


@_shipped(GUIDE)
@pytest.mark.parametrize(("step", "least"), [(0, 0.9), (500, 0.7)])
def test_the_guide_reads_noisy_latents(step, least):
    right = noise_classifier.accuracy(noise_classifier.load(), step, 40)
    assert min(right.values()) >= least
