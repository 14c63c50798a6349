"""Several pictures as one ZIP file, sent while it is being written: it is never whole in memory."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

CHUNK = 256 * 1024


class _Outbox(io.RawIOBase):
    """Takes what the archive writes until it is fetched; has no way back, as a network has none."""

    def __init__(self) -> None:
        self._waiting = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data) -> int:  # type: ignore[override]  bytes-like of any kind
        self._waiting += data
        return len(data)

    def fetch(self) -> bytes:
        fetched = bytes(self._waiting)
        self._waiting.clear()
        return fetched


def stream_zip(files: Iterable[tuple[str, Path]]) -> Iterator[bytes]:
    """A ZIP of files by the names they get inside it; a file that has gone meanwhile is left out.

    Nothing is compressed: PNG has done that already.
    """
    outbox = _Outbox()
    with zipfile.ZipFile(outbox, "w", zipfile.ZIP_STORED) as archive:
        for name, path in files:
            try:
                source, entry = path.open("rb"), zipfile.ZipInfo.from_file(path, name)
            except OSError:
                continue
            with source, archive.open(entry, "w") as target:
                while chunk := source.read(CHUNK):
                    target.write(chunk)
                    yield outbox.fetch()
    yield outbox.fetch()
