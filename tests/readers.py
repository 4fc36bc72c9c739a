"""What reads prompts for the model that ships: loaded by the first test that reads, for all of them."""

from functools import cache

from inference.checkpoints.builtin import BUILTIN_FOLDER
from inference.checkpoints.text_encoder import common_words
from inference.text.reader import Reader


@cache
def shipped() -> Reader:
    return Reader.load(BUILTIN_FOLDER)


@cache
def spelling() -> Reader:
    """It also takes misspelt words for what was meant."""
    return Reader.load(BUILTIN_FOLDER, common_words())
