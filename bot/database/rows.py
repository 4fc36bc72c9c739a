"""Between rows and records: what a value looks like in the tables, and back.

In: orders and records.  Out: rows for a session to add; records from rows that it read.  Asks no question.
"""

import unicodedata
from datetime import datetime
from typing import cast

from bot.database.records import GenerationRecord, ImageRecord, Removal, Status
from bot.database.tables.generations import GenerationTable, ImageTable
from bot.orders.order import InteractionRef, Kind, Order, Requester
from inference.contract import Action, Verdict


def normalise(text: str) -> str:
    """The form that words are searched in: compatibility forms and case folded, invisible characters left out.

    NUL goes too: SQLite's LIKE looks no further than that.
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    shown = (character for character in folded if character != "\0" and unicodedata.category(character) != "Cf")
    return " ".join("".join(shown).split())


def generation_row(order: Order, now: datetime) -> GenerationTable:
    requester, interaction = order.requester, order.interaction
    return GenerationTable(
        kind=order.kind,
        status="checking",
        user_id=requester.user_id,
        user_name=requester.user_name[:64],
        guild_id=requester.guild_id,
        channel_id=requester.channel_id,
        parent_channel_id=requester.parent_channel_id,
        locale=requester.locale[:16],
        prompt=order.prompt,
        normalised_prompt=normalise(order.prompt),
        negative_prompt=order.negative_prompt,
        image_count=order.images,
        seed=order.seed,
        guidance_scale=order.guidance_scale,
        temperature=order.temperature,
        top_k=order.top_k,
        top_p=order.top_p,
        strength=order.strength,
        keep_rows=order.keep_rows,
        style=order.style,
        spoiler=order.spoiler,
        private=order.private,
        model=order.model,
        size=order.size,
        priority=order.priority,
        parent_id=order.parent_id,
        created_at=now,
        application_id=interaction.application_id if interaction else None,
        interaction_token=interaction.token if interaction else None,
        interaction_expires_at=interaction.expires_at if interaction else None,
    )


def generation_record(row: GenerationTable) -> GenerationRecord:
    verdict = None
    if row.verdict_action is not None:
        action = cast("Action", row.verdict_action)
        verdict = Verdict(
            action,
            row.verdict_category,
            row.verdict_score or 0.0,
            row.verdict_rule or "",
            tuple(row.verdict_words or ()),
        )
    return GenerationRecord(
        id=row.id,
        order=_order(row),
        status=cast("Status", row.status),
        seed=row.seed,
        created_at=row.created_at,
        model=row.model,
        verdict=verdict,
        checked_at=row.checked_at,
        queued_at=row.queued_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
        delivered_at=row.delivered_at,
        message_id=row.message_id,
        init_image_key=row.init_image_key,
        grid_key=row.grid_key,
        error_code=row.error_code,
        error_data=row.error_data or {},
        removal=_removal(row),
        images=tuple(image_record(image) for image in row.images),
    )


def _order(row: GenerationTable) -> Order:
    interaction = None
    if row.interaction_token and row.application_id and row.interaction_expires_at:
        interaction = InteractionRef(row.application_id, row.interaction_token, row.interaction_expires_at)
    return Order(
        requester=Requester(
            row.user_id,
            row.user_name,
            row.guild_id,
            row.channel_id,
            row.locale,
            parent_channel_id=row.parent_channel_id,
        ),
        prompt=row.prompt,
        negative_prompt=row.negative_prompt,
        images=row.image_count,
        seed=row.seed,
        guidance_scale=row.guidance_scale,
        temperature=row.temperature,
        top_k=row.top_k,
        top_p=row.top_p,
        model=row.model,
        size=row.size,
        kind=cast("Kind", row.kind),
        parent_id=row.parent_id,
        strength=row.strength,
        keep_rows=row.keep_rows,
        style=row.style,
        spoiler=row.spoiler,
        private=row.private,
        priority=row.priority,
        interaction=interaction,
    )


def image_values(image: ImageRecord) -> dict[str, object]:
    return {
        "generation_id": image.generation_id,
        "index": image.index,
        "key": image.key,
        "sha256": image.sha256,
        "seed": image.seed,
        "score": image.score,
        "width": image.width,
        "height": image.height,
        "verdict": None if image.verdict is None else image.verdict.to_json(),
        "filled": image.filled or None,
        "removed_at": image.removal.at if image.removal else None,
        "removed_by": image.removal.by if image.removal else None,
        "removed_why": image.removal.why if image.removal else None,
    }


def image_record(row: ImageTable) -> ImageRecord:
    return ImageRecord(
        row.generation_id, row.index, row.key, row.sha256, row.seed, row.score, row.width, row.height, _removal(row),
        None if row.verdict is None else Verdict.from_json(row.verdict), row.filled or "",
    )  # fmt: skip


def _removal(row: GenerationTable | ImageTable) -> Removal | None:
    if row.removed_at is None or row.removed_by is None:
        return None
    sanction_id, deleted = (row.removed_with, row.deleted) if isinstance(row, GenerationTable) else (None, False)
    return Removal(row.removed_at, row.removed_by, row.removed_why or "", sanction_id, deleted, row.by_operator)
