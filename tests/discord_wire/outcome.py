"""What became of each order, as the people in the channel see it.

In: the stand-in's world and the interactions that ordered, by their prompts.  Out: counts.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from tests.discord_wire.messages import Message
from tests.discord_wire.world import Interaction, World


@dataclass(frozen=True, slots=True)
class Outcome:
    """`accepted` were acknowledged in public: each is delivered once or fails with a reason, or all is not well.

    `unasked` are results of orders that Discord had told their person were not answered; `left_thinking` are answers
    that still wait although the result stands elsewhere.
    """

    accepted: int
    delivered: int
    failed_with_reason: int
    doubled: int
    lost: int
    unasked: int
    left_thinking: int

    @property
    def is_well(self) -> bool:
        return not (self.doubled or self.lost)

    def counts(self) -> dict[str, int]:
        return asdict(self)


def shows_result(message: Message) -> bool:
    return any(custom_id.startswith("easel:reroll:") for custom_id in message.custom_ids)


def is_waiting(message: Message) -> bool:
    """Whether it still promises something."""
    return message.loading or any(custom_id.startswith("easel:cancel:") for custom_id in message.custom_ids)


def accepted(order: Interaction) -> bool:
    return order.answer == 5 and order.original is not None and order.original.seen_by is None


def is_over(order: Interaction) -> bool:
    """Whether its own answer says how it ended."""
    original = order.original
    return original is None or original.deleted or not is_waiting(original)


def outcome(world: World, orders: Mapping[str, Interaction]) -> Outcome:
    """Prompts must tell the orders apart, and none be part of another."""
    results = Counter(_prompt(message) for message in world.standing() if shows_result(message))
    counts: Counter[str] = Counter()
    for prompt, order in orders.items():
        found = results[prompt]
        if not accepted(order):
            counts["unasked"] += found > 0
            continue
        counts["accepted"] += 1
        counts["delivered"] += found == 1
        counts["doubled"] += found > 1
        counts["left_thinking"] += found > 0 and not is_over(order)
        if not found:
            counts["failed_with_reason" if is_over(order) and order.said else "lost"] += 1
    return Outcome(**{name: counts[name] for name in Outcome.__dataclass_fields__})


def _prompt(message: Message) -> str:
    """The first line that is bold, as results show their prompts."""
    return message.text.partition("**")[2].partition("**")[0]
