"""Discord's JSON for the world's values."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from tests.discord_wire.messages import BOT_ID, Message, timestamp
from tests.discord_wire.world import MEMBER_PERMISSIONS, UPLOAD_BYTES, Guild, Interaction

# Manage Messages, Moderate Members, Ban Members: who has an id from here on up moderates.
MODERATORS: Final = 2_000_000
MODERATOR_PERMISSIONS: Final = MEMBER_PERMISSIONS | 1 << 13 | 1 << 40 | 1 << 2


def user(user_id: int) -> dict[str, Any]:
    bot = user_id == BOT_ID
    return {
        "id": str(user_id), "username": "easel" if bot else f"person{user_id}", "discriminator": "0", "avatar": None,
        "global_name": None, "bot": bot, "public_flags": 0, "flags": 0,
    }  # fmt: skip


def member(user_id: int) -> dict[str, Any]:
    permissions = MODERATOR_PERMISSIONS if user_id >= MODERATORS else MEMBER_PERMISSIONS
    return {
        "user": user(user_id), "roles": [], "joined_at": "2024-01-01T00:00:00+00:00", "deaf": False, "mute": False,
        "permissions": str(permissions), "flags": 0, "nick": None, "avatar": None,
    }  # fmt: skip


def channel(guild: Guild, channel_id: int) -> dict[str, Any]:
    return {
        "id": str(channel_id), "type": 0, "guild_id": str(guild.id), "name": "pictures", "position": 0,
        "permission_overwrites": [], "nsfw": False, "parent_id": None, "topic": None, "flags": 0,
    }  # fmt: skip


def guild(one: Guild) -> dict[str, Any]:
    role = {
        "id": str(one.id), "name": "@everyone", "permissions": str(MEMBER_PERMISSIONS), "position": 0, "color": 0,
        "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None}, "hoist": False,
        "managed": False, "mentionable": False, "flags": 0,
    }  # fmt: skip
    return {
        "id": str(one.id), "name": one.name, "icon": None, "owner_id": "1", "roles": [role], "emojis": [],
        "features": [], "member_count": 3, "members": [member(BOT_ID)], "threads": [], "presences": [],
        "voice_states": [], "stage_instances": [], "guild_scheduled_events": [], "soundboard_sounds": [],
        "channels": [channel(one, channel_id) for channel_id in one.channel_ids], "unavailable": False,
        "verification_level": 0, "default_message_notifications": 0, "explicit_content_filter": 0, "mfa_level": 0,
        "nsfw_level": 0, "premium_tier": 0, "preferred_locale": "en-US", "system_channel_flags": 0, "large": False,
    }  # fmt: skip


def message(one: Message) -> dict[str, Any]:
    shown = {
        "id": str(one.id), "channel_id": str(one.channel_id), "type": 0 if one.interaction_id is None else 20,
        "author": user(one.author_id), "content": one.content, "timestamp": timestamp(one.id),
        "edited_timestamp": timestamp(one.id) if one.edits else None, "tts": False, "mention_everyone": False,
        "mentions": [user(user_id) for user_id in one.mentions], "mention_roles": [], "embeds": [], "pinned": False,
        "attachments": [{**attachment, "proxy_url": attachment["url"]} for attachment in one.attachments],
        "components": one.components, "flags": one.flags,
    }  # fmt: skip
    if one.nonce is not None:
        shown["nonce"] = one.nonce
    if one.interaction_id is not None:
        shown |= {"webhook_id": str(BOT_ID), "application_id": str(BOT_ID)}
    return shown


def interaction(one: Interaction, place: Guild) -> dict[str, Any]:
    shown = {
        "id": str(one.id), "application_id": str(BOT_ID), "type": one.kind, "token": one.token, "version": 1,
        "guild_id": str(one.guild_id), "channel_id": str(one.channel_id), "channel": channel(place, one.channel_id),
        "guild": {"id": str(one.guild_id), "locale": "en-US", "features": []}, "member": member(one.user_id),
        "locale": "en-US", "guild_locale": "en-US", "app_permissions": str(MEMBER_PERMISSIONS), "data": one.data,
        "entitlements": [], "authorizing_integration_owners": {"0": str(one.guild_id)}, "context": 0,
        "attachment_size_limit": UPLOAD_BYTES,
    }  # fmt: skip
    if one.source is not None:
        shown["message"] = message(one.source)
    if people := list(_people(one.data.get("options", ()))):
        members = {str(user_id): {**member(user_id)} for user_id in people}
        users = {user_id: described.pop("user") for user_id, described in members.items()}
        shown["data"] = {**one.data, "resolved": {"users": users, "members": members}}
    return shown


def _people(options: Iterable[Mapping[str, Any]]) -> Iterator[int]:
    """Whom the options name."""
    for option in options:
        yield from _people(option.get("options", ()))
        if option["type"] == 6:
            yield int(option["value"])


def callback(one: Interaction) -> dict[str, Any]:
    """What `with_response=true` is answered with."""
    described: dict[str, Any] = {"id": str(one.id), "type": one.kind}
    resource: dict[str, Any] = {"type": one.answer}
    if one.original is not None and one.answer in (4, 5, 7):
        described |= {
            "response_message_id": str(one.original.id),
            "response_message_loading": one.original.loading,
            "response_message_ephemeral": one.original.seen_by is not None,
        }
        resource["message"] = message(one.original)
    return {"interaction": described, "resource": resource}
