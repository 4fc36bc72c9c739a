"""The decoder of a DalleBart prepared for inference: the same numbers as `DalleBart.decode_one_token`, much sooner.

In: a `DalleBart`, the states of texts, and one code a row and step. Out: logits. It knows no prompts and no sampling.

What it does differently: projections that read the same input are one product, weights lie as the processor likes them
(linear.py), keys and values of a text are computed once for all layers and all pictures of that text, padding is
left out, and attention reads keys and values where they lie (slots.py) instead of copying them.
"""

import copy
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from inference.models.dalle_bart import DalleBart, DecoderLayer
from inference.models.packed.linear import Int8Product, Packer, linear_of, scaled_heads
from inference.models.packed.slots import HalfSlots, PlainSlots, Reach, Slots
from inference.native.kernels import Kernels, one_thread
from inference.native.weights import LANES, Int8Layers


class PackedDecoder:
    """Caches for `slots` rows with texts of up to `text_length` states, and the way through all layers.

    Logits are those of the first `codes` codes. Of the network only the embeddings and norms are kept. Raises
    `ValueError` for layers that are not `plain`.
    """

    def __init__(self, network: DalleBart, pack: Packer, *, slots: int, text_length: int, codes: int) -> None:
        config, decoder = network.config, network.decoder
        if not config.plain:
            raise ValueError(f"layers of this kind cannot be prepared: {config}")
        # copies, so that the file with all the weights need not stay in memory for these
        kept = (decoder.embed_tokens, decoder.embed_positions, decoder.layernorm_embedding)
        self._embed_tokens, self._embed_positions, self._embedding_norm = copy.deepcopy(kept)
        self._scale = decoder.scale
        self._layers = [PackedLayer(layer, pack) for layer in decoder.layers]
        self._head = pack(linear_of(network.lm_head.weight[:codes], None), before=decoder.final_norm)

        self._null_state = copy.deepcopy(network.null_state)
        crosses = [layer.cross_attention for layer in decoder.layers]
        self._text = pack(*(part for cross in crosses for part in (cross.k_proj, cross.v_proj)))
        self._text_room = text_length + config.use_null_state
        self._text_lengths = torch.zeros(slots, dtype=torch.long)  # (S,)

        heads, width = config.decoder_attention_heads, config.d_model // config.decoder_attention_heads

        def caches(room: int) -> Sequence[Slots]:
            if pack.kernels is not None and width % LANES == 0:
                return [HalfSlots(slots, heads, room, width, pack.kernels) for _ in self._layers]
            return [PlainSlots(slots, heads, room, width, decoder.embed_tokens.weight) for _ in self._layers]

        self._caches, self._text_caches = caches(config.image_length), caches(self._text_room)
        self._at_once = at_once(self._layers, self._caches, self._text_caches, pack.kernels)

    @torch.no_grad()
    def prefill(self, slots: Tensor, states: Tensor, mask: Tensor) -> None:
        """Reads R texts into their slots; equal texts are read once. A slot needs no clearing before.

        `slots` (R,), `states` (R, T, E), `mask` (R, T), nonzero where attended. Raises `ValueError` for more attended
        states than the caches were made for.
        """
        texts: list[int] = []  # rows whose text is not that of an earlier row
        which = []  # for each row, its place in `texts`
        for row in range(len(slots)):
            same = (
                place
                for place, text in enumerate(texts)
                if torch.equal(mask[row], mask[text]) and torch.equal(states[row], states[text])
            )
            which.append(next(same, len(texts)))
            if which[-1] == len(texts):
                texts.append(row)
        attended = [self._with_null_state(states[text][mask[text] != 0]) for text in texts]  # (n, E) each
        lengths = [len(each) for each in attended]
        if max(lengths) > self._text_room:
            raise ValueError(f"a text of {max(lengths)} states does not fit into a cache made for {self._text_room}")
        made = torch.split(self._text(torch.cat(attended)), lengths)  # (n, layers * 2 * D) each
        for slot, place in zip(slots.tolist(), which, strict=True):
            parts = made[place].chunk(2 * len(self._layers), -1)  # (n, D) each: keys, values, layer by layer
            for index, cache in enumerate(self._text_caches):
                cache.fill(slot, parts[2 * index], parts[2 * index + 1])
            self._text_lengths[slot] = lengths[place]

    @torch.no_grad()
    def copy(self, sources: Tensor, targets: Tensor, length: int) -> None:
        """Gives the slots `targets` (R,) the text and the first `length` positions of `sources` (R,), on the CPU."""
        for caches, room in ((self._caches, length), (self._text_caches, self._text_room)):
            for cache in caches:
                cache.copy(sources, targets, room)
        self._text_lengths[targets] = self._text_lengths[sources]

    @torch.no_grad()
    def decode_one_token(self, slots: Tensor, tokens: Tensor, positions: Tensor) -> Tensor:
        """One step of R rows, each in its slot at its own position -> logits (R, codes) over the following code.

        `slots`, `tokens`, `positions` are (R,) on the CPU, so that nobody waits for a device to know them; slots must
        differ. Position 0 takes the start token. What a slot held of an earlier picture is not read.
        """
        device = self._embed_tokens.weight.device
        with one_thread():
            x = self._embed_tokens(tokens.to(device)) * self._scale  # (R, D)
            if self._embed_positions is not None:
                x = x + self._embed_positions(positions.to(device))
            x = self._embedding_norm(x)
        if self._at_once is not None:
            x = self._at_once(x, slots, positions + 1, self._text_lengths[slots])
        else:
            x = self._one_by_one(x, slots, positions)
        return self._head(x)

    def _one_by_one(self, x: Tensor, slots: Tensor, positions: Tensor) -> Tensor:
        """(R, D) through all layers, product after product."""
        like = self._embed_tokens.weight
        slots, order = slots.sort()  # neighbours are read without a copy
        positions, x = positions[order], x[order.to(like.device)]
        reach = Reach.of(slots, positions + 1, self._caches[0], like)
        text_reach = Reach.of(slots, self._text_lengths[slots], self._text_caches[0], like)
        for layer, cache, text_cache in zip(self._layers, self._caches, self._text_caches, strict=True):
            q, keys, values = layer.qkv(x).chunk(3, -1)  # (R, D) each
            x = layer.out(cache.attend(q, reach, keys, values), x)
            x = layer.text_out(text_cache.attend(layer.text_q(x), text_reach), x)
            x = layer.down(layer.gate_up(x), x)
        return x[order.argsort().to(like.device)]

    def _with_null_state(self, states: Tensor) -> Tensor:
        """(n, E) -> (n + 1, E) where there is a null state, which stands in front."""
        return states if self._null_state is None else torch.cat([self._null_state.to(states.dtype), states])


def at_once(
    layers: Sequence["PackedLayer"], caches: Sequence[Slots], text_caches: Sequence[Slots], kernels: Kernels | None
) -> Callable[[Tensor, Tensor, Tensor, Tensor], Tensor] | None:
    """`PackedDecoder._one_by_one` as one call of the native kernels; None where they do not know all of its parts."""
    parts = []
    for layer, cache, text_cache in zip(layers, caches, text_caches, strict=True):
        products = (layer.qkv, layer.out, layer.text_q, layer.text_out, layer.gate_up, layer.down)
        linears = [product.linear for product in products if isinstance(product, Int8Product)]
        if len(linears) < len(products) or not (isinstance(cache, HalfSlots) and isinstance(text_cache, HalfSlots)):
            return None
        parts.append((linears, (cache.keys, cache.values, text_cache.keys, text_cache.values)))
    if kernels is None or not parts:
        return None
    decode, prepared = kernels.decode, Int8Layers(parts)
    return lambda x, slots, lengths, text_lengths: decode(x, prepared, slots, lengths, text_lengths)


class PackedLayer:
    """A `DecoderLayer` as the products that lie between two looks into a cache; each has its norms with it."""

    def __init__(self, layer: DecoderLayer, pack: Packer) -> None:
        own, text = layer.self_attention, layer.cross_attention
        self.qkv = pack(own.q_proj, own.k_proj, own.v_proj, before=layer.self_attention_norm)
        self.out = pack(scaled_heads(own.out_proj, own.head_scale), after=layer.self_attention_out_norm)
        self.text_q = pack(text.q_proj, before=layer.cross_attention_norm)
        self.text_out = pack(scaled_heads(text.out_proj, text.head_scale), after=layer.cross_attention_out_norm)
        self.gate_up, self.down = pack.feed_forward(layer.feed_forward)
