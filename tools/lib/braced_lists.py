"""Finds TRY behind other elements of a braced list: when it returns, compilers leave those undestroyed (base/result.h)."""

import re

NOISE = re.compile(r'//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'|^[ \t]*#(?:[^\n]*\\\n)*[^\n]*', re.MULTILINE)
TOKEN = re.compile(r"\bTRY(?:_CONTEXT)?\(|[()\[\]{},;]")
LIST_BEFORE = re.compile(r"(?:[\w>]|[=,({]\s*|\breturn\s+)$")


def blank(match):
    return re.sub(r"[^\n]", " ", match[0])


def lines_with_problems(text):
    code = NOISE.sub(blank, text)
    stack = []  # [opener, whether it is a list's, whether it has an element before]
    lines = []
    for token in TOKEN.finditer(code):
        symbol = token[0][-1]
        if token[0].startswith("TRY"):
            for opener, is_list, has_element in reversed(stack):
                if opener == "{" and not is_list:
                    break
                if is_list and has_element:
                    lines.append(code.count("\n", 0, token.start()) + 1)
                    break
        if symbol in "([{":
            is_list = symbol == "{" and LIST_BEFORE.search(code[max(0, token.start() - 80):token.start()]) is not None
            stack.append([symbol, is_list, False])
        elif symbol in ")]}" and stack:
            stack.pop()
        elif symbol == "," and stack:
            stack[-1][2] = True
    return lines
