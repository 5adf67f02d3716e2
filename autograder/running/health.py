"""What of grading is there on this host, and what to do about what is not."""

import importlib.util
import platform
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from autograder.base.text import Text, text
from autograder.isolation.fork_server import ForkServer
from autograder.isolation.sandbox import ALL_LAYERS, isolates_files, isolates_network
from course.kit.errors import UserError

# Backends by the names of the packages that they come in.
_BACKENDS = {"tensorflow": ("tensorflow", "tensorflow-cpu"), "jax": ("jax",), "torch": ("torch",)}
_PACKAGES = ("keras", "numpy", "pytest", "hypothesis")
_GPU = Path("/dev/nvidia0")  # the driver's device file; no backend is asked


@dataclass(frozen=True)
class Finding:
    """One thing that grading needs or can use.

    Attributes:
        what: its name.
        value: what is there.
        good: whether it is as grading needs it; None where grading does without.
        remedy: what to do about it.
        lines: what to put into a file, where that is the remedy.
    """

    what: Text
    value: str
    good: bool | None = True
    remedy: Text | None = None
    lines: str = ""


def host_findings() -> Iterator[Finding]:
    """Yield what there is to say of this host; the walls take some seconds to try."""
    yield _versions()
    yield from _walls()
    yield _backends()
    yield _gpu()
    yield _fonts()


def installed_version(package: str) -> str | None:
    """Return a package's version, None where it isn't installed."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _versions() -> Finding:
    versions = {package: installed_version(package) for package in _PACKAGES}
    missing = [package for package, found in versions.items() if found is None]
    names = [f"{package} {found}" for package, found in versions.items() if found]
    value = ", ".join([f"Python {platform.python_version()}", *names])
    remedy = text(
        f"Install {', '.join(missing)}: pip install 'seq2seq-course[grader]'.",
        f"请安装 {'、'.join(missing)}：pip install 'seq2seq-course[grader]'。",
    )
    name = text("versions", "版本")
    return Finding(name, value, not missing, remedy if missing else None)


def _walls() -> Iterator[Finding]:
    name = text("walls", "隔离层")
    try:
        with ForkServer(isolation="best-effort") as server:
            layers = list(server.layers)
    except (UserError, OSError) as error:
        yield Finding(
            name,
            str(error),
            False,
            text("Mend this first: nothing can be graded.", "请先解决：目前无法评分。"),
        )
        return
    lacking = [layer for layer in ALL_LAYERS if layer not in layers]
    enough = isolates_network(layers) and isolates_files(layers)
    remedy = None
    if not enough:
        remedy = text(
            "Grade on a Linux host that allows user namespaces or Landlock; SECURITY.md says how.",
            "请在允许用户命名空间或 Landlock 的 Linux 主机上评分；见 SECURITY.md。",
        )
    elif lacking:
        remedy = text(
            f"It grades without {', '.join(lacking)}; SECURITY.md says what that costs.",
            f"缺少 {'、'.join(lacking)} 也能评分；影响见 SECURITY.md。",
        )
    yield Finding(name, ", ".join(layers) or "–", enough, remedy)


def _backends() -> Finding:
    found = {
        name: next(filter(None, map(installed_version, packages)), "")
        for name, packages in _BACKENDS.items()
        if importlib.util.find_spec(name)
    }
    remedy = text("Install TensorFlow: pip install tensorflow.", "请安装 TensorFlow。")
    there = "tensorflow" in found
    name = text("Keras's backends", "Keras 后端")
    value = ", ".join(f"{backend} {number}".strip() for backend, number in found.items())
    return Finding(name, value or "–", there, None if there else remedy)


def _gpu() -> Finding:
    name = text("GPU", "GPU")
    if _GPU.exists():
        return Finding(name, str(_GPU))
    return Finding(name, "–", None, text("Hand-ins are graded on the CPU.", "作业在 CPU 上评分。"))


def _fonts() -> Finding:
    from course.kit.notebook.plots import chinese_font

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        font = chinese_font()
    remedy = text(
        "Pictures show Chinese words as code points; install a Noto CJK font.",
        "图片中的汉字会显示为码点；请安装 Noto CJK 字体。",
    )
    name = text("Chinese font", "中文字体")
    return Finding(name, font or "–", True if font else None, None if font else remedy)
