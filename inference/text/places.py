"""Other ways to say where something is, for places that the built-in scenes have, and what is to be seen where a place
is all that is named.

In: a prompt. Out: the same with the places that captions name: "a duck on a lake", or in it, is read as "a duck on the
beach", for scenes in the sea are under water, where only fish are, "a ufo above a field" as "a ufo in a field", for
nothing that can stand below it, "a cat on a red carpet" as one before a red background, and "a forest" as a tree there,
for captions name a place only where something is in it. It knows the places of the built-in scenes alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from inference.text.colours import COLOURS
from inference.text.nouns import article

_LAKE = r"(?:lake|lagoon|river|pond|swamp)s?"
_MEANT: Mapping[str, str] = {
    "on the beach": (
        r"(?:(?:on|by|at|near|beside|next to|above|over|on the (?:edge|shores?|banks?) of) (?:an? |the )?"
        rf"(?:sea|ocean|water|shore|coast|{_LAKE})|(?<!fish )(?<!fishes )in (?:an? |the )?{_LAKE})"
    ),
    "in the sea": rf"in (?:an? |the )?(?:water|{_LAKE})",
    "in the snow": (
        r"(?:in|on|at) (?:an? |the )?(?:arctic|antarctic|antarctica|north pole|south pole|ice|iceberg|glacier|tundra)"
    ),
    "in the desert": r"(?:in (?:the )?(?:sahara|savannah?|wasteland)|(?:above|over|near) (?:an? |the )?desert)",
    "in the jungle": (
        r"(?:in (?:an? |the )?(?:rain ?forest|enchanted forest)"
        r"|(?:above|over|near) (?:an? |the )?(?:forest|woods|jungle))"
    ),
    "in a field": r"(?:above|over|near|beside|by) (?:an? |the )?(?:field|meadow|grass|park|hills?)",
    "in the city": r"(?:above|over|near|outside) (?:an? |the )?(?:city|town|skyscrapers)",
    "in the mountains": r"(?:(?:above|over|near) (?:the )?mountains|in (?:an? |the )?mountain)",
    "on a green hill": r"(?:on|atop) (?:an? |the )?(?:\w+ )?hills?",
    "at night": (
        r"(?:under (?:an? |the )?(?:full )?moon|on (?:an? |the )?(?:\w+ )?night|in (?:the )?moonlight"
        r"|in (?:an? |the )?(?:graveyard|cemetery))"
    ),
    "on a rainy day": r"(?:in (?:the )?(?:fog|mist)|(?:under|through) (?:the )?rain)",
    "on the moon": r"(?:flying |going |travell?ing |landing )?(?:to|towards) (?:the )?moon",
    "on mars": r"(?:flying |going |travell?ing |landing )?(?:to|towards) mars",
    "in flames": r"(?:rising |emerging |coming )?(?:from|out of) (?:the )?(?:flames|ashes|fire)",
    "on the street": (
        r"(?:crossing|in|(?:(?:walking|running|driving) )?(?:down|along)|walking on|driving on) (?:an? |the )?"
        r"(?:road|street|highway)"
    ),
    "in a room": r"(?:in|at|inside) (?:an? |the )?(?:caf[eé]|coffee ?(?:shop|house)|restaurant|diner|bistro|pub)",
}  # fmt: skip
_SEEN: Mapping[str, str] = {
    "a beach with umbrella": r"(?:beach|seaside|seashore|shore|coast)",
    "an evergreen tree in a forest": r"(?:forest|woods|woodland)",
    "a palm tree in the jungle": r"(?:jungle|rain ?forest)",
    "a cityscape": r"(?:city|town|street)",
    "a mountain in a field": r"(?:hills?|valley)",
    "a blossom in a field": r"(?:field|meadow|garden|grass)",
    "a national park": rf"(?:park|landscape|{_LAKE})",
    "books in a library": r"(?:library|bookshop)",
    "a bed in a bedroom": r"bedroom",
    "a cooking in the kitchen": r"kitchen",
    "a couch and lamp in the living room": r"(?:living ?room|room)",
    "a bathtub at home": r"bath ?room",
    "a water wave in the sea": r"(?:sea|ocean)",
    "a milky way in space": r"(?:outer )?space",
}
"""What is seen of a place that is named alone."""
_SUN = r"(?:(?:an? |the )?(?:beautiful |red |golden )?(?:sunset|sunrise|setting sun|rising sun))"
_SUNS: Mapping[str, str] = {
    "a sunrise": rf"{_SUN} (?:over|above|on|at|by|behind) (?:an? |the )?(?:sea|ocean|water|beach|{_LAKE})",
    "a mountain at sunset": (
        rf"{_SUN} (?:over|above|in|behind) (?:an? |the )?(?:snowy )?(?:mountains?|hills?|alps|valley)"
    ),
    "a sunset": rf"{_SUN} (?:over|above|in|behind) (?:an? |the )?(?:city|town|skyline|skyscrapers)",
    "a cactus in the desert at sunset": rf"{_SUN} (?:over|above|in) (?:an? |the )?(?:desert|dunes|sahara)",
    "an evergreen tree in a forest at sunset": rf"{_SUN} (?:over|above|in) (?:an? |the )?(?:forest|woods|jungle)",
}
"""Pictures of the sun over a place."""
_RISING = {seen: re.compile(rf"^{words}(?=$|,)", re.IGNORECASE) for seen, words in _SUNS.items()}
_TIME = (
    r"(?=(?: (?:at night|at sunset|at dusk|at dawn|in the rain|in the evening|in a storm|on a rainy day))?(?:,.*)?$)"
)
_LOOKS = r"(?:(?:beautiful|dark|sunny|tropical|green|small|little|big|large|magic|magical|enchanted|quiet|wild) )?"
_ALONE = {
    seen: re.compile(rf"^(?:(?:an?|the) )?{_LOOKS}{words}{_TIME}", re.IGNORECASE) for seen, words in _SEEN.items()
}
_SURFACE = re.compile(
    rf"\bon an? ({'|'.join(sorted((*COLOURS, 'grey'), key=len, reverse=True))}) "
    r"(?:backdrop|blanket|canvas|carpet|cloth|cushion|floor|mat|paper|pillow|rug|surface|tablecloth|wall)\b",
    re.IGNORECASE,
)
"""What lies below a thing and is of one colour."""
_WOODEN = re.compile(
    r"\b(?:lying |standing |sitting |placed )?(?:on|upon|on top of) (?:an? |the )"
    r"(?:wooden|wood|brown) (?:floor|board|surface|plank)(?=$|,|\.)",
    re.IGNORECASE,
)
"""What is of wood."""
_PATTERNS = {meant: re.compile(rf"\b{words}(?=\s*(?:,|\.|$)| (?:at|in|on|under)\b)") for meant, words in _MEANT.items()}


def read_places(text: str) -> str:
    """`text` with places that are known, where it names one that is like them."""
    for meant, pattern in _PATTERNS.items():
        text = pattern.sub(meant, text)
    for seen, pattern in (*_RISING.items(), *_ALONE.items()):
        text = pattern.sub(seen, text)
    text = _WOODEN.sub("on a brown background", text)
    return _SURFACE.sub(lambda found: f"on {article(found[1].lower())} background", text)
