"""Where in a PowerShell command a letter stands; as `quoting` for bash, and as strict about what it is not sure of."""

from cockpit.runbooks.quoting import Context

DOUBLE = '"\u201c\u201d\u201e'  # PowerShell takes typographic quotes for quotes
SINGLE = "'\u2018\u2019\u201a\u201b"


def find_powershell_contexts(command: str) -> list[Context]:
    """The context of every letter. Here-strings, `$( )` in quotes and open quotes make all of it ELSEWHERE."""
    if '@"' in command or "@'" in command:
        return [Context.ELSEWHERE] * len(command)
    found: list[Context] = []
    quote = Context.BARE
    while (at := len(found)) < len(command):
        letter = command[at]
        if quote is Context.DOUBLE and command.startswith("$(", at):
            return [Context.ELSEWHERE] * len(command)
        if letter == "`" and quote is not Context.SINGLE:
            found.extend([quote] * min(2, len(command) - at))
            continue
        if letter == "#" and quote is Context.BARE and (at == 0 or command[at - 1].isspace()):
            end = command.find("\n", at)
            found.extend([Context.COMMENT] * ((len(command) if end < 0 else end) - at))
            continue
        found.append(quote)
        quote = after(letter, quote)
    return found if quote is Context.BARE else [Context.ELSEWHERE] * len(command)


def after(letter: str, quote: Context) -> Context:
    """The context behind a letter."""
    if quote is Context.BARE:
        return Context.DOUBLE if letter in DOUBLE else Context.SINGLE if letter in SINGLE else quote
    closers = DOUBLE if quote is Context.DOUBLE else SINGLE
    return Context.BARE if letter in closers else quote
