"""An order as one types it in Discord.

In: an order and a seed.  Out: a line that draws the same again, with the options by the names that `/imagine` has.
"""

from bot.orders.order import Order


def command_line(order: Order, seed: int, images: int) -> str:
    """What to type to get the same pictures: "/imagine prompt:… images:4 seed:7"."""
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
    given = [f"{name}:{value}" for name, value in options.items() if value is not None]
    return " ".join(["/imagine", f"prompt:{order.prompt}", *given])
