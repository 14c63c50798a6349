"""Captions: many wordings of what a scene shows, never of what it does not show."""

import numpy as np

from .attributes import Attributes, Thing

_TIMES = {
    "day": ("by day", "in daylight", "on a sunny day", "at noon", "under a blue sky", "day"),
    "dawn": ("at dawn", "at sunrise", "in the early morning", "at daybreak", "dawn", "sunrise"),
    "sunset": ("at sunset", "at dusk", "in the evening", "in the evening glow", "sunset", "dusk"),
    "night": ("at night", "on a dark night", "in the night", "by night", "night", "at midnight"),
    "overcast": ("on an overcast day", "under a grey sky", "on a cloudy day", "under a gray sky",
                 "overcast", "in gloomy weather"),
}  # fmt: skip
_SEASONS = {
    "spring": ("in spring", "in springtime", "spring", "in the spring"),
    "summer": ("in summer", "in summertime", "summer", "in the summer"),
    "autumn": ("in autumn", "in fall", "autumn", "in the autumn"),
    "winter": ("in winter", "in the snow", "winter", "covered in snow", "in snowy winter"),
}
_SEASON_WORDS = {
    "spring": ("spring", "springtime"), "summer": ("summer", "green summer"),
    "autumn": ("autumn", "golden autumn"), "winter": ("snowy", "winter", "snow covered"),
}  # fmt: skip
_TERRAINS = {
    "mountains": ("mountains", "a mountain range", "high mountains", "mountain peaks"),
    "hills": ("rolling hills", "hills", "soft hills", "a hilly landscape"),
    "sea": ("the sea", "the ocean", "a beach by the sea", "the seaside", "a coast"),
    "lake": ("a lake", "a calm lake", "the lake", "a quiet lake"),
    "desert": ("a desert", "the desert", "sand dunes", "a sandy desert"),
    "meadow": ("a meadow", "the meadow", "a grassy field", "a wide meadow"),
}
_NOUNS = {
    "balloon": ("hot-air balloon", "hot air balloon", "balloon"),
    "house": ("house", "cottage", "little house"),
    "boat": ("sailing boat", "sailboat", "boat"),
    "lighthouse": ("lighthouse", "tall lighthouse"),
    "tree": ("round tree", "tree"),
    "pine": ("pine tree", "pine", "fir tree"),
    "cactus": ("cactus", "tall cactus"),
    "flowers": ("flowers", "big flowers", "blossoms"),
    "apple": ("apple", "giant apple", "big apple"),
}
_SIDES = {
    "left": ("on the left", "at the left", "to the left"),
    "middle": ("in the middle", "in the center", "in the centre"),
    "right": ("on the right", "at the right", "to the right"),
}
_OPENINGS = (
    "a storybook illustration of", "a painting of", "a picture of", "a landscape with",
    "a storybook picture of", "an illustration of",
)  # fmt: skip
_MOODS = (
    "storybook",
    "soft light",
    "gouache",
    "beautiful",
    "highly detailed",
    "peaceful",
    "illustration",
)


def captions(a: Attributes, rng: np.random.Generator, count: int) -> tuple[str, ...]:
    """Draw this many wordings: sentences and tag lists, complete and incomplete."""
    return tuple(_caption(a, rng) for _ in range(count))


def _caption(a: Attributes, rng: np.random.Generator) -> str:
    things = [describe(thing, rng) for thing in a.things if rng.random() < 0.95]
    if len(things) == 2 and rng.random() < 0.5:
        things.reverse()
    form = int(rng.choice(3, p=[0.5, 0.25, 0.25]))
    text = (_sentence, _tags, _setting_first)[form](a, things, rng)
    if rng.random() < 0.2:
        text = f"{text}, {rng.choice(_MOODS)}"
    return text


def describe(thing: Thing, rng: np.random.Generator) -> str:
    """A noun phrase: "a red hot-air balloon on the left", colour and side at times left out."""
    noun = str(rng.choice(_NOUNS[thing.kind]))
    if thing.colour and rng.random() < 0.92:
        noun = _coloured(thing, noun, rng)
    if thing.kind != "flowers":
        noun = ("an " if noun[0] in "aeiou" else "a ") + noun
    return f"{noun} {rng.choice(_SIDES[thing.side])}" if rng.random() < 0.8 else noun


def _coloured(thing: Thing, noun: str, rng: np.random.Generator) -> str:
    if thing.kind == "house" and rng.random() < 0.75:
        return f"{noun} with a {thing.colour} roof"
    if thing.kind == "boat" and rng.random() < 0.5:
        return f"{noun} with {'a ' if rng.random() < 0.5 else ''}{thing.colour} sail"
    if thing.kind == "lighthouse" and rng.random() < 0.3:
        return f"{thing.colour} and white {noun}"
    return f"{thing.colour} {noun}"


def _sentence(a: Attributes, things: list[str], rng: np.random.Generator) -> str:
    """ "a red balloon over a snowy lake at sunset, with clouds"."""
    place = _place(a, rng)
    text = " and ".join(things)
    if text and place:
        joint = (
            "over"
            if "balloon" in text and rng.random() < 0.7
            else rng.choice(["by", "in front of", "and", "near", "in"])
        )
        text = f"{text} {joint} {place}"
    else:
        text = text or place or "a landscape"
    if rng.random() < 0.25:
        text = f"{rng.choice(_OPENINGS)} {text}"
    tail = [part for part in (_season(a, rng, place), _time(a, rng)) if part]
    text = " ".join([text, *(tail if rng.random() < 0.7 else tail[::-1])])
    sky = _sky(a, rng)
    return f"{text}, {'with ' if rng.random() < 0.5 else ''}{sky}" if sky else text


def _setting_first(a: Attributes, things: list[str], rng: np.random.Generator) -> str:
    """ "a calm lake at dawn in autumn, a boat with a white sail on the left"."""
    place = _place(a, rng) or "a landscape"
    parts = [part for part in (_time(a, rng), _season(a, rng, place)) if part]
    head = " ".join([place, *parts])
    body = " and ".join(things)
    link = rng.choice([", ", " with ", ", "])
    tail = [part for part in (body, _sky(a, rng)) if part]
    return head + (link + ", ".join(tail) if tail else "")


def _tags(a: Attributes, things: list[str], rng: np.random.Generator) -> str:
    """ "night, winter, mountains, house with a red roof"."""
    parts = [*things, _place(a, rng), _season(a, rng, ""), _time(a, rng), _sky(a, rng)]
    parts = [part for part in parts if part] or ["landscape"]
    return ", ".join(str(part) for part in rng.permutation(parts))


def _place(a: Attributes, rng: np.random.Generator) -> str:
    if rng.random() < 0.12:
        return ""
    place = str(rng.choice(_TERRAINS[a.terrain]))
    if a.season and rng.random() < 0.3:
        article = next((w for w in ("a ", "the ") if place.startswith(w)), "")
        word = str(rng.choice(_SEASON_WORDS[a.season]))
        article = "an " if article == "a " and word[0] == "a" else article
        return f"{article}{word} {place.removeprefix('a ').removeprefix('the ')}"
    return place


def _season(a: Attributes, rng: np.random.Generator, place: str) -> str:
    said = a.season and any(word in place for word in _SEASON_WORDS[a.season])
    if a.season is None or said or rng.random() < 0.25:
        return ""
    return str(rng.choice(_SEASONS[a.season]))


def _time(a: Attributes, rng: np.random.Generator) -> str:
    return "" if rng.random() < 0.1 else str(rng.choice(_TIMES[a.time]))


def _sky(a: Attributes, rng: np.random.Generator) -> str:
    """What is in the sky, when it is said at all."""
    seen = {"sun": "the sun", "moon": "a full moon", "crescent": "a crescent moon"}
    parts = [seen[a.disc]] if a.disc else []
    parts += ["stars"] * a.stars + ["clouds"] * (a.clouds and a.time != "overcast")
    if not parts or rng.random() < 0.55:
        return ""
    kept = [part for part in parts if rng.random() < 0.8] or parts[:1]
    return " and ".join(kept)
