"""A training run measured in minutes, so that it ends in time on any machine."""

import time


class Budget:
    """Counts a run's minutes, those of earlier, interrupted stretches included."""

    def __init__(self, minutes: float, spent: float = 0.0) -> None:
        self.minutes = minutes
        self._start = time.monotonic() - spent * 60

    @property
    def spent(self) -> float:
        """Minutes trained so far."""
        return (time.monotonic() - self._start) / 60

    @property
    def share(self) -> float:
        """How much of the run is done, 0..1; learning rates follow it."""
        return min(self.spent / self.minutes, 1.0)

    @property
    def over(self) -> bool:
        """Whether the minutes are used up."""
        return self.spent >= self.minutes

    def line(self, step: int, **figures: float) -> str:
        """A line of progress: step, minutes spent and left, and the figures given."""
        left = max(self.minutes - self.spent, 0)
        shown = "  ".join(f"{name} {value:.4g}" for name, value in figures.items())
        return f"step {step:6d}  {self.spent:5.1f} min, {left:5.1f} left  {shown}"
