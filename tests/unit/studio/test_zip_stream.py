"""Several pictures as one ZIP, sent piece by piece."""

from __future__ import annotations

import io
import os
import zipfile

from backend.studio.zip_stream import CHUNK, stream_zip


def test_a_zip_holds_what_was_put_into_it_and_leaves_out_what_is_gone(tmp_path):
    contents = {"a.png": os.urandom(3 * CHUNK + 5), "b.png": b""}
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    files = [(f"day-{name}", tmp_path / name) for name in ("a.png", "gone.png", "b.png")]
    archive = zipfile.ZipFile(io.BytesIO(b"".join(stream_zip(files))))
    assert archive.testzip() is None
    assert archive.namelist() == ["day-a.png", "day-b.png"]
    assert archive.read("day-a.png") == contents["a.png"]


def test_it_is_never_whole_in_memory(tmp_path):
    path = tmp_path / "large.png"
    path.write_bytes(os.urandom(8 * CHUNK))
    pieces = [len(piece) for piece in stream_zip([("large.png", path)])]
    assert len(pieces) > 8
    assert max(pieces) < 2 * CHUNK
