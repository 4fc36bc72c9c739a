"""What a model computes with, by the names that the settings and the command line know."""

from typing import Literal

PrecisionName = Literal["auto", "float32", "bfloat16", "float16", "int8"]
