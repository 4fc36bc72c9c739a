"""Small pictures for the people of the demo, and for Easel: a letter on a colour.

Out: PNG files under the addresses where Discord's client would look for them.
"""

import io
from collections.abc import Iterator
from typing import Final

import simcord
from PIL import Image, ImageDraw, ImageFont
from simcord.backend.cdn import CDN_BASE

from bot.demo.world import World

SIDE: Final = 128
HASH: Final = "0" * 32
COLOURS: Final = ("#c2417c", "#2f7d4f", "#b26a00", "#7a4fb5")
OWN_COLOUR: Final = "#3b45c4"


def portraits(env: simcord.Env, world: World) -> dict[str, tuple[str, bytes]]:
    """Files by address; the simulated users are told that they have them."""
    return dict(_all(env, world))


def _all(env: simcord.Env, world: World) -> Iterator[tuple[str, tuple[str, bytes]]]:
    drawn = [(env.backend.bot_user, "E", OWN_COLOUR)]
    drawn += [
        (env.backend.get_user(person.id), person.name[0], colour)
        for person, colour in zip(world.people, COLOURS, strict=True)
    ]
    for user, letter, colour in drawn:
        user.avatar = HASH
        yield f"{CDN_BASE}/avatars/{user.id}/{HASH}.png", (f"{letter}.png", _portrait(letter, colour))


def _portrait(letter: str, colour: str) -> bytes:
    picture = Image.new("RGB", (SIDE, SIDE), colour)
    font = ImageFont.load_default(size=SIDE * 0.6)
    ImageDraw.Draw(picture).text((SIDE / 2, SIDE / 2), letter, fill="white", font=font, anchor="mm")
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return buffer.getvalue()
