"""/settings: who may choose, what the choices do, for a server and for a channel, and that they are written down."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import simcord

from bot.actions.actor import Actor
from bot.actions.setting import SECTIONS, SETTINGS, Scope
from bot.actions.settings import ServerSettings
from bot.database.guild import Drawing, RoleRule
from bot.errors import InvalidOption
from bot.orders.entitlement import Ceiling
from bot.orders.ticket import PREFERRED
from bot.views.language import language_of
from bot.wording import settings as words
from inference.contract import ModelDescription, Policy
from tests.town import Town, answer, buttons, parts, said


@pytest.fixture
async def olga(town: Town) -> simcord.MemberActor:
    return town.olga


async def panel(town: Town, who: simcord.MemberActor, section: str = "", **options: Any) -> Any:
    """The overview, or the page of a section."""
    shown = answer(await who.slash(town.pictures, "settings", **options))
    if section:
        (chooser,) = (one for one in buttons(shown) if one.startswith("easel:setopen:"))
        await who.select(shown, [section], custom_id=chooser)
        shown = again(town, who, shown)
    return shown


def again(town: Town, who: simcord.MemberActor, shown: Any) -> Any:
    """The same message, as it is now."""
    return next(one for one in town.pictures.history(viewer=who) if one.id == shown.id)


async def choose(who: simcord.MemberActor, shown: Any, name: str, values: list[Any], channel: str = "") -> Any:
    return await who.select(shown, values, custom_id=f"easel:set:{name}:{channel}")


def lists(message: Any) -> list[str]:
    """The names of the settings that a page lets one choose."""
    ids = [part["custom_id"] for part in parts(message) if part["type"] in (3, 6, 8)]
    return [one.split(":")[2] for one in ids if one.startswith("easel:set:")]


def labels(message: Any, custom_id: str) -> dict[str, str]:
    """What a list offers: labels by their values."""
    (found,) = (part for part in parts(message) if part.get("custom_id") == custom_id)
    return {option["value"]: option["label"] for option in found["options"]}


async def test_the_panel_is_for_managers(town: Town, olga: simcord.MemberActor) -> None:
    """Anybody may be shown the command; only a manager is answered, and in private."""
    shown = await panel(town, olga)
    assert shown.ephemeral
    assert "Settings of this server" in said(shown)
    (command,) = (one for one in await town.bot.tree.fetch_commands() if one.name == "settings")
    town.guild.set_command_permissions(command, {town.mo: True})
    refused = await town.mo.slash(town.pictures, "settings")
    assert "You need the permission “Manage Server”" in said(answer(refused))


async def test_every_setting_stands_on_the_page_of_its_section(town: Town, olga: simcord.MemberActor) -> None:
    """The overview says what is chosen, and leads to the pages; each leads back and on."""
    await town.services.server_settings.choose(_actor(town, olga), "max_images", ["4"])
    shown = await panel(town, olga)
    assert "**Pictures**\n-# At most: 4 pictures" in said(shown)
    for section in ("models", "safety", "gallery"):
        title, about = words.SECTIONS[section]
        assert f"**{title}**\n-# {about}" in said(shown), "where nothing is chosen, what can be"
    assert labels(shown, "easel:setopen:").keys() == set(SECTIONS)
    for section in SECTIONS:
        page = await panel(town, olga, section)
        expected = [one.name for one in SETTINGS if one.section == section and one.part != "role"]
        assert lists(page) == expected
        assert labels(page, "easel:setopen:").keys() == {"all", *SECTIONS}
    await olga.select(page, ["all"], custom_id="easel:setopen:")
    assert "At most: 4 pictures" in said(again(town, olga, page))


async def test_a_panel_in_somebody_elses_hands_changes_nothing(town: Town, olga: simcord.MemberActor) -> None:
    """The permission is asked for again at each choice."""
    shown = await panel(town, olga, "pictures")
    await town.services.server_settings.choose(_actor(town, olga), "max_images", ["4"])
    town.env.backend.remove_member_role(town.guild.id, olga.id, town.guild.roles["Managers"].id)
    refused = await choose(olga, shown, "max_images", ["1"])
    assert "You need the permission" in said(answer(refused))
    assert (await town.services.guild_settings.get(town.guild.id)).drawing.max_images == 4


async def test_choices_count_at_once(town: Town, olga: simcord.MemberActor) -> None:
    """How many pictures, hidden or not, and how often: each in the next order, and in the audit log."""
    shown = await panel(town, olga, "pictures")
    for name, value in (("default_images", "1"), ("max_images", "4"), ("spoiler", "yes")):
        await choose(olga, shown, name, [value])
    await choose(olga, await panel(town, olga, "limits"), "limit_per_person", ["5/hour"])
    record, message = await town.imagine("a cat")
    assert (record.order.images, record.order.spoiler) == (1, True)
    (gallery,) = (part for part in parts(message) if part["type"] == 12)
    assert gallery["items"][0]["spoiler"] is True
    refused = await town.ada.slash(town.pictures, "imagine", prompt="a cat", images=9)
    assert "at most 4 are drawn" in said(answer(refused))
    for _ in range(4):
        await town.imagine("a cat")
    refused = await town.ada.slash(town.pictures, "imagine", prompt="a cat")
    assert "limit of 5 per hour for each member is reached" in said(answer(refused))
    audit = await town.services.audit_log.page(town.guild.id)
    assert [(entry.actor_id, entry.action) for entry in audit.records] == [(olga.id, "settings")] * 4
    assert dict(audit.records[0].after) == {"limit_per_person": "5/hour"}


async def test_channels_are_chosen_and_taken_back(town: Town, olga: simcord.MemberActor) -> None:
    """Elsewhere Easel then says where it may be used."""
    other = town.guild.create_text_channel("elsewhere")
    shown = await panel(town, olga, "use")
    await choose(olga, shown, "allowed_channel_ids", [other])
    refused = await town.ada.slash(town.pictures, "imagine", prompt="a cat")
    assert f"Try <#{other.id}>" in said(answer(refused))
    await choose(olga, shown, "allowed_channel_ids", [])
    await town.imagine("a cat")
    await choose(olga, await panel(town, olga, "safety"), "review_channel_id", [other])
    assert (await town.services.guild_settings.get(town.guild.id)).review_channel_id == other.id
    assert f"Review channel: <#{other.id}>" in said(await panel(town, olga))


async def test_a_digest_without_a_channel_says_so(town: Town, olga: simcord.MemberActor) -> None:
    """Once, until there is one."""
    shown = await panel(town, olga, "gallery")
    assert "Choose a gallery channel" not in said(shown)
    await choose(olga, shown, "digest", ["yes"])
    shown = again(town, olga, shown)
    assert said(shown).count("Choose a gallery channel, too") == 1
    await choose(olga, shown, "gallery_channel_id", [town.pictures])
    assert "Choose a gallery channel" not in said(again(town, olga, shown))


async def test_a_channel_chooses_for_itself(town: Town, olga: simcord.MemberActor) -> None:
    """What it does not choose is as in the whole server; what a server alone can choose is not offered."""
    await choose(olga, await panel(town, olga, "pictures"), "default_images", ["9"])
    overview = await panel(town, olga)
    await olga.select(overview, [town.pictures], custom_id="easel:setfor:channel")
    shown = again(town, olga, overview)
    assert f"Settings of <#{town.pictures.id}>" in said(shown)
    shown = await panel(town, olga, "safety", channel=town.pictures)
    assert lists(shown) == ["level"]
    (of_channel,) = (one for one in buttons(shown) if one.startswith("easel:set:level:"))
    assert labels(shown, of_channel)["-"] == "As in the whole server"
    channel = of_channel.rpartition(":")[2]
    await choose(olga, shown, "level", ["strict"], channel)
    here = await town.services.entitlements.of(_actor(town, town.ada).requester)
    assert here.drawing == Drawing(level="strict", default_images=9)
    await choose(olga, shown, "level", ["-"], channel)
    assert await town.services.guild_settings.channel(town.guild.id, town.pictures.id) == Drawing()


async def test_a_role_has_its_own_page(town: Town, olga: simcord.MemberActor) -> None:
    """An earlier turn, a limit and models of its own, told in the page of limits; taken back, the rule is gone."""
    patrons = town.guild.create_role("Patrons")
    limits = await panel(town, olga, "limits")
    assert "No role has anything of its own yet." in said(limits)
    await olga.select(limits, [patrons], custom_id="easel:setfor:role")
    page = again(town, olga, limits)
    assert f"Settings of <@&{patrons.id}>" in said(page)
    assert lists(page) == ["priority", "role_limit", "role_models"]
    own = {name: next(one for one in buttons(page) if f":{name}:" in one) for name in ("priority", "role_limit")}
    await olga.select(page, ["first"], custom_id=own["priority"])
    await olga.select(page, ["off"], custom_id=own["role_limit"])
    record = await town.services.guild_settings.get(town.guild.id)
    assert record.roles == (RoleRule(patrons.id, "first", "off"),)
    told = said(await panel(town, olga, "limits"))
    assert f"<@&{patrons.id}> Sooner: two turns for each one of others · No limit of this server's" in told
    town.env.backend.add_member_role(town.guild.id, town.ada.id, patrons.id)
    drawn, _ = await town.imagine("a cat")
    assert drawn.order.priority == PREFERRED
    await olga.select(page, ["20/day"], custom_id=own["role_limit"])
    left = said(answer(await town.ada.slash(town.pictures, "limits")))
    assert "You in this server, by your role: **20** left of 20 per day" in left
    await olga.select(page, ["normal"], custom_id=own["priority"])
    await olga.select(page, ["-"], custom_id=own["role_limit"])
    assert (await town.services.guild_settings.get(town.guild.id)).roles == ()


async def test_models_are_those_that_are_ready(town: Town, olga: simcord.MemberActor) -> None:
    """One by default; and those that members may choose, with what is chosen and not there any more."""
    town.pool.served = (ModelDescription("small", "quick"), ModelDescription("big", "slow"))
    shown = await panel(town, olga, "models")
    assert labels(shown, "easel:set:models:") == {"small": "small", "big": "big"}
    await choose(olga, shown, "models", ["big"])
    await town.imagine("a cat")
    assert town.pool.requests[-1].model == "big"
    refused = await town.ada.slash(town.pictures, "imagine", prompt="a cat", model="small")
    assert "The model small is not among those that you may use here: big." in said(answer(refused))
    town.pool.served = (ModelDescription("small", "quick"),)
    shown = await panel(town, olga, "models")
    assert list(labels(shown, "easel:set:models:")) == ["big", "small"]
    await choose(olga, shown, "models", [])
    assert (await town.services.guild_settings.get(town.guild.id)).drawing.models is None


async def test_no_list_offers_the_same_twice(town: Town, olga: simcord.MemberActor) -> None:
    """What counts anyway is one of the choices; choosing it is to choose nothing."""
    for section in SECTIONS:
        page = await panel(town, olga, section)
        for part in parts(page):
            shown = [option["label"] for option in part.get("options", ())]
            assert len(shown) == len(set(shown)), shown
            assert not shown or "placeholder" in part or any(option.get("default") for option in part["options"])
    pictures = await panel(town, olga, "pictures")
    await choose(olga, pictures, "default_images", ["1"])
    await choose(olga, again(town, olga, pictures), "default_images", ["4"])
    assert (await town.services.guild_settings.get(town.guild.id)).drawing == Drawing()


async def test_a_value_may_be_typed(town: Town, olga: simcord.MemberActor) -> None:
    """Any limit, any number of days; what is none is refused, and the page stays."""
    shown = await panel(town, olga, "limits")
    form = await choose(olga, shown, "limit_per_person", ["other"])
    await olga.submit_modal(form, {"value": " 7 per 2 hours"})
    shown = again(town, olga, shown)
    assert labels(shown, "easel:set:limit_per_person:")["7/2 hour"] == "7 per 2 hours"
    form = await choose(olga, shown, "limit_per_person", ["other"])
    refused = await olga.submit_modal(form, {"value": "many"})
    assert "“many” is no limit. Write for example: 5/hour, 20/day." in said(answer(refused))
    shown = await panel(town, olga, "data")
    form = await choose(olga, shown, "retention_days", ["other"])
    await town.restart()
    await olga.submit_modal(form, {"value": "45"})
    record = await town.services.guild_settings.get(town.guild.id)
    assert (record.drawing.limit_per_person, record.retention_days) == ("7/2 hour", 45)


async def test_words_are_added_and_taken_out(town: Town, olga: simcord.MemberActor) -> None:
    """In a form, one to a line; the page shows them, and the next prompt is judged by them."""
    shown = await panel(town, olga, "safety")
    assert "**Blocked words**\n-# none" in said(shown)
    form = await olga.click(shown, custom_id="easel:setwords:block")
    await olga.submit_modal(form, {"add": "cactus\n\n  prickly   pear ", "out": ""})
    shown = again(town, olga, shown)
    assert "-# cactus, prickly pear" in said(shown)
    policy = await town.services.policies.of(_actor(town, town.ada).requester)
    assert policy.blocked_words == ("cactus", "prickly pear")
    form = await olga.click(shown, custom_id="easel:setwords:block")
    await olga.submit_modal(form, {"add": "", "out": "cactus\nnever there"})
    assert "-# prickly pear" in said(again(town, olga, shown))


async def test_words_that_are_harmless_here_are_told_to_the_filter(town: Town, olga: simcord.MemberActor) -> None:
    """Beside those that are blocked or flagged; a word is one of the three, by what was said of it last."""
    shown = await panel(town, olga, "safety")
    for action in ("flag", "allow"):
        form = await olga.click(shown, custom_id=f"easel:setwords:{action}")
        await olga.submit_modal(form, {"add": "bleeding heart", "out": ""})
    assert "**Words that are harmless here**\n-# bleeding heart" in said(again(town, olga, shown))
    policy = await town.services.policies.of(_actor(town, town.ada).requester)
    assert (policy.flagged_words, policy.allowed_words) == ((), ("bleeding heart",))


async def test_where_allowed_words_count_for_nothing_the_panel_says_so(
    town: Town, olga: simcord.MemberActor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only those that are there already can be taken out."""
    shown = await panel(town, olga, "safety")
    assert "count for nothing" not in said(shown)
    form = await olga.click(shown, custom_id="easel:setwords:allow")
    await olga.submit_modal(form, {"add": "bleeding heart", "out": ""})
    monkeypatch.setattr(town.services.entitlements, "ceiling", Ceiling(level="standard"))
    shown = await panel(town, olga, "safety")
    assert "-# bleeding heart\n-# ⚠️ Allowed words count for nothing here: this bot's operator" in said(shown)
    form = await olga.click(shown, custom_id="easel:setwords:allow")
    await olga.submit_modal(form, {"out": "bleeding heart"})
    shown = again(town, olga, shown)
    assert "-# none\n-# ⚠️ Allowed words count for nothing here" in said(shown)
    assert "easel:setwords:allow" not in buttons(shown)


async def test_the_filter_is_told_what_becomes_of_single_kinds(town: Town, olga: simcord.MemberActor) -> None:
    """Of prompts and of pictures; taken back, the level decides again."""
    shown = await panel(town, olga, "filter")
    assert "**Violence and gore**\n-# What becomes of prompts of this kind." in said(shown)
    await choose(olga, shown, "violence_gore", ["flag"])
    await choose(olga, shown, "nudity", ["blur"])
    await choose(olga, shown, "age_restricted", ["yes"])
    requester = replace(_actor(town, town.ada).requester, age_restricted=True)
    policy = await town.services.policies.of(requester)
    assert (policy.categories, policy.pictures, policy.age_restricted) == (
        {"violence_gore": "flag"}, {"nudity": "blur"}, True,
    )  # fmt: skip
    assert "Violence and gore: Flagged" in said(await panel(town, olga))
    await choose(olga, shown, "violence_gore", ["-"])
    assert (await town.services.policies.of(requester)).categories == {}


async def test_a_servers_moderators_may_be_a_role(town: Town, olga: simcord.MemberActor) -> None:
    """Whoever has it may read the log and time out, without Discord's permissions; banning stays Discord's."""
    keepers = town.guild.create_role("Keepers")
    (command,) = (one for one in await town.bot.tree.fetch_commands() if one.name == "mod")
    town.guild.set_command_permissions(command, {town.bo: True})
    town.env.backend.add_member_role(town.guild.id, town.bo.id, keepers.id)
    record, _ = await town.imagine("a cat")
    refused = await town.bo.slash(town.pictures, "mod log")
    assert "You need the permission “Manage Messages”" in said(answer(refused))
    await choose(olga, await panel(town, olga, "safety"), "moderator_role_id", [keepers])
    assert "a cat" in said(answer(await town.bo.slash(town.pictures, "mod log")))
    await town.restart()
    assert "a cat" in said(answer(await town.bo.slash(town.pictures, "mod log")))
    removed = await town.bo.slash(town.pictures, "mod remove", generation=record.id, reason="rude")
    assert "need the permission" not in said(answer(removed))
    refused = await town.bo.slash(town.pictures, "mod ban", person=town.ada, reason="spam")
    assert "You need the permission “Ban Members”" in said(answer(refused))


async def test_a_server_has_its_language(town: Town, olga: simcord.MemberActor) -> None:
    """Of what everybody reads, after a restart, too."""
    await choose(olga, await panel(town, olga, "use"), "language", ["de"])
    assert language_of(town.bot, town.guild.id) == "de"
    await town.restart()
    assert language_of(town.bot, town.guild.id) == "de"
    await choose(olga, await panel(town, olga, "use"), "language", ["-"])
    assert language_of(town.bot, town.guild.id) == "en-US"


async def test_no_more_is_offered_than_the_operator_allows(town: Town, olga: simcord.MemberActor) -> None:
    """Nor taken, from whatever list it comes."""
    ceiling = Ceiling(max_images=4, level="standard", priority_roles=False, retention_days=90)
    settings = ServerSettings(town.services.guild_settings, ceiling)
    offered = {one.name: settings.choices(one) for one in SETTINGS}
    assert offered["max_images"] == ("-", "1", "4")
    assert offered["level"] == ("-", "standard", "strict")
    assert offered["priority"] == ("-", "normal", "later")
    assert (offered["sexual"], offered["nudity"], offered["age_restricted"]) == (("-", "hold", "block"),) * 2 + (
        ("no",),
    )
    lax = Policy(age_restricted=True, categories={"sexual": "allow", "illegal": "hold"}, pictures={"nudity": "blur"})
    assert ceiling.policy(lax) == Policy(categories={"illegal": "hold"})
    usual = {one.name: settings.usual(one) for one in SETTINGS}
    assert (usual["default_images"], usual["max_images"], usual["level"]) == ("4", "4", "standard")
    assert offered["retention_days"] == ("-", "7", "30", "90")
    manager = _actor(town, olga)
    with pytest.raises(InvalidOption, match="no_choice"):
        await settings.choose(manager, "level", ["relaxed"])
    with pytest.raises(InvalidOption, match="out_of_range"):
        await settings.choose(manager, "retention_days", ["91"])


async def test_the_panel_works_after_a_restart(town: Town, olga: simcord.MemberActor) -> None:
    """Its lists know what they are about."""
    shown = await panel(town, olga, "gallery")
    await town.restart()
    await choose(olga, shown, "gallery_is_public", ["yes"])
    assert (await town.services.guild_settings.get(town.guild.id)).gallery_is_public
    await olga.select(shown, ["pictures"], custom_id="easel:setopen:")
    assert "Settings of this server › Pictures" in said(again(town, olga, shown))


async def test_a_value_that_is_none_is_refused(town: Town, olga: simcord.MemberActor) -> None:
    """The rule stands in the action, whatever a list sends."""
    with pytest.raises(Exception, match="no_choice"):
        await town.services.server_settings.choose(_actor(town, olga), "max_images", ["10000"])
    with pytest.raises(Exception, match="unknown_setting"):
        await town.services.server_settings.choose(_actor(town, olga), "review_channel_id", ["1"], Scope(channel_id=5))


def test_the_page_for_owners_names_every_setting() -> None:
    """docs/settings.md, by the names that stand in the panel."""
    page = (Path(__file__).parent.parent / "docs" / "settings.md").read_text(encoding="utf-8")
    rows = {line.split("|")[1].strip(): line for line in page.splitlines() if line.startswith("| ")}
    for setting in SETTINGS:
        assert words.TITLES[setting.name][0] in rows[words.SECTIONS[setting.section][0]]


def test_every_setting_has_its_words() -> None:
    """A title for each, and a label for each value; those of forms and lists are short enough."""
    assert set(words.TITLES) == {setting.name for setting in SETTINGS}
    assert set(words.SECTIONS) == set(SECTIONS)
    assert set(words.LACKING) == {setting.name for setting in SETTINGS if setting.needs}
    for setting in SETTINGS:
        for value in setting.choices:
            shown = words.unchosen(setting.name, 9, alone=False) if value == "-" else words.label(setting.name, value)
            assert 0 < len(shown) <= 100
    assert all(len(title) <= 45 for title in words.FORM_TITLES)
    assert all(len(title) <= 100 and len(about) <= 100 for title, about in words.SECTIONS.values())


def _actor(town: Town, who: simcord.MemberActor) -> Actor:
    return Actor(who.id, town.guild.id, town.pictures.id, permissions=frozenset(("manage_guild",)))
