"""The files of a tokenizer, and the list of words that hashtags are split into.

In: the folder of a DALL·E mini. Out: its `PromptTokenizer`. It knows nothing of weights.
"""

from collections.abc import Iterator
from pathlib import Path

from tokenizers import Tokenizer

from inference.checkpoints.weights import LARGEST_JSON, CheckpointError, read_json
from inference.models.dalle_bart_config import DalleBartConfig
from inference.text.normaliser import TextNormalizer
from inference.text.tokenizer import PromptTokenizer, byte_level_bpe

WORDS = "enwiki-words-frequency.txt"
LARGEST_WORDS = 256 << 20
TOKENIZER_FILES = ("tokenizer.json", "vocab.json", "merges.txt", WORDS)


class WordList:
    """The words of a file with one word and its count a line, read each time they are asked for."""

    def __init__(self, path: Path) -> None:
        """Raises `CheckpointError` for a file that is too large to be one."""
        if path.stat().st_size > LARGEST_WORDS:
            raise CheckpointError(f"{path}: {path.stat().st_size} bytes, at most {LARGEST_WORDS} make sense")
        self.path = path

    def __iter__(self) -> Iterator[str]:
        lines = self.path.read_text(encoding="utf-8", errors="replace").splitlines()
        return iter([line.split(maxsplit=1)[0] for line in lines if line and not line.isspace()])


def load_prompt_tokenizer(folder: Path, config: DalleBartConfig) -> PromptTokenizer:
    """Normaliser and tokenizer of a DALL·E mini folder. Raises `CheckpointError`."""
    words = WordList(folder / WORDS) if (folder / WORDS).is_file() else ()
    try:
        return PromptTokenizer(
            load_tokenizer(folder / "tokenizer.json")
            if (folder / "tokenizer.json").is_file()
            else load_byte_level_bpe(folder),
            length=config.max_text_length,
            vocab_size=config.encoder_vocab_size,
            normalizer=TextNormalizer(words) if config.normalize_text else None,
        )
    except ValueError as error:
        raise CheckpointError(f"{folder}: {error}") from error


def load_byte_level_bpe(folder: Path) -> Tokenizer:
    """A tokenizer from vocab.json and merges.txt. Raises `CheckpointError`, and `ValueError` for a missing token."""
    vocab, path = read_json(folder / "vocab.json"), folder / "merges.txt"
    if not all(isinstance(row, int) and 0 <= row < 1 << 31 for row in vocab.values()):
        raise CheckpointError(f"{folder / 'vocab.json'}: must map tokens to whole numbers")
    try:
        if path.stat().st_size > LARGEST_JSON:
            raise CheckpointError(f"{path}: {path.stat().st_size} bytes, at most {LARGEST_JSON} make sense")
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        raise CheckpointError(f"{path}: the file is missing") from None
    except (OSError, ValueError) as error:
        raise CheckpointError(f"{path}: cannot be read: {error}") from error
    merges = []
    for number, line in enumerate(lines, start=1):
        if line.startswith("#version") or not line:
            continue
        left, _, right = line.partition(" ")
        if not left or not right or " " in right:
            raise CheckpointError(f"{path}: line {number} must be two tokens, it is {line[:80]!r}")
        merges.append((left, right))
    try:
        return byte_level_bpe(vocab, merges)
    except ValueError:
        raise
    except Exception as error:  # the library raises bare exceptions for tables that do not fit together
        raise CheckpointError(f"{path}: {error}") from error


def load_tokenizer(path: Path) -> Tokenizer:
    """A tokenizer.json. Raises `CheckpointError`."""
    if not path.is_file():
        raise CheckpointError(f"{path}: the file is missing")
    if path.stat().st_size > LARGEST_JSON:
        raise CheckpointError(f"{path}: {path.stat().st_size} bytes, at most {LARGEST_JSON} make sense")
    try:
        return Tokenizer.from_buffer(path.read_bytes())
    except Exception as error:  # the library raises bare exceptions for anything it cannot parse
        raise CheckpointError(f"{path}: no valid tokenizer: {error}") from error
