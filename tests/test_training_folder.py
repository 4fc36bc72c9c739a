"""Training on a person's own pictures: reading the folder, and every stage on it, tiny."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from inference.models.dalle_bart_config import DalleBartConfig
from inference.models.judge import JudgeConfig
from inference.models.vqgan import VQGANConfig
from inference.training.data.folder import FolderError, FolderSource, captioned_source, check_folder, read_folder
from inference.training.data.stream import Loader, LoaderError
from inference.training.stages import clip, dalle, vqgan
from inference.training.stages.clip import ClipConfig
from inference.training.stages.dalle import DalleConfig
from inference.training.stages.vqgan import CodecConfig


def write_pictures(folder: Path, count: int = 6) -> Path:
    """Pictures of coloured noise in several sizes and formats; half with a text beside them, half in the list."""
    folder.mkdir(parents=True)
    rng, lines = np.random.default_rng(0), []
    for number in range(count):
        name = f"{number}.{('png', 'jpg', 'webp')[number % 3]}"
        small = rng.integers(0, 256, (6, 8, 3), np.uint8)
        Image.fromarray(small).resize((160 + number, 120)).save(folder / name)
        if number % 2:
            (folder / f"{number}.txt").write_text(f"noise number {number}\n\nthe same, number {number}\n")
        else:
            lines.append(json.dumps({"file": name, "caption": f"noise number {number}"}))
    (folder / "captions.jsonl").write_text("\n".join(lines) + "\n")
    return folder


def test_captions_come_from_the_list_or_a_text_beside(tmp_path: Path) -> None:
    """Both ways in one folder; a text of several lines is several captions."""
    captions = {picture.path.name: picture.captions for picture in read_folder(write_pictures(tmp_path / "mine"))}
    assert captions["0.png"] == ("noise number 0",)
    assert captions["1.jpg"] == ("noise number 1", "the same, number 1")


def test_batches_are_the_same_for_a_seed_and_a_step(tmp_path: Path) -> None:
    """Pixels are squares of the size that is trained on, twice as large where detail is asked for."""
    folder = write_pictures(tmp_path / "mine")
    first, again = (FolderSource(folder, 3, 4, detailed=True) for _ in range(2))
    first.batch(0)
    a, b, other = first.batch(2), again.batch(2), again.batch(3)
    assert a.captions == b.captions
    assert np.array_equal(a.pixels, b.pixels)
    assert not np.array_equal(a.pixels, other.pixels)
    assert a.pixels.shape == (4, 192, 192, 3)
    assert a.detailed is not None
    assert a.detailed.shape == (4, 384, 384, 3)


def test_transparency_becomes_white(tmp_path: Path) -> None:
    """What is not there is paper."""
    Image.new("RGBA", (20, 20), (255, 0, 0, 0)).save(tmp_path / "ghost.png")
    (tmp_path / "ghost.txt").write_text("a ghost")
    assert FolderSource(tmp_path, 0, 1).batch(0).pixels.min() == 255


def test_pictures_without_captions_are_counted_and_named(tmp_path: Path) -> None:
    """The error says how many, which first, and what to write where."""
    folder = write_pictures(tmp_path / "mine")
    for number in (1, 3, 5):
        (folder / f"{number}.txt").unlink()
    with pytest.raises(FolderError, match=r"3 of 6 pictures have no caption: 1\.jpg, 3\.png, 5\.webp; write one"):
        read_folder(folder)


def test_unreadable_pictures_are_counted_and_named(tmp_path: Path) -> None:
    """A file cut short is found before training begins."""
    folder = write_pictures(tmp_path / "mine")
    (folder / "0.png").write_bytes((folder / "0.png").read_bytes()[:60])
    with pytest.raises(FolderError, match=r"1 of 6 pictures cannot be read: 0\.png"):
        captioned_source(tmp_path, folder, 0, 2)


@pytest.mark.parametrize(
    ("line", "wrong"), [("{", "line 1"), ('{"file": "0.png"}', "line 1"), ('{"file": 3, "caption": "x"}', "line 1")]
)
def test_a_bad_line_of_the_list_is_named(tmp_path: Path, line: str, wrong: str) -> None:
    """Its number and its beginning are in the error."""
    folder = write_pictures(tmp_path / "mine")
    (folder / "captions.jsonl").write_text(line + "\n")
    with pytest.raises(FolderError, match=wrong):
        read_folder(folder)


def test_an_empty_or_missing_folder_is_said(tmp_path: Path) -> None:
    """Nothing to train on is an error that names the folder."""
    with pytest.raises(FolderError, match="no pictures"):
        check_folder(tmp_path)
    with pytest.raises(FolderError, match="no such folder"):
        check_folder(tmp_path / "nowhere")


def test_a_picture_that_disappears_ends_training_with_its_name(tmp_path: Path) -> None:
    """The loader's process hands the error over."""
    folder = write_pictures(tmp_path / "mine", 1)
    source = FolderSource(folder, 0, 1)
    source.batch(0)
    (folder / "0.png").unlink()
    with Loader(source, 1) as loader, pytest.raises(LoaderError, match=r"0\.png"):
        loader.next()


def tiny_codec() -> VQGANConfig:
    """The built-in geometry (192 pixels in, 12 × 12 codes) with few codes and a narrow decoder."""
    return VQGANConfig(
        ch=32, ch_mult=(1, 1), num_res_blocks=0, attn_resolutions=(), resolution=192, z_channels=32, n_embed=16,
        embed_dim=4, patch_size=16, encoder="patch",
    )  # fmt: skip


def tiny_dalle() -> DalleBartConfig:
    """144 codes of sixteen from MiniLM's states."""
    return DalleBartConfig(
        image_vocab_size=16, image_length=144, max_text_length=64, d_model=16, encoder_layers=0,
        encoder_attention_heads=2, encoder_ffn_dim=16, decoder_layers=1, decoder_attention_heads=2, decoder_ffn_dim=16,
        text_encoder="minilm", encoder_dim=384, use_null_state=True,
    )  # fmt: skip


def test_every_stage_trains_on_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two steps of each on six pictures leave a checkpoint and sheets, and a second start does not write over them."""
    for stage in (vqgan, dalle, clip):
        monkeypatch.setattr(stage, "HELD_OUT", 8)  # what they are measured by, drawn anew for each report
    folder, runs = write_pictures(tmp_path / "mine"), tmp_path / "runs"
    codec = CodecConfig(
        pictures=folder, run=runs / "vqgan", batch=2, steps=2, codebook_scenes=50, plain=2, threads=1, device="cpu",
        compiled=False,
    )  # fmt: skip
    vqgan.train(codec, tiny_codec(), resume=False)
    assert (runs / "vqgan" / "reconstructions.png").is_file()

    text = DalleConfig(
        pictures=folder, run=runs / "dalle", codec=runs / "vqgan" / "checkpoint.pt", batch=2, steps=2, compiled=False,
        threads=1, device="cpu",
    )  # fmt: skip
    dalle.train(text, tiny_dalle(), resume=False)
    assert (runs / "dalle" / "samples.png").is_file()

    judge = ClipConfig(
        pictures=folder, run=runs / "clip", codec=runs / "vqgan" / "checkpoint.pt", batch=4, steps=2, warmup=1,
        threads=1, device="cpu",
    )  # fmt: skip
    clip.train(judge, JudgeConfig(widths=(8, 8, 8, 8), embed_dim=8), resume=False)
    assert torch.load(runs / "clip" / "checkpoint.pt", weights_only=True)["step"] == 2
    with pytest.raises(FileExistsError, match="--resume goes on from it"):
        clip.train(judge, JudgeConfig(widths=(8, 8, 8, 8), embed_dim=8), resume=False)
