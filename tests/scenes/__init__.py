"""Every interaction that Discord can send to Easel, and what becomes of it in each case.

In: a simulated server.  Out: `SCENES`, which `test_scenarios` plays, and compares with what the bot really has.
"""

from tests.scenes.buttons import BUTTONS
from tests.scenes.commands import COMMANDS
from tests.scenes.forms import FORMS
from tests.scenes.moderating import MODERATING

SCENES = (*COMMANDS, *BUTTONS, *MODERATING, *FORMS)
