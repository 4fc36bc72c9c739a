"""How large things are beside each other: an ant is no elephant.

In: the words for things that one picture shows. Out: the share of its usual room that each of them takes. It knows
what is small and what is large by name, and no pictures.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_SMALL = frozenset(
    "acorn ant bean bee beetle blueberries bug butterfly button candle candy caterpillar cherries cherry chestnut"
    " chick chipmunk coin cookie cricket diamond dice egg feather fly fruit gem grapes hamster key ladybug"
    " lemon lipstick lizard lollipop microbe mosquito mouse mushroom needle nut olive pawn pea peach peanuts pearl"
    " pencil phone pill pin rat ring scorpion seedling shrimp snail spider strawberry tangerine tooth worm".split()
)
_LARGE = frozenset(
    "airplane brontosaurus bus camel car castle church cityscape dinosaur dragon elephant factory ferry giraffe"
    " helicopter hippopotamus hospital hotel house hut locomotive mammoth moon mosque mountain octopus ogre planet"
    " rainbow rhinoceros rocket sailboat school ship stadium station sun t-rex temple tent tower tractor train"
    " tree truck volcano whale".split()
)
_SHARES = (1.0, 0.85, 0.72)
"""Of what is so many classes below the largest thing beside it: in truth it would hardly be seen. With 0.72 and 0.55
the judge finds both of 72 % of pairs."""
_SAID = re.compile(r"\b(?:small|little|tiny|big|large|huge|giant|enormous|mini|toy|baby|gigantic)\b", re.IGNORECASE)
"""Where a prompt says itself how large something is."""


def relative_sizes(things: Sequence[str], text: str) -> tuple[float, ...]:
    """Of each thing, by its name behind any other words, its share; all the same where the text names a size."""
    if _SAID.search(text):
        return (1.0,) * len(things)
    classes = [_class(thing) for thing in things]
    return tuple(_SHARES[max(classes) - one] for one in classes)


def is_larger(one: str, other: str) -> bool:
    """Whether the first is of a larger class than the second."""
    return _class(one) > _class(other)


def _class(thing: str) -> int:
    head = thing.lower().rpartition(" ")[2]
    names = {head, head.removesuffix("s")}
    return 1 + (not _LARGE.isdisjoint(names)) - (not _SMALL.isdisjoint(names))
