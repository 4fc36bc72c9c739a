"""What reads prompts for the model that ships: loaded by the first test that reads, for all of them."""

from functools import cache

from inference.checkpoints.builtin import BUILTIN_FOLDER
from inference.checkpoints.text_encoder import common_words
from inference.text.languages import Languages
from inference.text.phrasings import Phrasings
from inference.text.reader import LANGUAGES, THESAURUS, VOCABULARY, Reader
from inference.text.thesaurus import Thesaurus
from inference.text.vocabulary import Vocabulary


@cache
def shipped() -> Reader:
    return Reader.load(BUILTIN_FOLDER)


@cache
def spelling() -> Reader:
    """It also takes misspelt words for what was meant."""
    return Reader.load(BUILTIN_FOLDER, common_words())


@cache
def unphrased() -> Reader:
    """It asks for each thing by its own name."""
    thesaurus, vocabulary = Thesaurus.load(BUILTIN_FOLDER / THESAURUS), Vocabulary.load(BUILTIN_FOLDER / VOCABULARY)
    known = thesaurus.words | {*vocabulary.drawn, *vocabulary.nouns}
    return Reader(thesaurus, Languages.load(BUILTIN_FOLDER / LANGUAGES, known), vocabulary, Phrasings({}))
