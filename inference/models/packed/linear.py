"""Matrix products with weights prepared once: what a layer's `nn.Linear` becomes for inference, with its norms.

In: linear layers, what stands before and after them, and a precision. Out: a function of rows. It knows no layer.

On a CPU in float32 and int8, a row's result is the same, bit for bit, whatever rows it is computed with: oneDNN's
products are (those of MKL, which PyTorch takes otherwise, are not below a dozen rows), and sums of whole numbers are
exact, for every row is scaled by its own largest value, and not by that of the batch.
"""

from collections.abc import Callable
from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from inference.models.transformer import FeedForward, Norm
from inference.native.kernels import Kernels
from inference.native.precision import Precision
from inference.native.weights import Int8Linear

USUAL_ROWS = 18
"""Nine pictures with guidance: the number of rows that oneDNN lays weights out for."""

Activation = Callable[[Tensor], Tensor]


class Product(Protocol):
    """`residual + after(weight @ before(x) + bias)` on rows (R, in) -> (R, out).

    Where the layer has a gate, x is (R, 2 * in) and `activation(x[:, :in]) * x[:, in:]` comes first.
    """

    def __call__(self, x: Tensor, residual: Tensor | None = None) -> Tensor: ...


class Packer:
    """Makes products, in the layout that `precision` is fastest with. Only int8 uses `kernels`, and knows `fine`."""

    def __init__(self, precision: Precision, kernels: Kernels | None, *, fine: bool = False) -> None:
        self._precision = precision
        self._fine = fine
        self.kernels = kernels if precision is Precision.INT8 else None

    def __call__(
        self,
        *parts: nn.Linear,
        before: nn.Module | None = None,
        after: nn.Module | None = None,
        activation: Activation | None = None,
        gated: bool = False,
    ) -> Product:
        """One product of several linear layers with the same input; `activation` is applied before `before`."""
        weights = tuple(part.weight for part in parts)
        biases = tuple(part.bias for part in parts if part.bias is not None)
        bias = torch.cat(biases) if biases else None
        before, after = (None if isinstance(norm, nn.Identity) else norm for norm in (before, after))
        if self.kernels is None:
            return PlainProduct(self._linear(torch.cat(weights), bias), before, after, activation, gated=gated)
        # the kernel knows what the published models have; the rest is done around it
        inside = gated and activation is F.gelu and is_layer_norm(before)
        first = before if is_layer_norm(before) and (inside or activation is None) else None
        last = after if is_layer_norm(after) else None
        linear = Int8Linear(*weights, bias=bias, gated=inside, fine=self._fine, before=first, after=last)
        product = Int8Product(self.kernels, linear)
        outside = (before if first is None else None, after if last is None else None, None if inside else activation)
        if outside == (None, None, None):
            return product
        return PlainProduct(product, *outside, gated=gated and not inside)

    def feed_forward(self, layer: FeedForward) -> tuple[Product, Product]:
        """Its first half, up to what the activation takes, and its second, to be called with the residual."""
        gated = layer.up_proj is not None
        gates = [layer.gate_proj] if layer.up_proj is None else [layer.gate_proj, layer.up_proj]
        down = self(
            layer.down_proj, activation=layer.activation, gated=gated, before=layer.inner_norm, after=layer.out_norm
        )
        return self(*gates, before=layer.norm), down

    def _linear(self, weight: Tensor, bias: Tensor | None) -> Activation:
        if (
            self._precision is Precision.FLOAT32
            and weight.device.type == "cpu"
            and torch.backends.mkldnn.is_available()  # type: ignore[no-untyped-call]
        ):
            reordered = torch.ops.mkldnn._reorder_linear_weight(weight.float().contiguous(), USUAL_ROWS)  # noqa: SLF001  # PyTorch's own compiler uses these two, there is no other way to them
            return lambda x: torch.ops.mkldnn._linear_pointwise(x, reordered, bias, "none", [], "")  # noqa: SLF001  # as above
        return lambda x: F.linear(x, weight, bias)


class Int8Product:
    """All in one pass of the native kernel."""

    def __init__(self, kernels: Kernels, linear: Int8Linear) -> None:
        self.linear = linear
        self._multiply = kernels.multiply

    def __call__(self, x: Tensor, residual: Tensor | None = None) -> Tensor:
        return self._multiply(x, self.linear, residual)


class PlainProduct:
    """Step by step, in every precision and on every device."""

    def __init__(
        self,
        linear: Activation,
        before: nn.Module | None,
        after: nn.Module | None,
        activation: Activation | None,
        *,
        gated: bool,
    ) -> None:
        self._linear, self._before, self._after = linear, before, after
        self._activation, self._gated = activation, gated

    def __call__(self, x: Tensor, residual: Tensor | None = None) -> Tensor:
        if self._activation is not None:
            gate, up = x.chunk(2, -1) if self._gated else (x, None)
            active = self._activate(gate)
            x = active if up is None else active * up
        if self._before is not None:
            x = self._before(x)
        x = self._linear(x)
        if self._after is not None:
            x = self._after(x)
        return x if residual is None else residual + x

    def _activate(self, x: Tensor) -> Tensor:
        if self._activation is None:
            return x
        if x.device.type != "cpu":
            return self._activation(x)
        # row by row: PyTorch computes what is left over of whole vectors by another formula, with another last bit
        return torch.stack([self._activation(row) for row in x])


def is_layer_norm(norm: nn.Module | None) -> bool:
    """Whether it is the norm that the kernel computes."""
    return isinstance(norm, Norm) and not norm.rms


def scaled_heads(projection: nn.Linear, head_scale: Tensor | None) -> nn.Linear:
    """An output projection whose input heads are scaled (1, H, 1, 1), with the scale in its weight."""
    if head_scale is None:
        return projection
    width = projection.in_features // head_scale.shape[1]
    return linear_of(projection.weight * head_scale.flatten().repeat_interleave(width), projection.bias)


def linear_of(weight: Tensor, bias: Tensor | None) -> nn.Linear:
    """A linear layer around a given weight (out, in) and bias (out,)."""
    made = nn.Linear(1, 1, bias=False, device="meta")
    made.weight = nn.Parameter(weight, requires_grad=False)
    if bias is not None:
        made.bias = nn.Parameter(bias, requires_grad=False)
    return made
