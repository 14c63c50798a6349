"""The adapters that prompts name: found in the models folder, fitted to a model, worn by it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from transformers import CLIPTokenizer

from backend.engine.adapters.hypernetwork import attached
from backend.engine.adapters.low_rank import merged, weight_shapes
from backend.engine.components import Components
from backend.errors import ModelError
from backend.library.adapters.hypernetwork import Hypernetwork
from backend.library.adapters.lora import FittedLora, Lora, fit_lora
from backend.library.adapters.shelf import AdapterShelf
from backend.library.library import Library
from backend.prompt_language.tags import Tag, split_tags
from backend.studio.learned_words import NamedWords, NameIndex


@dataclass(frozen=True)
class Fitted:
    """A tag, and what it puts on: a LoRA, a hypernetwork, or a sentence on why neither."""

    tag: Tag
    path: Path | None = None
    lora: FittedLora | None = None
    hypernetwork: Hypernetwork | None = None
    problem: str = ""


@dataclass(frozen=True)
class Outfit:
    """All that one picture's prompts name."""

    fitted: tuple[Fitted, ...]
    words: NamedWords

    @contextmanager
    def worn(self, model: Components) -> Iterator[None]:
        """Inside a `with`, the model with all of it on; afterwards exactly as before."""
        on_unet, on_text, before_keys = [], [], []
        for each in self.fitted:
            if each.lora and each.tag.strength:
                on_unet.append((each.lora.unet, each.tag.strength))
            if each.lora and each.tag.text_strength:
                on_text.append((each.lora.text, each.tag.text_strength))
            if each.hypernetwork and each.tag.strength:
                before_keys.append((each.hypernetwork, each.tag.strength))
        with (
            merged(model.unet, on_unet),
            merged(model.text_encoder, on_text),
            attached(model.unet, before_keys),
        ):
            yield

    @property
    def loras(self) -> list[str]:
        """The names of the LoRAs, which take a while to put on: seconds at full size on a CPU."""
        return [each.tag.name for each in self.fitted if each.lora]

    @property
    def problems(self) -> list[str]:
        """Sentences on what was named and does nothing, each once."""
        said = [each.problem for each in self.fitted if each.problem]
        return list(dict.fromkeys([*said, *self.words.problems.values()]))


class Adapters:
    """The adapters of a models folder; for several threads."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._shelf = AdapterShelf()
        self._index: NameIndex | None = None

    def outfit(
        self,
        model: Components,
        prompt: str,
        negative_prompt: str = "",
        check: Callable[[], None] = lambda: None,
    ) -> Outfit:
        """What the prompts name, read and fitted; embeddings follow when the prompts are read.

        `check` is called between files and may raise to end the work.
        """
        fitted = []
        for tag in split_tags(prompt)[1]:
            check()
            fitted.append(self._fit(tag, model))
        fitted += [_misplaced(tag) for tag in split_tags(negative_prompt)[1]]
        return Outfit(tuple(fitted), self.words(model))

    def words(self, model: Components) -> NamedWords:
        """The learned words of the embeddings folder, for a model."""
        width = model.text_encoder.config.hidden_size
        return NamedWords(self._names(model.tokenizer), width, self._shelf.embedding)

    def hashes(self, outfit: Outfit) -> dict[str, str]:
        """What infotext says of the adapters that were used, as A1111 writes it.

        A1111 has no word for hypernetworks' hashes; they are written alike.
        """
        library, fitted = self._library, outfit.fitted
        loras = {it.tag.name: it.path for it in fitted if it.lora}
        hypernetworks = {it.tag.name: it.path for it in fitted if it.hypernetwork}
        listed = {
            "Lora hashes": _listed(loras, library.hash_of_lora),
            "TI hashes": _listed(outfit.words.files, library.hash_of_adapter),
            "Hypernet hashes": _listed(hypernetworks, library.hash_of_adapter),
        }
        return {key: text for key, text in listed.items() if text}

    def _names(self, tokenizer: CLIPTokenizer) -> NameIndex:
        files, index = self._library.catalogue.embeddings, self._index
        if index is None or index.files is not files or index.tokenizer is not tokenizer:
            index = self._index = NameIndex(files, tokenizer)
        return index

    def _fit(self, tag: Tag, model: Components) -> Fitted:
        if tag.problem:
            return Fitted(tag, problem=tag.problem)
        try:
            if tag.kind == "LoRA":
                return self._fit_lora(tag, model)
            path = self._library.catalogue.adapter("hypernetworks", tag.name)
            hypernetwork = self._shelf.hypernetwork(path)
            hypernetwork.check_fits(model.text_encoder.config.hidden_size)
            return Fitted(tag, path, hypernetwork=hypernetwork)
        except ModelError as error:
            return Fitted(tag, problem=str(error))

    def _fit_lora(self, tag: Tag, model: Components) -> Fitted:
        path = self._library.catalogue.adapter("loras", tag.name)
        shapes = weight_shapes(model.unet), weight_shapes(model.text_encoder)
        read = self._shelf.lora(path)
        fitted = fit_lora(read, *shapes)
        return Fitted(tag, path, lora=fitted, problem=_left_out(tag.name, read, fitted))


def _left_out(name: str, lora: Lora, fitted: FittedLora) -> str:
    """Sentences on what of a LoRA does nothing, or ""."""
    said = []
    if fitted.unknown:
        said.append(f"“{name}”: {len(fitted.unknown)} of its layers have no place in this model.")
    if lora.words:
        words = ", ".join(repr(word[:20]) for word in lora.words[:4])
        said.append(f"“{name}” brings words of its own ({words}), which are not read.")
    return " ".join(said)


def _misplaced(tag: Tag) -> Fitted:
    sentence = f"“{tag.source[:80]}” does nothing in the negative prompt; write it in the prompt."
    return Fitted(tag, problem=sentence)


def _listed(files: Mapping[str, Path | None], compute: Callable[[Path], str]) -> str:
    found = []
    for name, path in files.items():
        with suppress(ModelError):  # taken away while it was worn: the picture is painted
            if path:
                found.append(f"{name.replace(':', '').replace(',', '')}: {compute(path)}")
    return ", ".join(found)
