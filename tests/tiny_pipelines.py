"""Pipelines of diffusers with a few thousand random weights, through the library's own classes, as folders.

They draw noise of 32 × 32 pixels in a blink; what is real is everything around the weights.
"""

import json
from pathlib import Path
from typing import Any

import torch

WIDTH = 16
PIECES = ["<pad>", "</s>", "<unk>", *(chr(code) for code in range(97, 123)), "\u2581"]
MERGES = ["a n", "r e", "re d", "d o", "do g</w>"]


def tokenizer(folder: Path) -> Any:
    """CLIP's, with letters for words."""
    from transformers import CLIPTokenizer

    letters = [chr(code) for code in range(33, 127)]
    tokens = [*letters, *(f"{letter}</w>" for letter in letters), *(merge.replace(" ", "") for merge in MERGES)]
    vocab = {token: index for index, token in enumerate([*tokens, "<|startoftext|>", "<|endoftext|>"])}
    folder.mkdir(parents=True)
    (folder / "vocab.json").write_text(json.dumps(vocab))
    (folder / "merges.txt").write_text("\n".join(["#version: 0.2", *MERGES]))
    return CLIPTokenizer.from_pretrained(folder, model_max_length=32)


def text_config(words: int) -> Any:
    from transformers import CLIPTextConfig

    return CLIPTextConfig(
        vocab_size=words, hidden_size=WIDTH, intermediate_size=24, num_hidden_layers=2, num_attention_heads=2,
        max_position_embeddings=32, projection_dim=WIDTH, bos_token_id=words - 2, eos_token_id=words - 1,
        pad_token_id=words - 1,
    )  # fmt: skip


def autoencoder(channels: int = 4, **more: Any) -> Any:
    from diffusers import AutoencoderKL

    return AutoencoderKL(
        block_out_channels=(4, 8), down_block_types=("DownEncoderBlock2D",) * 2,
        up_block_types=("UpDecoderBlock2D",) * 2, latent_channels=channels, norm_num_groups=2, sample_size=32, **more,
    )  # fmt: skip


def unet(width: int = WIDTH, **more: Any) -> Any:
    from diffusers import UNet2DConditionModel

    return UNet2DConditionModel(
        sample_size=16, in_channels=4, out_channels=4, layers_per_block=1, block_out_channels=(4, 8), norm_num_groups=2,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"), up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        cross_attention_dim=width, attention_head_dim=2, **more,
    )  # fmt: skip


def stable_diffusion(folder: Path) -> Path:
    """A UNet, one text encoder, noise prediction."""
    from diffusers import DDIMScheduler, StableDiffusionPipeline
    from transformers import CLIPTextModel

    torch.manual_seed(1)
    words = tokenizer(folder / "words")
    pipe = StableDiffusionPipeline(
        vae=autoencoder(), text_encoder=CLIPTextModel(text_config(len(words))), tokenizer=words, unet=unet(),
        scheduler=DDIMScheduler(clip_sample=False, steps_offset=1), safety_checker=None, feature_extractor=None,
        requires_safety_checker=False,
    )  # fmt: skip
    pipe.save_pretrained(folder)
    return folder


def stable_diffusion_xl(folder: Path) -> Path:
    """A UNet that hears of sizes, two text encoders."""
    from diffusers import DDIMScheduler, StableDiffusionXLPipeline
    from transformers import CLIPTextModel, CLIPTextModelWithProjection

    torch.manual_seed(2)
    words = tokenizer(folder / "words")
    config = text_config(len(words))
    pipe = StableDiffusionXLPipeline(
        vae=autoencoder(), text_encoder=CLIPTextModel(config), text_encoder_2=CLIPTextModelWithProjection(config),
        tokenizer=words, tokenizer_2=words, scheduler=DDIMScheduler(clip_sample=False, steps_offset=1),
        unet=unet(
            2 * WIDTH, addition_embed_type="text_time", addition_time_embed_dim=8,
            projection_class_embeddings_input_dim=6 * 8 + WIDTH,
        ),
    )  # fmt: skip
    pipe.save_pretrained(folder)
    return folder


def stable_diffusion_3(folder: Path) -> Path:
    """A transformer that is trained by flow matching."""
    from diffusers import FlowMatchEulerDiscreteScheduler, SD3Transformer2DModel, StableDiffusion3Pipeline
    from transformers import CLIPTextModelWithProjection, T5Config, T5EncoderModel, T5Tokenizer

    torch.manual_seed(3)
    words = tokenizer(folder / "words")
    config = text_config(len(words))
    reader = T5Config(vocab_size=len(PIECES), d_model=32, d_kv=8, d_ff=32, num_layers=1, num_heads=2)
    pipe = StableDiffusion3Pipeline(
        transformer=SD3Transformer2DModel(
            sample_size=16, patch_size=1, in_channels=16, out_channels=16, num_layers=1, attention_head_dim=8,
            num_attention_heads=4, caption_projection_dim=32, joint_attention_dim=32, pooled_projection_dim=2 * WIDTH,
        ),
        scheduler=FlowMatchEulerDiscreteScheduler(), vae=autoencoder(16, shift_factor=0.1),
        text_encoder=CLIPTextModelWithProjection(config), tokenizer=words,
        text_encoder_2=CLIPTextModelWithProjection(config), tokenizer_2=words, text_encoder_3=T5EncoderModel(reader),
        tokenizer_3=T5Tokenizer(vocab=[(piece, 0.0) for piece in PIECES]),
    )  # fmt: skip
    pipe.save_pretrained(folder)
    return folder


def flux(folder: Path) -> Path:
    """A transformer of packed latents that was distilled to need no guidance, as FLUX.1-schnell is."""
    from diffusers import FlowMatchEulerDiscreteScheduler, FluxPipeline, FluxTransformer2DModel
    from transformers import CLIPTextModel, T5Config, T5EncoderModel, T5Tokenizer

    torch.manual_seed(4)
    words = tokenizer(folder / "words")
    reader = T5Config(vocab_size=len(PIECES), d_model=32, d_kv=8, d_ff=32, num_layers=1, num_heads=2)
    pipe = FluxPipeline(
        transformer=FluxTransformer2DModel(
            patch_size=1, in_channels=16, num_layers=1, num_single_layers=1, attention_head_dim=16,
            num_attention_heads=2, joint_attention_dim=32, pooled_projection_dim=WIDTH, axes_dims_rope=(4, 4, 8),
            guidance_embeds=False,
        ),
        scheduler=FlowMatchEulerDiscreteScheduler(), vae=autoencoder(4, shift_factor=0.1),
        text_encoder=CLIPTextModel(text_config(len(words))), tokenizer=words, text_encoder_2=T5EncoderModel(reader),
        tokenizer_2=T5Tokenizer(vocab=[(piece, 0.0) for piece in PIECES]),
    )  # fmt: skip
    pipe.save_pretrained(folder)
    return folder


def swin2sr_folder(folder: Path) -> Path:
    """A Swin2SR with random weights that doubles pictures, as one is published."""
    import transformers

    torch.manual_seed(0)
    config = transformers.Swin2SRConfig(
        image_size=16, embed_dim=12, depths=[1, 1], num_heads=[2, 2], window_size=4, upscale=2
    )
    transformers.Swin2SRForImageSuperResolution(config).save_pretrained(folder)
    return folder
