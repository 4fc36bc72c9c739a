"""Our own models as the engine sees them: what it relies on."""

import functools
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor

from inference.checkpoints.builtin import BUILTIN_SAMPLING
from inference.checkpoints.checkpoint import Checkpoint
from inference.checkpoints.load import load_dalle_bart, load_original, load_vqgan
from inference.checkpoints.text_encoder import load_sentence_encoder
from inference.checkpoints.tokenizer_files import load_prompt_tokenizer
from inference.engine.code_model import CodeModel
from inference.engine.dalle import DalleCodeModel
from inference.engine.sampler import SamplingRows, guide, gumbel_noise, sample
from inference.models.dalle_bart import DalleBart
from inference.models.dalle_bart_config import DalleBartConfig
from inference.models.sampling import SamplingParams
from inference.models.vqgan import VQGAN, VQGANConfig

GOLDEN = Path(__file__).parent / "fixtures" / "golden"


def original_like() -> CodeModel:
    folder = GOLDEN / "dallebart_mega_256"  # 96 rows in the table, 64 codes
    dalle = load_dalle_bart(folder)
    text = load_prompt_tokenizer(folder, dalle.config)
    return DalleCodeModel(Checkpoint("tiny", dalle, load_vqgan(GOLDEN / "vqgan"), text, BUILTIN_SAMPLING), slots=8)


@functools.cache
def builtin_like() -> CodeModel:
    torch.manual_seed(4)
    dalle = DalleBart(
        DalleBartConfig(
            image_vocab_size=30, image_length=16, d_model=32, decoder_layers=2, decoder_attention_heads=2,
            decoder_ffn_dim=24, text_encoder="minilm", encoder_dim=384, use_null_state=True,
        )
    )  # fmt: skip
    vqgan = VQGAN(
        VQGANConfig(
            ch=32, ch_mult=(1,), num_res_blocks=0, attn_resolutions=(), resolution=32, z_channels=32, n_embed=27,
            embed_dim=3, patch_size=16, encoder="patch", encoder_patch=8,
        )
    )  # fmt: skip
    with torch.no_grad():
        for parameter in (*dalle.parameters(), *vqgan.encoder.parameters()):
            parameter.normal_(std=0.3)
    checkpoint = Checkpoint("tiny", dalle.eval(), vqgan.eval(), load_sentence_encoder(), BUILTIN_SAMPLING)
    return DalleCodeModel(checkpoint, slots=8)


@pytest.mark.parametrize(("make", "codes"), [(original_like, 64), (builtin_like, 27)])
def test_only_codes_of_the_vqgan_can_be_drawn(make: Callable[[], CodeModel], codes: int) -> None:
    """Logits end where the VQGAN's table ends, so nothing that cannot become a picture is ever drawn."""
    model = make()
    assert model.vocab_size == codes
    model.prefill(torch.tensor([3, 1]), model.encode_texts(["a cat", None]))
    tokens = torch.full((2,), model.start_token)
    logits = model.decode_one_token(torch.tensor([3, 1]), tokens, torch.tensor([0, 0]))
    assert (logits.shape, logits.dtype) == ((2, model.vocab_size), torch.float32)
    assert logits.isfinite().all()


@pytest.mark.parametrize(("make", "side"), [(original_like, 256), (builtin_like, 64)])
def test_pictures_are_bytes(make: Callable[[], CodeModel], side: int) -> None:
    """Codes become 8-bit RGB, channels last, of the decoder's own size, and pictures of any size become codes."""
    model = make()
    codes = torch.randint(0, model.vocab_size, (2, model.image_length), generator=torch.Generator().manual_seed(1))
    pixels = model.detokenize(codes)
    assert (pixels.shape, pixels.dtype) == ((2, side, side, 3), torch.uint8)
    assert model.drawn_side == side
    assert pixels.float().std() > 1
    exact, other = pixels[:, : model.picture_side, : model.picture_side], pixels[:, ::2]
    for picture in (exact, other):
        again = model.encode_image(picture)
        assert again.shape == codes.shape
        assert (again < model.vocab_size).all()


def test_picture_at_its_own_size_is_not_touched() -> None:
    """encode_image of a picture of the right size is the VQGAN's own encoding."""
    model = original_like()
    side = model.picture_side
    pixels = torch.randint(0, 256, (1, side, side, 3), generator=torch.Generator().manual_seed(1)).to(torch.uint8)
    with torch.no_grad():
        expected = load_vqgan(GOLDEN / "vqgan").encode(pixels.permute(0, 3, 1, 2).float() / 255)
    assert torch.equal(model.encode_image(pixels), expected)


def test_a_picture_decodes_alike_in_any_company() -> None:
    """To the last bit, though PyTorch rounds otherwise in a batch."""
    model = DalleCodeModel(load_original(GOLDEN / "dallebart_mini"), slots=4)
    codes = torch.randint(0, model.vocab_size, (4, 16), generator=torch.Generator().manual_seed(1))
    alone = torch.cat([model.detokenize(one) for one in torch.split(codes, 1)])
    assert torch.equal(model.detokenize(codes), alone)


def test_no_text_is_not_the_empty_text() -> None:
    """The unconditional text attends nothing but the null state; an empty prompt still has its two marks."""
    texts = builtin_like().encode_texts(["a cat", None, ""])
    assert texts.mask.sum(1).tolist() == [4, 0, 2]
    assert len(texts[torch.tensor([1, 1])]) == 2


def draw(model: CodeModel, prompts: list[str], seeds: list[int], starts: list[int], slots: list[int]) -> Tensor:
    """Codes (B, L) of pictures that start at different steps, two rows each, drawn as the engine draws them."""
    pictures, length = len(prompts), model.image_length
    conditional, unconditional = torch.tensor(slots[:pictures]), torch.tensor(slots[pictures:])
    generators = [torch.Generator().manual_seed(seed) for seed in seeds]
    codes = torch.full((pictures, 1 + length), model.start_token)
    params = SamplingParams(guidance_scale=3.0, temperature=0.9, top_k=20, top_p=0.95)
    for step in range(length + max(starts)):
        positions = step - torch.tensor(starts)
        for picture in (positions == 0).nonzero().flatten().tolist():
            texts = model.encode_texts([prompts[picture], None])
            model.prefill(torch.stack([conditional[picture], unconditional[picture]]), texts)
        rows = ((positions >= 0) & (positions < length)).nonzero().flatten()
        if not len(rows):
            continue
        here = positions[rows]
        logits = model.decode_one_token(
            torch.cat([conditional[rows], unconditional[rows]]), codes[rows, here].repeat(2), here.repeat(2)
        )
        sampling = SamplingRows.of([params] * len(rows), model.vocab_size)
        guided = guide(logits[: len(rows)], logits[len(rows) :], sampling.guidance_scale)
        noise = gumbel_noise([generators[row] for row in rows.tolist()], model.vocab_size)
        codes[rows, here + 1] = sample(guided, sampling, noise)
    return codes[:, 1:]


def test_same_seed_same_picture_in_any_company() -> None:
    """A picture's codes depend on its prompt and seed, not on its slots, its start, or what else is being drawn."""
    model = builtin_like()
    prompts = ["a cat", "two purple horses in a forest", "night"]
    together = draw(model, prompts, [1, 2, 3], starts=[0, 5, 9], slots=[6, 0, 3, 1, 7, 2])
    for picture, prompt in enumerate(prompts):
        alone = draw(model, [prompt], [picture + 1], starts=[0], slots=[2, 5])
        assert torch.equal(alone[0], together[picture])
    assert len({tuple(codes) for codes in together.tolist()}) == 3
