"""What docs/architecture.md names is in the code, where the page says."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from tests.test_imports import LAYERS

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
CODE = re.findall(r"`([^`\n]+)`", PAGE)
PATHS = sorted({code for code in CODE if re.fullmatch(r"(bot|inference|tests)/[\w/.]*", code)})
MEMBERS = sorted({code.removesuffix("()") for code in CODE if re.fullmatch(r"[A-Z]\w+\.\w+(\(\))?", code)})
PLACES = sorted(set(re.findall(r"`([\w.]+)(?:\(\w*\))?`\s+\(`((?:bot|inference)/[\w/]+\.py)`[):,]", PAGE)))
MOST_HOPS = 10


@cache
def definitions(path: Path) -> dict[str, set[str]]:
    """The functions, classes and constants at a file's top, with the names in each class, its bases' too where they
    are in the same file."""
    found: dict[str, set[str]] = {}
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ClassDef):
            inherited = [found.get(base.id, set()) for base in node.bases if isinstance(base, ast.Name)]
            found[node.name] = set().union(*inherited, *map(names, node.body))
        else:
            found |= {name: set() for name in names(node)}
    return found


def names(node: ast.stmt) -> set[str]:
    """What a statement defines."""
    match node:
        case ast.FunctionDef(name) | ast.AsyncFunctionDef(name) | ast.ClassDef(name):
            return {name}
        case ast.AnnAssign(ast.Name(name)):
            return {name}
        case ast.Assign(targets):
            return {target.id for target in targets if isinstance(target, ast.Name)}
    return set()


def is_defined(name: str, path: Path) -> bool:
    owner, _, member = name.partition(".")
    found = definitions(path)
    return owner in found and (not member or member in found[owner])


@pytest.mark.parametrize("path", PATHS)
def test_each_path_exists(path: str) -> None:
    assert (ROOT / path).exists()


@pytest.mark.parametrize("name", MEMBERS)
def test_each_method_exists(name: str) -> None:
    files = (path for folder in ("bot", "inference") for path in (ROOT / folder).rglob("*.py"))
    assert any(is_defined(name, path) for path in files)


@pytest.mark.parametrize(("name", "path"), PLACES)
def test_what_is_said_to_be_in_a_file_is_there(name: str, path: str) -> None:
    assert is_defined(name, ROOT / path)


def test_a_walk_has_few_hops() -> None:
    """Three of them, each hop with a name in code."""
    walks = re.findall(r"^### .+?(?=^##)", PAGE, re.MULTILINE | re.DOTALL)
    assert len(walks) == 3
    for walk in walks:
        hops = re.findall(r"^\d+\. .+$", walk, re.MULTILINE)
        assert 3 <= len(hops) <= MOST_HOPS
        assert all(re.match(r"\d+\. `[\w.]+`", hop) for hop in hops)


def test_the_layers_are_those_that_are_checked() -> None:
    (block,) = re.findall(r"^```\n(bot\.__main__\n.+?)^```", PAGE, re.MULTILINE | re.DOTALL)
    assert tuple(tuple(line.split()) for line in block.splitlines()) == LAYERS


def test_each_path_of_the_inference_server_is_told() -> None:
    source = (ROOT / "inference" / "server" / "app.py").read_text(encoding="utf-8")
    served = {(method.upper(), path) for method, path in re.findall(r"web\.(get|post)\(\"([^\"]+)\"", source)}
    assert len(served) >= 12
    assert set(re.findall(r"^\| (GET|POST) \| (/\S+) \|", PAGE, re.MULTILINE)) == served
