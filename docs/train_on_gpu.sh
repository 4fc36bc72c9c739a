#!/bin/sh
# Text to codes on one data-centre GPU in about ten minutes, from the model that ships, and its checkpoint brought home:
#
#     easel train render --codec inference/assets/builtin --count 200000 --out scenes.npz    # anywhere, before
#     sh docs/train_on_gpu.sh scenes.npz OUT                                                  # where the GPU is
#     easel train export --codec inference/assets/builtin --dalle OUT/checkpoint.pt           # at home
#
# Needs PyTorch with CUDA and nothing from the network: codes and captions are in the file (25 MB), the rest is in the
# repository. MINUTES, BATCH and DEVICE can be set in the environment.
set -eu
scenes=$1
out=${2:-runs/gpu}
model=inference/assets/builtin
python -m inference.training.stages.dalle --config inference/training/configs/gpu.toml --rendered "$scenes" \
    --start "$model" --codec "$model" --text "$model/text.safetensors" --run "$out/run" \
    --device "${DEVICE:-cuda}" --minutes "${MINUTES:-8}" --batch "${BATCH:-512}"
cp "$out/run/checkpoint.pt" "$out/run/loss.jsonl" "$out/run/samples.png" "$out/"
