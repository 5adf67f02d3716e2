"""The first code cell of every notebook: it finds the course, and gets it where it isn't there.

The course is a folder above the notebook, or an installed package. On Colab a notebook stands
alone. There the cell takes the bundle that the instructor gave out, from an address or a file,
unpacks it beside the notebook, and installs what Colab doesn't have.
"""

_SOURCE = '''\
# {comment}
import importlib.util
import os
import shutil
import subprocess
import sys
import urllib.request
from pathlib import Path

COURSE = ""  # {address}


def course_is_here():
    """{docstring}"""
    above = (Path.cwd(), *Path.cwd().parents)
    folder = next((folder for folder in above if (folder / "course" / "kit").is_dir()), None)
    if folder is not None:
        sys.path.insert(0, str(folder))
        importlib.invalidate_caches()
    return bool(importlib.util.find_spec("course") and importlib.util.find_spec("course.kit"))


if not course_is_here() and "google.colab" in sys.modules:
    if COURSE:
        archive = urllib.request.urlretrieve(COURSE, "course.zip")[0]
    else:
        from google.colab import files

        print("{ask}")
        archive = next(iter(files.upload()))
    shutil.unpack_archive(archive, ".")
    for packed in Path.cwd().glob("*/course/kit"):  # {inside}
        os.chdir(packed.parents[1])
    needs = ["-m", "pip", "install", "-q", "-r", "requirements/colab.txt"]
    subprocess.run([sys.executable, *needs], check=True)

if not course_is_here():
    raise FileNotFoundError("{missing}")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # {quiet}
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")

from course.kit.notebook.lesson import begin

begin("{language}")
'''

_TEXTS = {
    "en": {
        "comment": "Run this cell first: it finds the course and says what it runs on.",
        "address": "on Colab: the address of the course's zip file; empty asks for the file",
        "docstring": "Whether `course` can be imported: it lies here or above, or is installed.",
        "ask": "Choose the course's zip file.",
        "inside": "the zip may have one folder around it all",
        "missing": "There is no folder `course` here or above; open this where the course lies, "
        "or install the course's wheel with pip.",
        "quiet": "keep TensorFlow's notes out of the notebook",
    },
    "zh": {
        "comment": "请先运行这个单元格：它会找到课程，并说明运行环境。",
        "address": "在 Colab 上：课程 zip 文件的网址；留空则请你选择文件",
        "docstring": "能否导入 `course`：来自当前文件夹或它的上级，或者已经安装。",
        "ask": "请选择课程的 zip 文件。",
        "inside": "zip 里可能还套着一层文件夹",
        "missing": "这里和上级文件夹都没有 `course`；请在课程解压的地方打开笔记本，"
        "或用 pip 安装课程的 wheel。",
        "quiet": "不让 TensorFlow 的提示混进笔记本",
    },
}


def first_cell(language: str) -> str:
    """Return the cell's code for a notebook in a language."""
    return _SOURCE.format(language=language, **_TEXTS[language]).rstrip("\n")
