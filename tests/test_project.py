"""The project's own files agree with each other."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from typer.main import get_command

from reportlib.cli import app

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
CONDA_NAMES = {"matplotlib-base": "matplotlib"}


def requirements(lines: list[str]) -> dict[str, str]:
    parsed = [Requirement(line) for line in lines]
    return {canonicalize_name(CONDA_NAMES.get(r.name, r.name)): str(r.specifier) for r in parsed}


def locked(name: str) -> dict[str, str]:
    """Name -> version of a locked requirements file; every one of them must carry hashes."""
    text = (ROOT / name).read_text(encoding="utf-8")
    found = {}
    for entry in re.split(r"\n(?=[a-zA-Z])", text):
        if match := re.match(r"([A-Za-z0-9._-]+)(?:\[.*?\])?==([^\s;\\]+)", entry):
            assert "--hash=sha256:" in entry, f"{match[1]} has no hash"
            found[canonicalize_name(match[1])] = match[2]
    return found


def test_conda_users_get_what_pyproject_asks_for():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    plain = [entry for entry in environment["dependencies"] if isinstance(entry, str)]
    (through_pip,) = [entry["pip"] for entry in environment["dependencies"] if isinstance(entry, dict)]
    listed = requirements(
        [e for e in [*plain, *through_pip] if e.split(">")[0] not in ("python", "pip") and e[0] != "-"]
    )
    assert listed == requirements(PROJECT["dependencies"])
    assert f"python{PROJECT['requires-python']}" in plain
    assert "--editable ." in through_pip
    assert environment["channels"] == ["conda-forge"]


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_the_lock_holds_every_dependency_in_a_version_that_is_allowed(name):
    wanted = list(PROJECT["dependencies"])
    if name == "requirements-dev.txt":
        wanted += [line for extra in PROJECT["optional-dependencies"].values() for line in extra]
    versions = locked(name)
    for requirement in map(Requirement, wanted):
        version = versions[canonicalize_name(requirement.name)]
        assert requirement.specifier.contains(version), f"{requirement} is locked at {version}"


def test_both_locks_hold_the_same_versions():
    small, large = locked("requirements.txt"), locked("requirements-dev.txt")
    assert {name: large[name] for name in small} == small


@pytest.mark.parametrize(
    "name", ["requirements.txt", "requirements-dev.txt", "environment.yml", "pyproject.toml"]
)
def test_no_index_is_named(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    assert not re.search(r"--(extra-)?index-url|--find-links|https?://", text)


def test_every_command_is_in_the_readme():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    commands = get_command(app).commands  # type: ignore[attr-defined]
    assert {name for name in commands if f"reportlib {name}" not in readme} == set()
    for command in commands.values():
        assert command.help


def test_every_make_target_of_the_readme_exists():
    readme, makefile = ((ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "Makefile"))
    targets = set(re.findall(r"^([a-z]+):", makefile, re.M))
    named = set(re.findall(r"`?make ([a-z]+)", readme))
    assert named and named <= targets


def test_notebooks_are_committed_without_outputs():
    import nbformat

    paths = sorted((ROOT / "notebooks").glob("*.ipynb"))
    assert len(paths) >= 5
    for path in paths:
        for cell in nbformat.read(path, as_version=4).cells:
            assert not cell.get("outputs"), path.name
            assert cell.get("execution_count") is None, path.name


def test_the_citation_names_this_version():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["version"] == PROJECT["version"]
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"## {PROJECT['version']} ({citation['date-released']})" in changelog


def test_the_house_shows_its_wings_only():
    shown = {path.name for path in (ROOT / "reportlib").iterdir() if not path.name.startswith("__")}
    wings = {"form", "reading", "report", "store", "analysis", "display", "publish"}
    assert shown == wings | {"cli.py", "errors.py", "files.py", "py.typed"}


def test_every_make_target_of_the_contributors_guide_exists():
    guide, makefile = ((ROOT / name).read_text(encoding="utf-8") for name in ("CONTRIBUTING.md", "Makefile"))
    targets = set(re.findall(r"^([a-z]+):", makefile, re.M))
    assert set(re.findall(r"`?make ([a-z]+)", guide)) <= targets
