"""The embeddings folder as words that prompts may use, for one model."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from transformers import CLIPTokenizer

from backend.engine.learned_words import LearnedWord
from backend.errors import ModelError
from backend.library.adapters.embedding import Embedding


class NameIndex:
    """Files by the tokens of their names; the longest name first, as A1111 looks for them."""

    def __init__(self, files: Mapping[str, Path], tokenizer: CLIPTokenizer) -> None:
        self.files = files
        self.tokenizer = tokenizer
        self._by_first: dict[int, list[tuple[tuple[int, ...], str]]] = {}
        backend = tokenizer.backend_tokenizer
        for name in files:
            ids = tuple(backend.encode(name, add_special_tokens=False).ids)
            if ids:
                self._by_first.setdefault(ids[0], []).append((ids, name))
        for named in self._by_first.values():
            named.sort(key=lambda each: -len(each[0]))

    def names_at(self, ids: Sequence[int], position: int) -> list[tuple[tuple[int, ...], str]]:
        """The names that stand in `ids` from a position on, with their tokens."""
        named = self._by_first.get(ids[position], [])
        return [each for each in named if tuple(ids[position : position + len(each[0])]) == each[0]]


class NamedWords:
    """Reads the embeddings that are named, when they are; see `engine.learned_words.WordFinder`.

    `used` are those that were found, by name in the order of their finding; `problems` are
    sentences for those that were named and cannot be used: their names are read as plain words.
    """

    def __init__(self, index: NameIndex, width: int, read: Callable[[Path], Embedding]) -> None:
        self._index = index
        self._width = width
        self._read = read
        self.used: dict[str, LearnedWord] = {}
        self.problems: dict[str, str] = {}

    @property
    def files(self) -> dict[str, Path]:
        """The files of those that were found."""
        return {name: self._index.files[name] for name in self.used}

    def find(self, ids: Sequence[int], position: int) -> LearnedWord | None:
        """The learned word whose name stands in `ids` from `position` on."""
        for tokens, name in self._index.names_at(ids, position):
            word = self.used.get(name) or self._learned(name, tokens)
            if word:
                return word
        return None

    def _learned(self, name: str, tokens: tuple[int, ...]) -> LearnedWord | None:
        if name in self.problems:
            return None
        try:
            embedding = self._read(self._index.files[name])
            embedding.check_fits(self._width)
        except ModelError as error:
            self.problems[name] = str(error)
            return None
        self.used[name] = LearnedWord(name, tokens, embedding.vectors)
        return self.used[name]
