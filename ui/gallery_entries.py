"""History entries as the gallery's page is told of them: plain dictionaries, ready for JSON."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from backend.studio.history.values import Branch, HistoryEntry, Lineage
from backend.studio.infotext import read_infotext
from backend.studio.model_match import match_model
from backend.studio.picture_info import PictureInfo
from backend.studio.picture_settings import NamedFile, PictureSettings, read_settings
from backend.studio.views import StudioLike
from ui.addresses import PREFIX, input_address

TITLE_CHARACTERS = 300
Json = dict[str, Any]


def brief(entry: HistoryEntry) -> Json:
    """What a thumbnail needs."""
    # The time of the picture keeps a browser from showing an older file's copy.
    name = f"{quote(entry.name)}?v={int(entry.created * 1000):x}"
    return {
        "id": entry.id,
        "name": entry.name.rpartition("/")[2],
        "path": entry.name,
        "url": f".{PREFIX}/pictures/{name}",
        "thumbnail": f".{PREFIX}/thumbnails/{name}",
        "width": entry.width,
        "height": entry.height,
        "title": entry.prompt[:TITLE_CHARACTERS],
        "task": entry.task,
        "created": entry.created,
        "favourite": entry.favourite,
        "deleted": entry.deleted,
    }


def full(studio: StudioLike, entry: HistoryEntry, lineage: Lineage | None) -> Json:
    """What the large view needs: settings, what is odd about its models, and its lineage."""
    settings = read_settings(entry.infotext)
    checkpoint = NamedFile(name=entry.checkpoint, hash=entry.checkpoint_hash)
    return {
        **brief(entry),
        **_settings(studio, settings, checkpoint),
        "infotext": entry.infotext,
        "pairs": list(read_infotext(entry.infotext).items()),
        "prompt": entry.prompt,
        "negative_prompt": entry.negative_prompt,
        "seed": entry.seed,
        "checkpoint": entry.checkpoint,
        "kept_steps": entry.kept_steps,
        "inputs": _inputs(entry),
        "lineage": _lineage(lineage),
    }


def told(studio: StudioLike, info: PictureInfo) -> Json:
    """What a picture that was brought along says of itself."""
    return {
        "format": info.format,
        "width": info.width,
        "height": info.height,
        "program": info.program,
        "infotext": info.text,
        "prompt": info.pairs.get("Prompt", ""),
        "negative_prompt": info.pairs.get("Negative prompt", ""),
        "task": info.settings.task,
        "pairs": list(info.pairs.items()),
        **_settings(studio, info.settings, info.settings.checkpoint),
    }


def _settings(studio: StudioLike, settings: PictureSettings, checkpoint: NamedFile) -> Json:
    matches = (
        match_model("checkpoint", checkpoint, studio.checkpoints()),
        match_model("VAE", settings.vae, studio.vaes()),
    )
    return {
        "left_out": list(settings.left_out.items()),
        "notes": [match.sentence for match in matches if match.sentence],
    }


def _inputs(entry: HistoryEntry) -> list[Json]:
    """The pictures that it was painted from, each with what it is."""
    named = (("Input", entry.input), ("Mask", entry.mask), ("Depth map", entry.depth_map))
    return [{"label": label, "url": input_address(hash)} for label, hash in named if hash]


def _lineage(lineage: Lineage | None) -> Json:
    if lineage is None:
        return {"ancestors": [], "descendants": []}
    return {
        "ancestors": [brief(one) for one in lineage.ancestors],
        "descendants": [_branch(one) for one in lineage.descendants],
    }


def _branch(branch: Branch) -> Json:
    return {**brief(branch.entry), "children": [_branch(one) for one in branch.children]}
