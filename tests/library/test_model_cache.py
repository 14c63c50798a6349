"""The cache of loaded models: what stays, what goes, and that it is really gone."""

from __future__ import annotations

import os
import weakref
from pathlib import Path

import pytest

from backend.errors import ModelError
from backend.library.loading import load_checkpoint
from backend.library.model_cache import ModelCache, cache_key, free_memory, give_back_memory
from backend.library.telling import tell
from tests.library import tiny


class Model:
    def __init__(self, size: int) -> None:
        self.size = size


def make(budget: int) -> ModelCache[Model]:
    return ModelCache(lambda model: model.size, budget)


def test_a_swap_back_is_a_lookup():
    cache = make(100)
    first = cache.get("a", lambda: Model(40))
    cache.get("b", lambda: Model(40))
    assert cache.get("a", lambda: pytest.fail("loaded again")) is first
    assert cache.used == 80


def test_the_least_recently_used_goes_first():
    cache = make(100)
    for key in ("a", "b", "a", "c"):
        cache.get(key, lambda: Model(40))
    assert [key in cache for key in "abc"] == [True, False, True]


def test_one_model_is_kept_however_large():
    cache = make(10)
    for key in ("a", "b"):
        cache.get(key, lambda: Model(40))
    assert ("a" in cache, "b" in cache) == (False, True)


def test_room_is_made_before_a_load_but_the_last_model_stays():
    cache = make(100)
    for key in ("a", "b"):
        cache.get(key, lambda: Model(40))
    seen = []
    cache.get("c", lambda: seen.append(("a" in cache, "b" in cache)) or Model(40), expected=90)
    assert seen == [(False, True)]


def test_a_failed_load_leaves_the_last_model():
    def fail() -> Model:
        raise ModelError("It is broken.")

    cache = make(50)
    first = cache.get("a", lambda: Model(40))
    with pytest.raises(ModelError):
        cache.get("b", fail, expected=40)
    assert cache.get("a", fail) is first
    assert "b" not in cache


def test_what_is_dropped_is_freed():
    cache = make(50)
    model = weakref.ref(cache.get("a", lambda: Model(40)))
    cache.get("b", lambda: Model(40))
    assert model() is None
    cache.clear()
    assert cache.used == 0


def test_the_default_budget_follows_free_memory():
    cache = ModelCache[Model](lambda model: model.size)
    assert 0 < cache.budget < free_memory()


def test_a_changed_file_is_another_model(tmp_path):
    spec = tell(tiny.make_folder(tmp_path / "folder")).spec
    before = cache_key(spec)
    assert cache_key(spec) == before
    os.utime(tmp_path / "folder" / "unet" / "diffusion_pytorch_model.safetensors", (1, 1))
    assert cache_key(spec) != before


def test_a_file_that_is_gone_is_a_sentence(tmp_path):
    spec = tell(tiny.make_folder(tmp_path / "folder")).spec
    (tmp_path / "folder").rename(tmp_path / "elsewhere")
    with pytest.raises(ModelError, match="“folder” is not there any more"):
        cache_key(spec)


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="reads Linux's /proc")
def test_twenty_swaps_among_three_take_no_more_memory_than_one_round(tmp_path):
    specs = [tell(tiny.make_folder(tmp_path / name)).spec for name in ("a", "b", "c")]
    cache = ModelCache(lambda model: model.size, budget=1)

    def swap(count: int) -> int:
        for number in range(count):
            spec = specs[number % 3]
            cache.get(spec.name, lambda spec=spec: load_checkpoint(spec))
        give_back_memory()
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")

    # Some 10 MB are kept by libraries and allocator from the first loads on, and never grow again;
    # beside models as tiny as these they are 2 % by themselves.
    swap(20)
    first = swap(3)
    assert swap(20) <= 1.02 * first
