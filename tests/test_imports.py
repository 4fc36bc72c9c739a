"""The import rules of docs/architecture.md, checked by reading every file of the two packages."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FILES = sorted(
    path.relative_to(ROOT) for folder in ("bot", "inference", "migrations") for path in (ROOT / folder).rglob("*.py")
)

# What may be imported only under the named places.
ONLY_UNDER = {
    "discord": ("bot/client.py", "bot/cogs/", "bot/views/", "bot/demo.py"),
    "simcord": ("bot/demo.py",),
    "sqlalchemy": ("bot/database/", "migrations/"),
    "aiohttp.web": ("bot/web/", "inference/server.py"),
}
NO_ASYNCIO = (
    "inference/engine.py",
    "inference/scheduler.py",
    "inference/sampler.py",
    "inference/sequence.py",
    "inference/text.py",
    "inference/checkpoints.py",
    "inference/conversion.py",
    "inference/flax_checkpoint.py",
    "inference/flax_file.py",
    "inference/hub.py",
    "inference/layouts.py",
    "inference/min_dalle_checkpoint.py",
    "inference/model_store.py",
    "inference/nouns.py",
    "inference/thesaurus.py",
    "inference/tokenizer_files.py",
    "inference/weights.py",
    "inference/pictures.py",
    "inference/models/",
    "inference/backends/",
    "inference/safety/",
)
# The command line builds what a command needs inside that command.
MAY_IMPORT_INFERENCE_INSIDE_FUNCTIONS = ("bot/__main__.py", "bot/model_commands.py", "bot/training_commands.py")


def imports(path: Path) -> Iterator[tuple[str, bool]]:
    """Each module that a file imports, with whether that happens at import time."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    late = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for name in node.names:
                yield name.name, node not in late
        elif isinstance(node, ast.ImportFrom):
            module = absolute(node, path)
            yield module, node not in late
            for name in node.names:
                yield f"{module}.{name.name}", node not in late


def absolute(node: ast.ImportFrom, path: Path) -> str:
    package = path.parent.parts[: len(path.parent.parts) - node.level + 1] if node.level else ()
    return ".".join((*package, *([node.module] if node.module else ())))


def is_in(module: str, package: str) -> bool:
    return module == package or module.startswith(package + ".")


def is_under(path: Path, places: tuple[str, ...]) -> bool:
    return any(path.as_posix().startswith(place) for place in places)


@pytest.mark.parametrize("path", FILES, ids=str)
def test_imports_go_one_way(path: Path) -> None:
    """Each file imports only what its place allows."""
    wrong = []
    for module, at_import in imports(path):
        for package, places in ONLY_UNDER.items():
            if is_in(module, package) and not is_under(path, places):
                wrong.append(f"{module} belongs under {', '.join(places)}")
        if path.parts[0] == "bot" and (is_in(module, "torch") or is_in(module, "inference")):
            contract = is_in(module, "inference.contract") or module == "inference"
            inside_a_command = path.as_posix() in MAY_IMPORT_INFERENCE_INSIDE_FUNCTIONS and not at_import
            if not (contract or inside_a_command):
                wrong.append(f"{module}: the bot knows inference.contract alone")
        if path.parts[0] == "inference" and any(is_in(module, name) for name in ("bot", "discord", "sqlalchemy")):
            wrong.append(f"{module}: inference knows nothing of the bot")
        if is_in(module, "asyncio") and is_under(path, NO_ASYNCIO):
            wrong.append(f"{module}: the engine and what is below it are synchronous")
    assert not wrong, f"{path}: " + "; ".join(wrong)


def test_the_contract_needs_the_standard_library_only() -> None:
    """inference/contract.py, which both processes import, costs no third-party import."""
    found = {module.split(".")[0] for module, _ in imports(Path("inference/contract.py"))}
    assert found <= set(sys.stdlib_module_names)


def test_the_rules_see_what_they_forbid(tmp_path: Path) -> None:
    """The reader of imports finds plain, dotted, late and relative ones."""
    source = "import torch.nn\nfrom aiohttp import web\ndef f():\n    from inference import engine\n"
    (tmp_path / "x.py").write_text(source)
    found = dict(imports(tmp_path / "x.py"))
    assert found == {
        "torch.nn": True,
        "aiohttp": True,
        "aiohttp.web": True,
        "inference": False,
        "inference.engine": False,
    }
