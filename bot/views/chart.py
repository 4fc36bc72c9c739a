"""Statistics in Discord: a few words, and a chart: requests a day, waiting times, what was blocked, who asked most.

In: a report of the statistics.  Out: a layout with its file.
"""

import asyncio
import io
import math
import unicodedata
from typing import Final

import discord
from discord import ui
from PIL import Image, ImageDraw, ImageFont

from bot.database.statistics import Report
from bot.views.layout import Layout
from bot.wording import moderating, terms

WIDTH: Final = 900
ROW: Final = 30
GAP: Final = 12
MOST_NAMED: Final = 6
NUMBER: Final = 88  # room for what stands behind the longest bar
PAPER, INK, SOFT, BAR, BAD, WAIT = "#ffffff", "#21201d", "#5d5a52", "#3b45c4", "#b3261e", "#2e7d4f"


class StatsLayout(Layout):
    """The numbers in words, and the chart."""

    def __init__(self, report: Report, png: bytes) -> None:
        super().__init__()
        self.file = discord.File(io.BytesIO(png), filename="statistics.png")
        requests, blocked = sum(day.requests for day in report.days), sum(day.blocked for day in report.days)
        told = moderating.statistics(requests, blocked, len(report.days), report.wait_median, report.draw_median)
        self.add_item(ui.TextDisplay(told))
        described = moderating.chart(requests, blocked)
        self.add_item(ui.MediaGallery(discord.MediaGalleryItem(self.file, description=described)))
        people = [(person.user_id, person.requests) for person in report.people[:MOST_NAMED]]
        self.add_item(ui.TextDisplay(moderating.legend(people)))


async def stats_layout(report: Report) -> StatsLayout:
    return StatsLayout(report, await asyncio.to_thread(drawn, report))


def drawn(report: Report) -> bytes:
    """An encoded PNG.  Takes some milliseconds: call it in a thread."""
    named = [
        (_written(moderating.waited(most), "> 5 min" if most is None else f"<= {most} s"), count, WAIT)
        for most, count in report.waits
    ]
    named += [
        (_written(terms.category(name), name.replace("_", " ")), count, BAD)
        for name, count in report.categories[:MOST_NAMED]
    ]
    # Names are in any script, and the font has one: Discord writes them below the chart.
    people = enumerate(report.people[:MOST_NAMED], start=1)
    named += [(f"{place}.", person.requests, BAR) for place, person in people]
    height = 300 + ROW * (len(named) + 1)
    picture = Image.new("RGB", (WIDTH, height), PAPER)
    draw = ImageDraw.Draw(picture)
    font = ImageFont.load_default(16)
    _days(draw, font, report)
    top = max((count for _, count, _ in named), default=1)
    left = GAP + max((math.ceil(font.getlength(name)) for name, _, _ in named), default=0) + GAP
    for place, (name, count, colour) in enumerate(named):
        y = 290 + place * ROW
        draw.text((left - GAP, y + 2), name, INK, font, anchor="ra")
        length = max(2, (WIDTH - left - NUMBER) * count // max(1, top))
        draw.rectangle((left, y, left + length, y + ROW - 10), colour)
        draw.text((left + 8 + length, y + 2), str(count), INK, font)
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def _written(words: str, otherwise: str) -> str:
    """The font has ASCII's letters alone: accents go, and what is no Latin letter is said otherwise."""
    parts = unicodedata.normalize("NFKD", words.replace("ß", "ss"))
    bare = "".join(part for part in parts if not unicodedata.combining(part))
    return bare if bare.isascii() else otherwise


def _days(draw: ImageDraw.ImageDraw, font: ImageFont.FreeTypeFont | ImageFont.ImageFont, report: Report) -> None:
    top = max((day.requests for day in report.days), default=0) or 1
    step = (WIDTH - 80) / max(1, len(report.days))
    for place, day in enumerate(report.days):
        x = 60 + place * step
        for count, colour in ((day.requests, BAR), (day.blocked, BAD)):
            if count:
                draw.rectangle((x, 240 - 200 * count / top, x + step * 0.8, 240), colour)
    draw.line((60, 240, WIDTH - 20, 240), SOFT)
    draw.text((52, 32), str(top), SOFT, font, anchor="ra")
    draw.text((60, 248), report.days[0].day.isoformat(), SOFT, font)
    draw.text((WIDTH - 20, 248), report.days[-1].day.isoformat(), SOFT, font, anchor="ra")
