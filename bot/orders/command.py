"""An order as one types it in Discord.

In: an order and a seed.  Out: a line that draws the same again, with the options by the names that `/imagine` has.
"""

from collections.abc import Callable

from bot.orders.order import Order


def command_line(order: Order, seed: int, images: int, called: Callable[[str], str] = str) -> str:
    """What to type to get the same pictures: "/imagine prompt:… images:4 seed:7".

    `called` says what a command or an option is called where it is typed.
    """
    options = {
        "images": images,
        "seed": seed,
        "guidance": order.guidance_scale,
        "temperature": order.temperature,
        "top_k": order.top_k,
        "top_p": order.top_p,
        "negative": order.negative_prompt,
        "spoiler": order.spoiler or None,
        "private": order.private or None,
        "model": order.model,
        "size": order.size,
    }
    given = [f"{called(name)}:{value}" for name, value in options.items() if value is not None]
    return " ".join([f"/{called('imagine')}", f"{called('prompt')}:{order.prompt}", *given])
