"""The API's settings, changed by several programs at once."""

from __future__ import annotations

import threading
from contextlib import suppress
from types import SimpleNamespace
from typing import Any

from backend.api.options import Options, OptionStore


def test_two_changes_at_once_are_both_in_force():
    both_read = threading.Barrier(2)

    def checkpoints() -> list[Any]:
        with suppress(threading.BrokenBarrierError):
            both_read.wait(0.5)  # where they can, both read before either writes
        return [SimpleNamespace(name="one")]

    vaes = [SimpleNamespace(name="loose", path=SimpleNamespace(name="loose.safetensors"))]
    studio: Any = SimpleNamespace(checkpoints=checkpoints, vaes=lambda: vaes)
    store = OptionStore(studio)
    changes = ({"sd_vae": "loose"}, {"CLIP_stop_at_last_layers": 2})
    threads = [threading.Thread(target=store.change, args=[values]) for values in changes]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert store.current() == Options(checkpoint="one", vae="loose", clip_skip=2)
