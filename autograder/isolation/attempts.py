"""What a hand-in's code tries that no exercise needs, as far as Python itself notices.

An audit hook can't be taken away again, but it lives in the student's process: what it tells can
be kept back by who knows how. So a result has it as a note for people, and no point hangs on it.
"""

import re
import sys
from collections.abc import Iterable
from typing import Any

# In English and in Chinese.
DESCRIPTIONS = {
    "network": ("use the network", "使用网络"),
    "processes": ("start a process", "启动进程"),
    "signals": ("send signals", "发送信号"),
    "memory": ("reach below Python with ctypes", "用 ctypes 绕到 Python 之下"),
    "objects": ("look through all objects of its process", "遍历所在进程的所有对象"),
    "trace": ("trace what runs", "跟踪代码的执行"),
    "files": ("open files of the grader or of the system", "打开评分程序或系统的文件"),
}

_EVENTS = {
    **dict.fromkeys(
        ("socket.__new__", "socket.connect", "socket.bind", "socket.getaddrinfo"), "network"
    ),
    **dict.fromkeys(
        ("os.fork", "os.forkpty", "os.exec", "os.posix_spawn", "os.spawn", "os.system"),
        "processes",
    ),
    **dict.fromkeys(("subprocess.Popen", "pty.spawn"), "processes"),
    **dict.fromkeys(("os.kill", "os.killpg", "signal.pthread_kill"), "signals"),
    **dict.fromkeys(("ctypes.dlopen", "ctypes.dlsym", "ctypes.string_at"), "memory"),
    **dict.fromkeys(("gc.get_objects", "gc.get_referrers"), "objects"),
    **dict.fromkeys(("sys.settrace", "sys.setprofile"), "trace"),
}
_SYSTEM = ("/proc/", "/etc/", "/root/", "/home/", "/var/", "/dev/fd/")
# What libraries ask to learn how large the machine is.
_HARMLESS = re.compile(r"/proc/(meminfo|cpuinfo|stat|filesystems|self/(stat|statm|status|cgroup))/")
_WRITES = ("w", "a", "x", "+")


class Attempts:
    """Collects kinds of attempts from the moment on that `begin` was called.

    Args:
        secret: directories that belong to the grader.
        own: directories that the interpreter and its libraries read from by themselves.
    """

    def __init__(self, secret: Iterable[str], own: Iterable[str]):
        self._secret = tuple(f"{path}/" for path in secret)
        self._own = tuple(f"{path}/" for path in own)
        # Whoever shows where an error came from, a library or Python, reads the lines of these.
        files = [getattr(module, "__file__", None) for module in list(sys.modules.values())]
        self._running = {f"{path}/" for path in files if isinstance(path, str)}
        self._new: set[str] = set()
        self._begun = False

    def begin(self) -> None:
        """Listen from now on."""
        if not self._begun:
            self._begun = True
            sys.addaudithook(self._hear)

    def take(self) -> list[str]:
        """Return the kinds that were noticed since the last time."""
        noticed, self._new = self._new, set()
        return sorted(noticed)

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        kind = _EVENTS.get(event)
        if kind is not None:
            self._new.add(kind)
        elif event == "open" and isinstance(arguments[0], str):
            path, mode = f"{arguments[0]}/", str(arguments[1])
            own = path.startswith(self._own)
            changes = any(letter in mode for letter in _WRITES)
            if path in self._running and not changes:
                return
            writes = own and changes
            system = path.startswith(_SYSTEM) and not own and not _HARMLESS.match(path)
            if path.startswith(self._secret) or writes or system:
                self._new.add("files")


def attempts_text(kinds: set[str]) -> tuple[str, str] | None:
    """Return the sentence of a result about attempts, in English and Chinese; None without any."""
    known = [words for kind, words in DESCRIPTIONS.items() if kind in kinds]
    if not known:
        return None
    english, chinese = zip(*known, strict=True)
    return f"Its code tried to {'; to '.join(english)}.", f"其代码曾试图{'；'.join(chinese)}。"
