"""Upscaling by a network: Swin2SR, where its weights are on this machine.

In: a folder as its models are published (such as caidas/swin2SR-classical-sr-x2-64); then an encoded picture.  Out: the
same picture, two or more times as large.  It knows no HTTP.
"""

import io
import threading
from pathlib import Path
from typing import Any, Final

import numpy as np
import structlog
import torch
from PIL import Image

from inference.checkpoints.store import ModelStore
from inference.checkpoints.upscalers import is_upscaler, stored_upscaler
from inference.checkpoints.weights import CheckpointError, read_json
from inference.contract import InvalidRequest
from inference.pictures import UnreadablePicture, read_pixels

MAX_PIXELS: Final = 1536 * 1024
"""Of a picture that is to be enlarged; memory grows with them."""

NO_UPSCALER: Final = "none"

log = structlog.get_logger(__name__)


class Upscaler:
    """One Swin2SR model, loaded when it is first asked; one picture at a time."""

    def __init__(self, folder: Path) -> None:
        """Raises CheckpointError where the folder holds no Swin2SR."""
        if not is_upscaler(folder):
            raise CheckpointError(f"{folder}: another model_type in its config.json; swin2sr is wanted here")
        config = read_json(folder / "config.json")
        self.name = "Swin2SR"
        self._folder = folder
        self._window = int(config.get("window_size", 8))
        self._device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self._model: Any = None
        self._alone = threading.Lock()
        self.works = True

    @classmethod
    def find(cls, name: str, models_dir: Path | None) -> "Upscaler | None":
        """By the name of a stored model or a folder; without a name the one that is stored, if there is one; None for
        "none".  Raises CheckpointError."""
        store = ModelStore(models_dir)
        folder = (store.find(name) or Path(name)) if name else stored_upscaler(store)
        return None if folder is None or name == NO_UPSCALER else cls(folder)

    @torch.inference_mode()
    def enlarge(self, picture: bytes) -> bytes:
        """The picture as PNG, as many times larger as the model makes it.

        Raises InvalidRequest for one that cannot be read or is too large, CheckpointError where no model can be loaded.
        """
        try:
            pixels = read_pixels(picture)
        except UnreadablePicture as error:
            raise InvalidRequest("unreadable_picture", "image", problem=str(error)) from error
        height, width = pixels.shape[:2]
        if height * width > MAX_PIXELS:
            problem = f"the picture has {width} × {height} pixels; at most {MAX_PIXELS} are enlarged"
            raise InvalidRequest("unreadable_picture", "image", problem=problem)
        # as the model's own processor pads: by mirroring, to whole windows; it wants torchvision, so not that one
        down, across = -height % self._window, -width % self._window
        padded = np.pad(pixels, ((0, down), (0, across), (0, 0)), mode="symmetric")
        values = torch.from_numpy(padded).permute(2, 0, 1)[None].float().div(255).to(self._device)  # (1, 3, H, W)
        with self._alone:
            drawn = self._loaded()(values).reconstruction[0]  # (3, factor H, factor W)
        factor = drawn.shape[-1] // values.shape[-1]
        levels = drawn.clamp(0, 1).mul(255).round().to(torch.uint8).permute(1, 2, 0).cpu().numpy()
        file = io.BytesIO()
        Image.fromarray(levels[: factor * height, : factor * width]).save(file, "PNG", compress_level=1)
        return file.getvalue()

    def _loaded(self) -> Any:
        if self._model is not None:
            return self._model
        import transformers
        from transformers.utils.logging import disable_progress_bar

        disable_progress_bar()  # a server has a log, not a terminal
        try:
            model: Any = transformers.Swin2SRForImageSuperResolution.from_pretrained(
                self._folder, local_files_only=True, weights_only=True, dtype=torch.float32
            )
        except Exception as error:  # the library raises whatever its many readers of files raise
            self.works = False
            log.warning("upscaler.not_loaded", folder=str(self._folder), reason=str(error))
            raise CheckpointError(f"{self._folder}: no Swin2SR that can be loaded: {error}") from error
        self._model = model.eval().requires_grad_(requires_grad=False).to(self._device)
        return self._model
