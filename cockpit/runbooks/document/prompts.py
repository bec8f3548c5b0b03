"""How a shell asks for a command: `$ `, `user@host:~$ `, `PS> `, and the prompts of themes. Pure.

Everything behind one was typed, and what stands below it without one was printed.
"""

import re

PROMPT = re.compile(
    r"""(?x) ^\s* (?:\([\w.-]+\)\s*)? (?:[╰└]\S*?(?=[$#❯➜]))? (?:
      [\w.-]+@[\w.-]+(?:[:\ ]\S*?)?\s*[$#]     # user@host:~$
    | \[[^\[\]\n]{1,80}\]\s*[$#]               # [user@host dir]#
    | (?:➜\s+)?[\w.~/@+-]+\s+git:\([^()\n]*\)(?:\s+[✗✔±×]+)?(?:\s*[%$\#])?   # ➜  dir git:(main) ✗
    | ➜\s+[~/]\S*(?:\s+[✗✔±×]+)?               # ➜  ~
    | (?:[~/]\S*|[\w.-]+@[\w.-]+|[\w.-]+\s+(?:in|at|on)\s)[^'"|;&<>$`\n]{0,80}?\s[❯λ]   # ~/infra on main ❯
    | [\w.-]+@[\w.-]+\s+\S+\s+%                # user@host ~ %
    | [$❯»➜λ]
    | (?<=[─╼╰└])[#]                           # the second line of a prompt in two
    | PS(?:\s[^>\n]{0,200})?>
    )\s+(?=\S)"""
)
SIGNS_OF_A_PROMPT = ("$", "#", "%", ">", "❯", "»", "➜", "λ", "git:(")  # every form of it holds one of these
ROOT_PROMPT = re.compile(r"^\s*\#\s+(?=\S)")
WINDOWS_PROMPT = re.compile(r"^\s*[A-Za-z]:\\[^>\n]*>\s*\S")
CONTINUED_PROMPT = re.compile(r"^\s*>\s+(?=[A-Za-z])")  # what is typed below another prompt; no shell would redirect so
NAMES_FOLDER = re.compile(r"^\s*➜\s{2,}\S+\s+(?=\S)")  # `➜  infra kubectl ...`, where that is no program


def may_hold_prompt(text: str) -> bool:
    """False for a text in which surely nothing stands behind a prompt: what most blocks are asked first."""
    return any(sign in text for sign in SIGNS_OF_A_PROMPT)
