"""The site: Sphinx's pages in each language, and a page that leads to them."""

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

import nbformat
from nbformat.notebooknode import NotebookNode

from autograder.authoring.chinese import joined
from autograder.authoring.glossary import page as glossary_page
from autograder.base.files import new_directory
from autograder.base.text import LANGUAGES
from course.kit.errors import UserError

HERE = Path(__file__).resolve().parent

_TITLES = {"en": "Sequence to sequence, English to Chinese", "zh": "序列到序列：从英语到汉语"}
_INTRODUCTIONS = {
    "en": """\
Seven lessons on translation with neural networks, from the recurrent cell to the Transformer.
In each you write the parts yourself, as Keras layers of a few lines; here they are shown as the
stubs that you start from, and the pictures are those of a notebook whose parts are written.

To work on them, open the notebooks of the course: `course/notebooks/en`.
""",
    "zh": """\
七课，讲用神经网络做翻译：从循环单元一直到 Transformer。
每一课的部件都由你自己写，每个是几行长的 Keras 层。
书里给出的是动手之前的框架，图则来自写好之后的笔记本。

动手练习请打开课程的笔记本：`course/notebooks/zh`。
""",
}
_CODES = {"en": "en", "zh": "zh_CN"}
_NAMES = {"en": "English", "zh": "中文"}


def build_site(pages: Mapping[tuple[str, str], NotebookNode], target: Path) -> None:
    """Build the book of some pages.

    Args:
        pages: notebooks, run, by unit and language.
        target: the folder; what stood there is replaced once all is built.

    Raises:
        UserError: Sphinx found something wrong, or is not installed.
    """
    try:
        from sphinx.cmd.build import build_main
    except ImportError:
        raise UserError("Run `make book`, which installs requirements/book.txt first.") from None
    if target.exists() and not (target / ".book").is_file():
        raise UserError(f"{target} is no book; name a folder that may be replaced.")
    with tempfile.TemporaryDirectory() as scratch, new_directory(target, replace=True) as made:
        for language in LANGUAGES:
            sources = Path(scratch) / "sources" / language
            units = [unit for unit, code in pages if code == language]
            _write_sources(sources, {unit: pages[unit, language] for unit in units}, language)
            options = ["-q", "-W", "--keep-going", "-D", f"language={_CODES[language]}"]
            options += [
                "-D",
                f"html_title={_TITLES[language]}",
                "-D",
                f"project={_TITLES[language]}",
            ]
            other = next(code for code in LANGUAGES if code != language)
            options += ["-A", f"other={other}", "-A", f"other_name={_NAMES[other]}"]
            status = build_main([*options, "-c", str(HERE), str(sources), str(made / language)])
            if status:
                raise UserError("Sphinx found what it reports above; mend it in the lessons.")
            shutil.rmtree(made / language / ".doctrees", ignore_errors=True)
        shutil.rmtree(made / "jupyter_execute", ignore_errors=True)  # MyST-NB leaves it
        (made / "index.html").write_text(_cover(), encoding="utf-8")
        (made / ".book").touch()


def _write_sources(directory: Path, pages: Mapping[str, NotebookNode], language: str) -> None:
    directory.mkdir(parents=True)
    for unit, notebook in pages.items():
        nbformat.write(notebook, directory / f"{unit}.ipynb")
    (directory / "glossary.md").write_text(
        glossary_page(language, anchor="({})="), encoding="utf-8"
    )
    contents = "\n".join([*pages, "glossary"])
    index = f"# {_TITLES[language]}\n\n{joined(_INTRODUCTIONS[language])}\n"
    index += f"```{{toctree}}\n:maxdepth: 1\n\n{contents}\n```\n"
    (directory / "index.md").write_text(index, encoding="utf-8")


def _cover() -> str:
    """The page that leads to the languages: to the reader's own, where it can tell."""
    links = "\n".join(
        f'<p lang="{code}"><a href="{code}/index.html">{_TITLES[code]}</a></p>'
        for code in LANGUAGES
    )
    return f"""\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{_TITLES["en"]} · {_TITLES["zh"]}</title>
<style>
body {{ font: 1.3rem/1.6 system-ui, sans-serif; margin: 15vh auto; max-width: 36rem; }}
</style>
</head>
<body>
{links}
</body>
</html>
"""
