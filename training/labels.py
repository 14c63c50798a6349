"""A scene's attributes as class numbers, one question at a time, for classifiers to answer."""

from dataclasses import dataclass

from .scenes import Attributes
from .scenes.attributes import COLOURS, KINDS, SEASONS, SIDES, TERRAINS, TIMES


@dataclass(frozen=True)
class Question:
    """Something to ask of a scene, with the possible answers; the first may be "none"."""

    name: str
    answers: tuple[str, ...]


_SETTING = (
    Question("time", TIMES),
    Question("season", ("none", *SEASONS)),
    Question("terrain", TERRAINS),
    Question("disc", ("none", "sun", "moon", "crescent")),
    Question("clouds", ("none", "clouds")),
    Question("stars", ("none", "stars")),
)
QUESTIONS = (
    *_SETTING,
    *(Question(f"{kind} side", ("none", *SIDES)) for kind in KINDS),
    *(Question(f"{kind} colour", ("none", *COLOURS[kind])) for kind in KINDS if COLOURS[kind]),
)


def answers(a: Attributes) -> dict[str, str]:
    """The answer to each question by its name, "none" for what is not there."""
    found = {
        "time": a.time,
        "season": a.season or "none",
        "terrain": a.terrain,
        "disc": a.disc or "none",
        "clouds": "clouds" if a.clouds else "none",
        "stars": "stars" if a.stars else "none",
    }
    for thing in a.things:
        found[f"{thing.kind} side"] = thing.side
        found[f"{thing.kind} colour"] = thing.colour or "none"
    return found


def labels(a: Attributes) -> list[int]:
    """The number of the answer to each of QUESTIONS, in their order."""
    found = answers(a)
    return [q.answers.index(found.get(q.name, "none")) for q in QUESTIONS]
