"""kill -9 in mid-picture: at the next start the job goes on, and the pixels are the same."""

from __future__ import annotations

import numpy as np

from tests.program.running import wait_for

# Long enough for a step to be kept in each picture, on a fast machine too.
LONG = {"prompt": "a red beach", "steps": 150, "width": 320, "height": 320}

SEEDS = (501, 502, 511)


def test_the_broken_off_picture_is_gone_on_with_and_the_waiting_ones_are_painted(program):
    broken = {**LONG, "seed": 501, "n_iter": 2, "sampler_name": "DPM++ 2M SDE"}
    other = {"sd_model_checkpoint": "two"}
    waiting = {**LONG, "seed": 511, "steps": 5, "override_settings": other}
    program.ask_for(**broken)
    # In the second picture of the batch, once a step of it is kept.
    kept = program.outputs / "queue"
    wait_for(lambda: program.progress()["state"]["job_no"] == 1)
    program.ask_for(**waiting)
    wait_for(lambda: program.state()["queued"] == 1)
    wait_for(lambda: list(kept.glob("*-1.safetensors")))
    job = program.progress()["state"]["job"]
    assert job
    program.kill()
    assert set(program.pictures(SEEDS)) == {501}

    program.start()
    messages = program.messages(job)
    assert messages[-1]["kind"] == "finished"
    steps = [each for each in messages if each["kind"] == "step"]
    assert {each["picture"] for each in steps} == {1}
    assert steps[0]["step"] > 1
    wait_for(lambda: set(program.pictures(SEEDS)) == set(SEEDS))
    assert [path.name for path in kept.iterdir()] == ["lock"]

    saved = program.pictures(SEEDS)
    for seed in (501, 502):
        alone = program.painted("txt2img", **{**broken, "seed": seed, "n_iter": 1})
        assert np.array_equal(saved[seed], alone)
    assert np.array_equal(saved[511], program.painted("txt2img", **waiting))


def test_an_end_in_good_order_is_gone_on_with_as_well(program):
    asked = {**LONG, "seed": 521, "sampler_name": "Euler a"}
    program.ask_for(**asked)
    wait_for(lambda: list((program.outputs / "queue").glob("*-0.safetensors")))
    job = program.progress()["state"]["job"]
    program.stop()
    assert not program.pictures([521])

    program.start()
    steps = [each for each in program.messages(job) if each["kind"] == "step"]
    assert steps[0]["step"] > 1
    (saved,) = program.pictures([521]).values()
    assert np.array_equal(saved, program.painted("txt2img", **asked))
