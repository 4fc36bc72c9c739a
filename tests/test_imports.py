"""The import rules of docs/architecture.md, by folder: a new file is covered from its first line."""

import ast
import sys
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FILES = sorted(
    path.relative_to(ROOT) for folder in ("bot", "inference", "migrations") for path in (ROOT / folder).rglob("*.py")
)
MODULES = {".".join(path.with_suffix("").parts).removesuffix(".__init__"): path for path in FILES}

# From top to bottom, the places on one line beside each other.  A file imports from its own line and from those below.
LAYERS = (
    ("bot.__main__",),
    ("bot.cli", "bot.demo"),
    ("bot.connection",),
    ("bot.client", "bot.cogs", "bot.command_sync"),
    ("bot.directory",),
    ("bot.web",),
    ("bot.views",),
    ("bot.services",),
    ("bot.generation", "bot.actions"),
    ("bot.orders", "bot.pool", "bot.database", "bot.storage"),
    ("bot.wording",),
    ("bot.config", "bot.garbage", "bot.logs", "bot.metrics", "bot.secrecy", "bot.stopping"),
    ("bot.addresses", "bot.bounds", "bot.errors", "bot.nobody", "bot.partition", "bot.precision"),
    ("inference.training",),
    ("inference.server",),
    ("inference.backends",),
    ("inference.engine.thread",),
    ("inference.engine",),
    ("inference.ranking", "inference.safety"),
    ("inference.painting",),
    ("inference.checkpoints", "inference.models", "inference.text"),
    ("inference.native",),
    ("inference.pictures",),
    ("inference.contract",),
)

# What may be imported only under the named places.
ONLY_UNDER = {
    "discord": (
        "bot.client",
        "bot.command_sync",
        "bot.connection",
        "bot.directory",
        "bot.cogs",
        "bot.views",
        "bot.demo",
    ),
    "simcord": ("bot.demo",),
    "sqlalchemy": ("bot.database", "migrations"),
    "alembic": ("bot.database", "migrations"),
    "aiohttp.web": ("bot.web", "bot.demo.page", "inference.server"),
}
# How much a reader can be asked to keep in mind.
MOST_LINES, MOST_LINES_OF_A_FUNCTION = 300, 40
NO_ASYNCIO = ("inference.engine", "inference.models", "inference.ranking", "inference.text", "inference.checkpoints",
              "inference.native", "inference.safety", "inference.painting", "inference.pictures")  # fmt: skip


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse((ROOT / path).read_text(encoding="utf-8"))


@cache
def imports(path: Path) -> tuple[tuple[str, bool], ...]:
    """Each module that a file imports, with whether that happens at import time."""
    return tuple(_found(parsed(path), path, at_import=True))


def _found(within: ast.AST, path: Path, *, at_import: bool) -> Iterator[tuple[str, bool]]:
    for node in ast.iter_child_nodes(within):
        if isinstance(node, ast.Import):
            for name in node.names:
                yield name.name, at_import
        elif isinstance(node, ast.ImportFrom):
            module = absolute(node, path)
            yield module, at_import
            for name in node.names:
                yield f"{module}.{name.name}", at_import
        elif not isinstance(node, ast.expr):  # no expression imports
            late = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            yield from _found(node, path, at_import=at_import and not late)


def absolute(node: ast.ImportFrom, path: Path) -> str:
    package = path.parent.parts[: len(path.parent.parts) - node.level + 1] if node.level else ()
    return ".".join((*package, *([node.module] if node.module else ())))


def is_in(module: str, *places: str) -> bool:
    return any(module == place or module.startswith(place + ".") for place in places)


def layer_of(module: str) -> int | None:
    """The line of `LAYERS` that names the longest part of the module's name."""
    found = [(len(place), line) for line, places in enumerate(LAYERS) for place in places if is_in(module, place)]
    return max(found)[1] if found else None


def test_imports_go_one_way() -> None:
    """Each file imports only what its place allows."""
    assert [wrong for module in MODULES for wrong in out_of_place(module)] == []


def out_of_place(module: str) -> Iterator[str]:
    for imported, at_import in imports(MODULES[module]):
        said = f"{module} imports {imported}"
        for package, places in ONLY_UNDER.items():
            if is_in(imported, package) and not is_in(module, *places):
                yield f"{said}, which belongs under {', '.join(places)}"
        if is_in(module, "bot") and is_in(imported, "torch", "inference"):
            inside_a_command = is_in(module, "bot.cli") and not at_import
            if not (is_in(imported, "inference.contract") or imported == "inference" or inside_a_command):
                yield f"{said}: the bot knows inference.contract alone"
        if is_in(module, "inference") and is_in(imported, "bot", "discord", "sqlalchemy"):
            yield f"{said}: inference knows nothing of the bot"
        if is_in(imported, "asyncio") and is_in(module, *NO_ASYNCIO) and not is_in(module, "inference.engine.thread"):
            yield f"{said}: the engine and what is below it are synchronous"


def test_imports_go_downward() -> None:
    """No file imports from a layer above its own; what stands in no layer is imported by nobody below."""
    assert [wrong for module in MODULES for wrong in upward(module)] == []


def upward(module: str) -> Iterator[str]:
    own = layer_of(module)
    package = MODULES[module].parts[0]
    if own is None:
        if module not in ("bot", "inference") and package != "migrations":
            yield f"{module} has no place in LAYERS"
        return
    for imported, _ in imports(MODULES[module]):
        if is_in(imported, package) and (layer := layer_of(imported)) is not None and layer < own:
            yield f"{module} imports {imported}, which is above it"


def test_a_file_is_one_thing() -> None:
    """What grows beyond these lengths has become two things, and each of them wants a name; migrations list tables."""
    assert [long for module in MODULES for long in too_long(module)] == []


def too_long(module: str) -> Iterator[str]:
    length = (ROOT / MODULES[module]).read_text(encoding="utf-8").count("\n")
    if length > MOST_LINES:
        yield f"{module} has {length} lines"
    for node in [] if is_in(module, "migrations") else ast.walk(parsed(MODULES[module])):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno is not None:
            lines = node.end_lineno - node.lineno + 1
            if lines > MOST_LINES_OF_A_FUNCTION:
                yield f"{module}, line {node.lineno}: {node.name} has {lines} lines"


def test_no_import_cycle() -> None:
    """No file imports itself in the end, not inside a function and not under TYPE_CHECKING either."""
    graph = {
        module: {imported for imported, _ in imports(path) if imported in MODULES and imported != module}
        - parents(module)
        for module, path in MODULES.items()
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" → ".join(reversed(error.args[1])))


def parents(module: str) -> set[str]:
    """The packages that a module lies in; importing a neighbour names them, too."""
    parts = module.split(".")
    return {".".join(parts[:end]) for end in range(1, len(parts))}


def test_the_contract_needs_the_standard_library_only() -> None:
    """inference/contract, which both processes import, costs no third-party import."""
    files = [path for module, path in MODULES.items() if is_in(module, "inference.contract")]
    found = {module for path in files for module, _ in imports(path) if not is_in(module, "inference.contract")}
    assert len(files) > 1
    assert {module.split(".")[0] for module in found} <= set(sys.stdlib_module_names)


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


def test_a_file_belongs_to_the_longest_place() -> None:
    """`inference.engine.thread` has a line of its own above the engine's."""
    assert layer_of("inference.engine.thread") == LAYERS.index(("inference.engine.thread",))
    assert layer_of("inference.engine.scheduler") == layer_of("inference.engine.dalle")
    assert layer_of("bot.something_new") is None
