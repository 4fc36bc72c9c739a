"""What one inference server takes, as those who wait hear of it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Offer:
    """`places` generations at a time, none while the server is away; with which `models` it draws, if that is known."""

    places: int
    models: frozenset[str] = frozenset()

    def serves(self, model: str | None) -> bool:
        """None leaves the choice to the server."""
        return model is None or model in self.models
