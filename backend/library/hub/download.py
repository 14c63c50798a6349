"""From the hub into the models folder: checked for room, continued where broken off, and hashed.

Each file grows under its digest's name in `.library/downloads` and moves to its place only once its
content is what the hub promised, so that a half-fetched file is never listed.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from pathlib import Path, PurePosixPath
from typing import Any

from backend.errors import ModelError
from backend.library.families import CONTENTS, FOLDERS, content_of
from backend.library.header import read_header
from backend.library.hub.client import Hub, HubFile, Unreachable
from backend.library.hub.selection import select
from backend.library.telling import tell
from backend.library.watch import Watch

SPARE_BYTES = 500_000_000  # left free on the disk, for pictures
_CHUNK = 2**20
# What the libraries call every file of its kind.
_SAYS_NOTHING = ("diffusion_pytorch_model", "model", "pytorch_lora_weights", "learned_embeds")
_ATTEMPTS = 5  # connections in a row that bring nothing new


def download(
    models: Path,
    repository: str,
    *,
    file: str = "",
    watch: Watch | None = None,
    hub: Hub | None = None,
    patience: float = 1.0,
) -> Path:
    """Fetch a model, and return where it lies in the models folder.

    `file` names one file of the repository; without it the whole diffusers folder is meant, or the
    only weights there are. `patience` is in seconds, the wait before a broken connection is tried
    again. Raises `ModelError`, and `Stopped`; what was fetched until then is kept for the next try.
    """
    hub, watch = hub or Hub(), watch or Watch()
    chosen = select(hub.files(repository), file)
    store = models / ".library" / "downloads"
    name = _name(chosen, repository)
    _check_new(models, name)
    _check_room(models, store, chosen)
    watch.begin(sum(each.size for each in chosen))
    fetched = [_fetch(hub, each, store, watch, patience) for each in chosen]
    if len(chosen) == 1:
        return _place_file(fetched[0], models, name)
    return _place_folder(chosen, fetched, models, name)


def _name(files: list[HubFile], repository: str) -> str:
    """A file keeps its name; a folder, and a file whose name says nothing, get the repository's."""
    own, file = PurePosixPath(repository).name, PurePosixPath(files[0].path)
    if len(files) > 1:
        return own
    return own + file.suffix if file.name.partition(".")[0] in _SAYS_NOTHING else file.name


def _check_new(models: Path, name: str) -> None:
    for folder in FOLDERS.values():
        if (models / folder / name).exists():
            raise ModelError(f"“{name}” is in models/{folder} already.")


def _check_room(models: Path, store: Path, files: list[HubFile]) -> None:
    try:
        store.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ModelError(f"The models folder cannot be written to: {error.strerror}.") from error
    here = sum(path.stat().st_size for path in (_partial(store, each) for each in files)
               if path.is_file())  # fmt: skip
    needed = sum(each.size for each in files) - here
    free = shutil.disk_usage(models).free - SPARE_BYTES
    if needed > free:
        raise ModelError(
            f"The download takes {needed / 1e9:.1f} GB, and the disk has {max(free, 0) / 1e9:.1f} "
            "GB to spare."
        )


def _partial(store: Path, file: HubFile) -> Path:
    if len(file.digest) not in (40, 64) or set(file.digest) - set("0123456789abcdef"):
        raise ModelError("The hub's answer is not understood.")
    return store / f"{file.digest}.partial"


def _fetch(hub: Hub, file: HubFile, store: Path, watch: Watch, patience: float) -> Path:
    path, digest = _partial(store, file), _new_digest(file)
    path.touch()
    failures = 0
    with path.open("r+b") as target:
        while chunk := target.read(_CHUNK):
            digest.update(chunk)
            watch.add(len(chunk))
        while target.tell() < file.size:
            before = target.tell()
            try:
                _continue(hub, file, target, digest, watch)
            except Unreachable:
                failures = 0 if target.tell() > before else failures + 1
                if failures >= _ATTEMPTS:
                    raise
                time.sleep(patience)
        size = target.tell()
    if size != file.size or digest.hexdigest() != file.digest:
        path.unlink()
        raise ModelError(f"“{file.path}” came damaged, and was thrown away; try again.")
    return path


def _continue(hub: Hub, file: HubFile, target: Any, digest: Any, watch: Watch) -> None:
    """Append to a file what is missing of it, as long as the connection holds."""
    with hub.content(file, target.tell()) as (stream, start):
        _skip(stream, target.tell() - start)
        while target.tell() < file.size:
            chunk = stream.read(min(_CHUNK, file.size - target.tell()))
            if not chunk:
                raise Unreachable("The hub broke off; try again, and it goes on from there.")
            _write(target, chunk)
            digest.update(chunk)
            watch.add(len(chunk))


def _write(target: Any, chunk: bytes) -> None:
    try:
        target.write(chunk)
    except OSError as error:
        raise ModelError(f"The download cannot be written: {error.strerror}.") from error


def _skip(stream: Any, count: int) -> None:
    """Pass over what is here already, where a server can only send from the beginning."""
    while count > 0 and (chunk := stream.read(min(_CHUNK, count))):
        count -= len(chunk)


def _new_digest(file: HubFile) -> Any:
    if len(file.digest) == 64:
        return hashlib.sha256()
    return hashlib.sha1(b"blob %d\0" % file.size, usedforsecurity=False)  # git's id of a file


def _place_file(path: Path, models: Path, name: str) -> Path:
    content = content_of(read_header(path))
    if content not in FOLDERS:
        raise ModelError(f"“{name}” is {CONTENTS[content]}, and of no use here.")
    target = models / FOLDERS[content] / name
    _move(path, target)
    return target


def _place_folder(files: list[HubFile], fetched: list[Path], models: Path, name: str) -> Path:
    draft = models / ".library" / "downloads" / f"{files[0].revision[:40]}.folder"
    shutil.rmtree(draft, ignore_errors=True)
    for file, path in zip(files, fetched, strict=True):
        (draft / file.path).parent.mkdir(parents=True, exist_ok=True)
        _link(path, draft / file.path)
    try:
        tell(draft)
        target = models / "checkpoints" / name
        _move(draft, target)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    for path in fetched:
        path.unlink(missing_ok=True)
    return target


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:  # not every file system can
        shutil.copyfile(source, target)


def _move(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    os.replace(source, target)
