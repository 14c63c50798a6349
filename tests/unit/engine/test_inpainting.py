"""Inpainting on tiny models: what changes and what does not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from backend.engine.decode import decode
from backend.engine.encode import encode, to_pixels
from backend.engine.noise import seeded
from backend.errors import InvalidRequest
from backend.tasks import MASKED_CONTENTS
from tests.unit.engine.some_pictures import HEIGHT, WIDTH, an_inpainting, finish, some_inputs


@pytest.mark.parametrize("channels", [4, 9])
@pytest.mark.parametrize("content", MASKED_CONTENTS)
@pytest.mark.parametrize("strength", [0.0, 0.5, 1.0])
def test_outside_the_mask_every_byte_stays(painters, asked, channels, content, strength) -> None:
    inputs = some_inputs()
    task = an_inpainting(strength=strength, masked_content=content, mask_blur=0)
    picture = finish(painters[channels].paint(asked(task=task), inputs)).picture
    assert np.array_equal(picture[inputs.mask == 0], inputs.picture[inputs.mask == 0])
    assert (picture[inputs.mask > 0] != inputs.picture[inputs.mask > 0]).mean() > 0.9


@pytest.mark.parametrize("area", ["Whole picture", "Only masked"])
@pytest.mark.parametrize("soft", [False, True])
@pytest.mark.parametrize("blur", [2, 6])
def test_outside_the_blurred_mask_every_byte_stays(painter, asked, area, soft, blur) -> None:
    inputs = some_inputs(box=(20, 30, 30, 40))
    task = an_inpainting(mask_blur=blur, area=area, soft=soft, padding=0)
    picture = finish(painter.paint(asked(task=task), inputs)).picture
    far = np.ones((HEIGHT, WIDTH), bool)
    reach = 4 * blur
    far[max(30 - reach, 0) : 40 + reach, max(20 - reach, 0) : 30 + reach] = False
    assert far.any()
    assert np.array_equal(picture[far], inputs.picture[far])
    assert not np.array_equal(picture, inputs.picture)


@pytest.mark.parametrize("size", [(131, 77), (64, 72), (50, 200)])
def test_only_masked_gives_the_artists_own_picture_back(painter, asked, size) -> None:
    inputs = some_inputs(*size, box=(10, 10, 22, 18))
    task = an_inpainting(area="Only masked", mask_blur=0, padding=4)
    picture = finish(painter.paint(asked(task=task), inputs)).picture
    assert picture.shape == inputs.picture.shape
    assert np.array_equal(picture[inputs.mask == 0], inputs.picture[inputs.mask == 0])
    assert (picture[inputs.mask > 0] != inputs.picture[inputs.mask > 0]).mean() > 0.9


@pytest.mark.parametrize("size", [(75, 67), (65, 71)])
@pytest.mark.parametrize("area", ["Whole picture", "Only masked"])
@pytest.mark.parametrize("soft", [False, True])
def test_a_size_of_broken_cells_keeps_every_byte_too(painter, asked, size, area, soft) -> None:
    inputs = some_inputs(*size, box=(30, 20, 75, 60))
    task = an_inpainting(mask_blur=0, area=area, soft=soft, padding=4)
    request = asked(task=task, width=size[0], height=size[1])
    picture = finish(painter.paint(request, inputs)).picture
    assert picture.shape == inputs.picture.shape
    assert np.array_equal(picture[inputs.mask == 0], inputs.picture[inputs.mask == 0])
    assert not np.array_equal(picture, inputs.picture)


@pytest.mark.parametrize("channels", [4, 9])
@pytest.mark.parametrize("area", ["Whole picture", "Only masked"])
def test_a_full_mask_paints_all(painters, asked, channels, area) -> None:
    inputs = some_inputs(box=(0, 0, WIDTH, HEIGHT))
    task = an_inpainting(area=area, strength=1.0, masked_content="fill")
    painted = finish(painters[channels].paint(asked(task=task), inputs))
    decoded = decode(painted.latent, painters[channels].components.vae).picture
    assert np.array_equal(painted.picture, decoded)


@pytest.mark.parametrize("value", [0, 128])
def test_an_empty_mask_is_told_before_any_work(painter, asked, value) -> None:
    inputs = replace(some_inputs(), mask=np.full((HEIGHT, WIDTH), value, np.uint8))
    with pytest.raises(InvalidRequest, match="Nothing is masked") as caught:
        next(painter.paint(asked(task=an_inpainting()), inputs))
    assert caught.value.field == "mask"


@pytest.mark.parametrize("area", ["Whole picture", "Only masked"])
def test_a_mask_too_small_for_its_blur(painter, asked, area) -> None:
    inputs = some_inputs(box=(30, 30, 31, 31))
    with pytest.raises(InvalidRequest, match="too small for a blur of 64"):
        next(painter.paint(asked(task=an_inpainting(area=area, mask_blur=64)), inputs))


@pytest.mark.parametrize("channels", [4, 9])
def test_a_soft_mask_changes_more_where_it_is_lighter(painters, asked, channels) -> None:
    levels = np.array([0, 64, 128, 192, 255], np.uint8)
    inputs = replace(some_inputs(80, HEIGHT), mask=np.tile(levels.repeat(16), (HEIGHT, 1)))
    task = an_inpainting(soft=True, mask_blur=0, strength=1.0)
    request = asked(task=task, width=80, steps=8)
    model = painters[channels].components
    kept = encode(to_pixels(inputs.picture), model.vae, seeded(request.seed))
    latent = finish(painters[channels].paint(request, inputs)).latent
    change = (latent - kept).abs().mean(dim=(0, 1, 2)).view(5, 2).mean(dim=1)
    assert change[0] == 0
    assert (change.diff() > 0).all(), change
