"""Every command, menu, suggestion, button and form, in six cases: done well, by the wrong person, in the wrong channel,
with an expired token, after a restart, without the permission.

In: the scenes, and what the bot really has.  What each leads to in detail, stands with its own tests.
"""

import importlib
import pkgutil
from pathlib import Path
from typing import Any

import pytest
import simcord
from discord import AppCommandType, app_commands, ui

import bot.views
from bot.client import Bot
from bot.config import load_settings
from bot.views.forms import Form
from bot.views.press import declared
from tests.scenes import SCENES
from tests.scenes.scene import WORKS, Deed, Scene, allow_channels
from tests.town import Town, answer, said


@pytest.fixture
def town_settings() -> dict[str, Any]:
    """Without limits, because each scene is played many times within a minute."""
    return {"limit_per_person": "off", "limit_per_server": "off"}


# ---------------------------------------------------------------------------------------------------------- the cases


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)
async def test_every_interaction_in_every_case(town: Town, scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    """What becomes of it is as the scene says; nothing breaks, and nothing is refused in public."""
    right = getattr(town, scene.who)
    wanted = {
        "done well": WORKS,
        "by somebody else": scene.others,
        "without the permission": scene.unpermitted,
        "where Easel is not allowed": scene.elsewhere,
        "token expired": "silent",
        "token expired half-way": "silent",
        "after a restart": WORKS,
    }
    found = {
        "done well": await played(town, await scene.stage(town), right),
        "by somebody else": await by_others(town, scene),
        "without the permission": await unpermitted(town, scene),
        "where Easel is not allowed": await elsewhere(town, scene),
        "token expired": await expired(town, scene, "POST", "/interactions/*/*/callback", 404, 10062),
        "token expired half-way": await expired(town, scene, "*", "/webhooks/*", 401, 50027),
        "after a restart": await restarted(town, scene),
    }
    assert found == wanted
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == []


async def played(town: Town, deed: Deed, who: simcord.MemberActor) -> str:
    """ "works", or the code of the refusal, which must have been told in private."""
    before = len(town.logs)
    result = await deed(who)
    town.pool.release()
    await town.settled()
    logged = town.logs[before:]
    broken = [entry for entry in logged if entry["log_level"] in ("error", "critical")]
    if broken:
        return f"broke: {broken}"
    codes = [entry["code"] for entry in logged if entry["event"] == "interaction.refused"]
    if isinstance(result, list):  # suggestions
        return WORKS if result and not codes else f"nothing suggested {codes}"
    if not codes:
        return WORKS if result.acknowledged else "unanswered"
    told = answer(result)
    assert told.ephemeral, codes
    assert said(told), codes
    return str(codes[0])


async def by_others(town: Town, scene: Scene) -> str:
    if scene.others.startswith("n/a"):
        return scene.others
    return await played(town, await scene.stage(town), town.bo)


async def unpermitted(town: Town, scene: Scene) -> str:
    """A server may show a command to anyone; and where no permission is asked for, the bot itself has none."""
    deed = await scene.stage(town)
    if scene.asks_permission:
        for root in town.env.backend.commands[None].values():
            town.guild.set_command_permissions(int(root["id"]), {town.bo: True})
        return await played(town, deed, town.bo)
    town.env.inject_error("*", "/channels/*", status=403, code=50013, times=None)
    outcome = await played(town, deed, getattr(town, scene.who))
    town.env.backend.faults.clear()
    return outcome


async def elsewhere(town: Town, scene: Scene) -> str:
    deed = await scene.stage(town)
    await allow_channels(town, town.guild.create_text_channel("other").id)
    outcome = await played(town, deed, getattr(town, scene.who))
    await allow_channels(town)
    return outcome


async def expired(town: Town, scene: Scene, method: str, path: str, status: int, code: int) -> str:
    """ "silent" where nobody is told, because there is no way to, and nothing breaks."""
    deed = await scene.stage(town)
    before = len(town.logs)
    town.env.inject_error(method, path, status=status, code=code, times=None)
    await deed(getattr(town, scene.who))
    town.pool.release()
    await town.settled()
    town.env.backend.faults.clear()
    broken = [entry for entry in town.logs[before:] if entry["log_level"] in ("error", "critical")]
    return f"broke: {broken}" if broken else "silent"


async def restarted(town: Town, scene: Scene) -> str:
    deed = await scene.stage(town)
    await town.restart()
    return await played(town, deed, getattr(town, scene.who))


# -------------------------------------------------------------------------------------------------- what there is


@pytest.fixture
async def commands(tmp_path: Path) -> list[Any]:
    """Every command and menu, groups too."""
    async with Bot(load_settings(None, data_dir=tmp_path), shard_count=1, sync="never") as bot:
        await bot.add_commands()
        menus = bot.tree.walk_commands(type=AppCommandType.message)
        return [*bot.tree.walk_commands(), *menus]


async def test_there_is_a_scene_for_everything(commands: list[Any]) -> None:
    """And for nothing that is not there, by names: no command, button or form comes without its six cases."""
    for module in pkgutil.iter_modules(bot.views.__path__):
        importlib.import_module(f"bot.views.{module.name}")
    leaves = [one for one in commands if isinstance(one, app_commands.Command)]
    menus = [one for one in commands if isinstance(one, app_commands.ContextMenu)]
    verbs = [kind.custom_ids for kind in declared() if kind.__module__.startswith("bot.")]
    there = [
        *(f"/{one.qualified_name}" for one in leaves),
        *(f"menu {one.name}" for one in menus),
        *(f"suggestions /{one.qualified_name} {option.name}" for one in leaves for option in one.parameters
          if option.autocomplete),
        *(f"button {ids.head.partition(':')[2]}" for ids in verbs),
        *(f"form {kind.custom_ids.head.partition(':')[2]}" for kind in Form.__subclasses__()),
        *(f"form {kind.__name__}" for kind in ui.Modal.__subclasses__() if kind not in (Form, ui.Modal)),
    ]  # fmt: skip
    assert len(there) == len(set(there)) > 100
    assert sorted(there) == sorted(scene.name for scene in SCENES)
    assert 1 <= len(menus) <= 5, "Discord allows an app five such entries at least"
