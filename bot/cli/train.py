"""`easel train …`: the stages of training, each with the options of its own settings.

In: a command line. Out: the stage's own `main`, run; what a person can mend is a `CommandError`. It knows no settings.
"""

from collections.abc import Callable
from importlib import import_module

import typer

from bot.errors import CommandError

STAGES = {
    "data": (
        "data.stream",
        "Fetch and render the pictures that the built-in model learns from; write a sheet of scenes.",
    ),
    "render": ("data.rendered", "Write scenes ahead as codes and captions, one small file: what a GPU learns from."),
    "vqgan": ("stages.vqgan", "First stage: pictures to codes, and back."),
    "dalle": ("stages.dalle", "Second stage, the long one: text to codes."),
    "clip": ("stages.clip", "Third stage: the judge that puts a grid's best picture first."),
    "text": (
        "stages.vocabulary",
        "Teach the text encoder other nouns for what the model can draw: minutes, and no pictures.",
    ),
    "thesaurus": ("stages.thesaurus", "Look up in a dictionary which other nouns are like what the model can draw."),
    "detector": (
        "stages.detection",
        "The other judge, for `evaluate` alone: it finds and names the things in a picture.",
    ),
    "safety": ("stages.safety", "The safety filter's classifier: which prompts ask for what should not be drawn."),
    "export": ("stages.export", "Write a model's folder from the checkpoints of the stages."),
    "details": ("stages.details", "Remember what a model's codes look like among their neighbours: sharper pictures."),
    "evaluate": ("evaluation.evaluate", "Measure a model: what it draws, looked at by a judge that it has never met."),
    "phrasings": (
        "evaluation.phrasings",
        "Find out how each thing is best asked of a model that draws it badly by its name.",
    ),
    "chat": ("evaluation.chat", "Draw 120 prompts such as people write, as a page to look at."),
}
"""Command: the module of `inference.training` that does it, and what it does."""

train_commands = typer.Typer(no_args_is_help=True, help="Train a model of your own, or go on with the built-in one.")


def _command(module: str) -> Callable[[typer.Context], None]:
    def run(context: typer.Context) -> None:
        # here, for torch takes a second to import
        from inference.checkpoints.weights import CheckpointError
        from inference.training.data.packages import PackageError
        from inference.training.data.stream import LoaderError

        mendable = (FileNotFoundError, FileExistsError, ValueError, LoaderError, PackageError, CheckpointError)
        try:
            import_module(f"inference.training.{module}").main(context.args)
        except mendable as error:
            raise CommandError(str(error)) from error

    return run


# every argument is the stage's, --help too
_all_arguments = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}
for _name, (_module, _help) in STAGES.items():
    train_commands.command(_name, help=_help, context_settings=_all_arguments)(_command(_module))
