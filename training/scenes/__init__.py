"""Seeded storybook landscapes: pictures with exact captions, attributes, depth and masks."""

from .attributes import Attributes, Thing, sample
from .captions import captions
from .render import Scene, render, scene, wording

__all__ = ["Attributes", "Scene", "Thing", "captions", "render", "sample", "scene", "wording"]
