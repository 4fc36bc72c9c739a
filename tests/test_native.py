"""The native kernels: what they refuse, and that Easel does without them where they cannot be built."""

import subprocess
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F

from inference.native.kernels import FLAGS, Kernels, build_kernels, load_kernels
from inference.native.weights import Int8Layers, Int8Linear, WinogradWeight


@pytest.fixture(params=["plain", "widest"])
def kernels(request: pytest.FixtureRequest) -> Kernels:
    """Those for any processor, and those that this one can have at most."""
    loaded = build_kernels(FLAGS) if request.param == "plain" else load_kernels()
    if loaded is None:
        pytest.skip("no C compiler, or no x86-64 with AVX2")
    return loaded


@pytest.mark.parametrize(("fine", "inputs", "weights"), [(False, 127, 64), (True, 32767, 127)])
@pytest.mark.parametrize(("rows", "width", "out"), [(1, 8, 1), (2, 24, 33), (7, 37, 50), (18, 64, 16), (35, 16, 16)])
def test_product_of_any_size(
    kernels: Kernels, rows: int, width: int, out: int, *, fine: bool, inputs: int, weights: int
) -> None:
    """Widths that are no whole vectors, rows that fill no block: the product of the rounded numbers, exactly scaled."""
    generator = torch.Generator().manual_seed(1)
    x = torch.randint(-inputs, inputs + 1, (rows, width), generator=generator).double()
    weight = torch.randint(-weights, weights + 1, (out, width), generator=generator).double()
    x[:, 0], weight[:, 0] = inputs, weights  # so that the scales are 1
    bias = torch.randn(out, generator=generator)
    expected = (x @ weight.T + bias).float()
    torch.testing.assert_close(kernels.multiply(x.float(), Int8Linear(weight, bias=bias, fine=fine)), expected)


@pytest.mark.parametrize("fine", [False, True])
@pytest.mark.parametrize("width", [64, 516, 517, 4096])
def test_no_sum_of_a_product_overflows(kernels: Kernels, width: int, *, fine: bool) -> None:
    """Sums of the largest inputs and weights come out right, of either sign: of more than 516, inputs have fewer levels
    where fine."""
    x = torch.tensor([[1.0], [-1.0]]).expand(2, width).contiguous()
    weight = torch.tensor([[1.0], [-1.0]]).expand(2, width)
    out = kernels.multiply(x, Int8Linear(weight, fine=fine))
    torch.testing.assert_close(out, width * torch.tensor([[1.0, -1.0], [-1.0, 1.0]]))


def test_one_large_input_leaves_the_others_exact(kernels: Kernels) -> None:
    """As gates make them: where fine, what stands beside a value a hundred times as large is known to a percent."""
    x = torch.randn(4, 704, generator=torch.Generator().manual_seed(5))
    x[:, 0] = 100
    weight = torch.ones(1, 704)
    weight[:, 0] = 0
    exact = x[:, 1:].sum(1, keepdim=True)
    assert (kernels.multiply(x, Int8Linear(weight, fine=True)) - exact).abs().max() < 0.01 * 704**0.5


def test_a_row_of_zeros(kernels: Kernels) -> None:
    """Nothing is divided by nothing."""
    assert kernels.multiply(torch.zeros(1, 16), Int8Linear(torch.zeros(4, 16))).tolist() == [[0.0] * 4]


@pytest.mark.parametrize(("height", "width", "doubled"), [(1, 1, False), (5, 9, False), (6, 3, True)])
def test_convolution_of_any_size(kernels: Kernels, height: int, width: int, *, doubled: bool) -> None:
    """Maps that fill no tile, sides that are doubled, outputs that fill no panel."""
    generator = torch.Generator().manual_seed(2)
    x = torch.randn(2, 8, height, width, generator=generator)
    weight, bias = torch.randn(3, 8, 3, 3, generator=generator), torch.randn(3, generator=generator)
    wide = F.interpolate(x, scale_factor=2.0, mode="nearest") if doubled else x
    expected = F.conv2d(wide, weight, bias, padding=1)
    y = kernels.conv3x3(x.permute(0, 2, 3, 1).contiguous(), WinogradWeight(weight, bias), doubled=doubled)
    assert (y[..., :3].permute(0, 3, 1, 2) - expected).abs().max() < 5e-3 * expected.std()  # 16 bits inside
    assert not y[..., 3:].any()


def test_no_sum_of_a_convolution_overflows(kernels: Kernels) -> None:
    """Inputs and weights that go the same way in all channels make the largest sums that there can be."""
    x, weight = torch.full((1, 512, 4, 4), 3.0), torch.full((16, 512, 3, 3), -2.0)
    y = kernels.conv3x3(x.permute(0, 2, 3, 1).contiguous(), WinogradWeight(weight, torch.zeros(16)))
    torch.testing.assert_close(y.permute(0, 3, 1, 2), F.conv2d(x, weight, padding=1), rtol=1e-3, atol=1e-3)


def test_silu_far_from_zero(kernels: Kernels) -> None:
    """Where e^-x is beyond all numbers, and where nothing is left of it."""
    x, active = torch.tensor([-1000.0, -150, -90, -89, -10, 0, 90, 1000]), torch.empty(1, 1, 1, 8, dtype=torch.float16)
    kernels.activate(x.view(1, 1, 1, 8), torch.ones(1, 8), torch.zeros(1, 8), active)
    torch.testing.assert_close(active.float().flatten(), F.silu(x), rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize(("batch", "channels"), [(0, 8), (1, 3648)])
def test_convolution_of_no_maps_and_of_many_channels(kernels: Kernels, batch: int, channels: int) -> None:
    """Neither ends the process."""
    x, weight = torch.ones(batch, 3, 3, channels), torch.full((16, channels, 3, 3), 1 / channels)
    y = kernels.conv3x3(x, WinogradWeight(weight, torch.zeros(16)))
    torch.testing.assert_close(
        y.permute(0, 3, 1, 2), F.conv2d(x.permute(0, 3, 1, 2), weight, padding=1), rtol=1e-2, atol=1e-2
    )


def test_convolution_of_active_maps_in_place(kernels: Kernels) -> None:
    """Norm and SiLU before it, in 16 bits; the sum takes the place of the residual."""
    generator = torch.Generator().manual_seed(4)
    x, residual = (torch.randn(2, 7, 6, 16, generator=generator) for _ in range(2))
    scale, shift = (torch.randn(2, 16, generator=generator) for _ in range(2))
    weight, bias = torch.randn(16, 16, 3, 3, generator=generator), torch.randn(16, generator=generator)
    active = torch.empty(x.shape, dtype=torch.float16)
    kernels.activate(x, scale, shift, active)
    expected = F.silu(x * scale[:, None, None] + shift[:, None, None])
    torch.testing.assert_close(active.float(), expected, rtol=1e-3, atol=1e-3)
    expected = F.conv2d(expected.permute(0, 3, 1, 2), weight, bias, padding=1).permute(0, 2, 3, 1) + residual
    y = kernels.conv3x3(active, WinogradWeight(weight, bias), residual=residual, out=residual)
    assert y is residual
    torch.testing.assert_close(y, expected, rtol=1e-2, atol=1e-2)


@pytest.mark.parametrize("fine", [False, True])
def test_a_seed_does_not_depend_on_the_processor(kernels: Kernels, *, fine: bool) -> None:
    """However the kernels were built, results are the same, bit for bit."""
    plain, generator = build_kernels(FLAGS), torch.Generator().manual_seed(3)
    assert plain is not None
    x = torch.randn(13, 40, generator=generator)
    weight = Int8Linear(torch.randn(50, 40, generator=generator), fine=fine)
    assert torch.equal(kernels.multiply(x, weight), plain.multiply(x, weight))
    maps = torch.randn(1, 9, 7, 16, generator=generator)
    conv = WinogradWeight(torch.randn(20, 16, 3, 3, generator=generator), torch.randn(20, generator=generator))
    assert torch.equal(kernels.conv3x3(maps, conv), plain.conv3x3(maps, conv))


def test_what_does_not_fit_is_refused(kernels: Kernels) -> None:
    """Pointers go to C, so shapes and types are checked before."""
    weight, cache = Int8Linear(torch.zeros(4, 16)), torch.zeros(2, 1, 4, 8, dtype=torch.float16)
    slots = torch.tensor([0])
    with pytest.raises(ValueError, match=r"rows \(1, 15\) of torch.float32 do not fit to a weight of 16 inputs"):
        kernels.multiply(torch.zeros(1, 15), weight)
    with pytest.raises(ValueError, match="a residual"):
        kernels.multiply(torch.zeros(1, 16), weight, torch.zeros(1, 5))
    with pytest.raises(ValueError, match="do not fit to keys"):
        kernels.attend(torch.zeros(1, 16), cache, cache, slots, slots + 1)
    with pytest.raises(ValueError, match=r"caches must be contiguous torch.float16"):
        kernels.attend(torch.zeros(1, 8), cache.float(), cache, slots, slots + 1)
    with pytest.raises(ValueError, match="the input has 8 channels, the convolution takes 16"):
        kernels.conv3x3(torch.zeros(1, 4, 4, 8), WinogradWeight(torch.zeros(16, 16, 3, 3), torch.zeros(16)))
    with pytest.raises(ValueError, match=r"is not \(1, 4, 4, 16\)"):
        kernels.conv3x3(
            torch.zeros(1, 4, 4, 8), WinogradWeight(torch.zeros(16, 8, 3, 3), torch.zeros(16)), out=torch.zeros(1)
        )
    with pytest.raises(ValueError, match=r"active maps must be contiguous torch.float16"):
        kernels.activate(torch.zeros(1, 4, 4, 8), torch.zeros(1, 8), torch.zeros(1, 8), torch.zeros(1, 4, 4, 8))
    with pytest.raises(ValueError, match="has no packed form"):
        WinogradWeight(torch.zeros(16, 5, 3, 3), torch.zeros(16))
    products, caches = [Int8Linear(torch.zeros(8, 8))] * 6, [torch.zeros(2, 1, 4, 8, dtype=torch.float16)] * 4
    with pytest.raises(ValueError, match=r"products \[\(8, 8\).* make no layer of 8 values"):
        Int8Layers([(products, caches)])
    products = [Int8Linear(torch.zeros(out, 8)) for out in (24, 8, 8, 8, 16)]
    with pytest.raises(ValueError, match=r"make no layer of 8 values"):
        Int8Layers([([*products, Int8Linear(torch.zeros(8, 8))], caches)])
    wider = [*products[:4], Int8Linear(torch.zeros(32, 8)), Int8Linear(torch.zeros(8, 16), gated=True)]
    products.append(Int8Linear(torch.zeros(8, 8), gated=True))
    with pytest.raises(ValueError, match=r"\(8, 32\), \(32, 8\)\] make no layer of 8 values"):
        Int8Layers([(products, caches), (wider, caches)])
    with pytest.raises(ValueError, match=r"caches .* make no layer"):
        Int8Layers([(products, caches), (products, [cache[:1] for cache in caches])])
    with pytest.raises(ValueError, match=r"1 rows \(1, 16\) do not fit to layers of 8 inputs"):
        kernels.decode(torch.zeros(1, 16), Int8Layers([(products, caches)]), slots, slots + 1, slots + 1)
    with pytest.raises(ValueError, match=r"do not fit to layers"):
        kernels.decode(torch.zeros(1, 8), Int8Layers([(products, caches)]), slots, slots[:0], slots + 1)
    maps = torch.zeros(1, 4, 4, 16)
    with pytest.raises(ValueError, match="cannot write where it still reads"):
        kernels.conv3x3(maps, WinogradWeight(torch.zeros(16, 16, 3, 3), torch.zeros(16)), out=maps)


def test_built_once(kernels: Kernels, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The library goes into the user's cache folder, whole or not at all, and is found there the next time."""
    assert kernels
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    load_kernels.cache_clear()
    assert load_kernels() is not None
    built = [path.name for path in (tmp_path / "easel").iterdir()]
    assert len(built) == 1
    monkeypatch.setattr(subprocess, "run", None)  # there is nothing to build any more
    load_kernels.cache_clear()
    assert load_kernels() is not None
    load_kernels.cache_clear()


@pytest.mark.parametrize("compiler", [None, "false"])
def test_without_a_compiler_there_are_none(
    compiler: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No compiler, or one that fails, is no error: the model runs without."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr("inference.native.kernels.shutil.which", lambda name: compiler)
    load_kernels.cache_clear()
    assert load_kernels() is None
    load_kernels.cache_clear()


def test_one_thread_is_for_the_caller_and_for_a_while(kernels: Kernels) -> None:
    """Small products take no other core; what comes after has all of them again."""
    before = kernels._get_threads()
    with kernels.one_thread():
        assert kernels._get_threads() == 1
    assert kernels._get_threads() == before
