"""Holds what every kind of cold start is planned by: what is compared, and how often."""

from __future__ import annotations

from dataclasses import dataclass

WARM_UP_ROUND = 0
A_BODY = 0  # in place of a text's length: requests carry bodies of the user's


@dataclass(frozen=True)
class CommonAxes:
    """What is compared, and how many cold and warm samples each variant gets.

    A kind that can be asked for adds a field of its own in a subclass. Raises ValueError for values that make no plan.
    """

    backends: tuple[str, ...]
    engines: tuple[str, ...] = ("onnx",)
    memories: tuple[int | None, ...] = (None,)
    tokens: tuple[int, ...] = (20,)
    arms: tuple[str, ...] = ("http",)
    cold: int = 10
    warm: int = 60

    def __post_init__(self) -> None:
        for name in ("backends", "engines", "memories", "tokens", "arms"):
            values = getattr(self, name)
            if not values or len(set(values)) != len(values):
                raise ValueError(f"{name} must name at least one value, each once; got {values!r}")
        if self.cold < 1 or self.warm < 0:
            raise ValueError(f"cold must be at least 1 and warm at least 0; got cold={self.cold}, warm={self.warm}")
        lengths = [length for length in self.tokens if length != A_BODY]
        if min([*lengths, *(memory for memory in self.memories if memory is not None)], default=1) < 1:
            raise ValueError("text lengths and memory sizes must be positive")
