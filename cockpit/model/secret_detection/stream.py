"""Secrets that nobody named are taken out of a stream of bytes, of which the end is not known. Standard library only.

What may be the beginning of one is held back: a word that may go on, a line with a hint, the data of an object whose
kind is not decided yet. The lines of a private key are dropped as they come, so that no length of it is held.
"""

import codecs

from cockpit.model.secret_detection.detect import (
    AROUND,
    AS_WRITTEN,
    DOTS,
    IN_SMALL_LETTERS,
    IS_A_SECRET,
    KEY_HEADER,
    LED_KEY_LINE,
    PRIVATE_KEY,
    PRIVATE_KEY_BEGINS,
    PUTTY_KEY_BEGINS,
    compiled,
    detect_secrets,
    lower_case,
)

LONGEST_HELD = 65_536  # characters of what may become a secret; what goes on for longer is passed on as it then looks
LEFT_HELD = 4_096  # of these, what stays for the next look
LINE_BEFORE = 512  # characters of a line that is passed on already, by which what follows is understood
NAME_ENDS_A_LINE = (
    r"(?i)(?:pass(?:word|wd|phrase|code)?|pwd|secret|token|key|credentials?|_pat|_pw)"
    r"(?:[_-]?\w{1,9})?[\"']?,?(?:[ \t]*:[ \t]*[|>][+-]?\d?)?[ \t]*\r?\Z"
)
BLOCK_OPENED = r"[^\n]*:[ \t]*[|>][+-]?\d?[ \t]*\r?\n[ \t]*[^\s]*\Z"  # in YAML: a value begins here
LAST_LINES, SHORT_LINE = 3, 120  # how far from its name a value may stand, and in lines of which length
LONGEST_KEY = 200  # lines
LAST_WORD_OF_KEY = (
    rf"^(?:{KEY_HEADER}.*|\s*|[A-Za-z0-9+/=]{{1,76}}|{DOTS})$"
    rf"|(?<=[\s|:>\]\"'])(?:[A-Za-z0-9+/=]{{16,76}}|{DOTS})[\s\"',]*$"
)
KEY_GOES_ON = "-----BEGIN PRIVATE KEY-----"
LED_KEY_OPEN = rf"(?P<first>[^\n]{{1,200}}?{PRIVATE_KEY_BEGINS}[ \t\r]*)\n(?:{LED_KEY_LINE}\n)*(?P<rest>[^\n]*)\Z"
OPEN_DATA = r"(?m)^[ \t-]*\"?(?:stringData|data)\"?:[ \t]*\{?[ \t]*\r?\n"


class DetectedSecretMask:
    """Bytes in, bytes without secrets out. What may be the beginning of one is held back until more has come."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
        self._before = ""  # passed on already, and still needed to understand what follows
        self._held = ""
        self._in_key = False  # lines of a private key are dropped as they come

    @property
    def holds(self) -> bool:
        """Whether it waits for what comes next."""
        return bool(self._held) or self._in_key

    def feed(self, chunk: bytes) -> bytes:
        text = self._before + self._held + self._decoder.decode(chunk)
        key = _find_open_key(text)
        if key < 0:
            return self._pass_on(text, _hold_from(text))
        shown = self._pass_on(text[:key], key) + (b"" if self._in_key else DOTS.encode())
        self._before, self._held, self._in_key = KEY_GOES_ON, text[max(key, text.rfind("\n")) :], True
        return shown

    def settle(self) -> bytes:
        """Nothing has come for a while: what is held only because a word may go on is passed on."""
        if not self._held or self._in_key or _find_led_key(self._before):
            return b""
        text = self._before + self._held
        return self._pass_on(text, _hold_from(text, quiet=True))

    def flush(self) -> bytes:
        """What was held back, at the end."""
        text = self._before + self._held + self._decoder.decode(b"", final=True)
        return self._pass_on(text, len(text))

    def _pass_on(self, text: str, cut: int) -> bytes:
        position = len(self._before)
        if len(text) - position > LONGEST_HELD:
            cut = max(cut, len(text) - LEFT_HELD)
        cut, pieces = max(cut, position), list[str]()
        for start, end in detect_secrets(text) if cut > position else ():
            if start >= cut or end <= position:
                continue
            pieces += [text[position:start], "" if self._in_key and start <= position else DOTS]
            position = end
        cut = max(cut, position)
        pieces.append(text[position:cut])
        if cut > len(self._before):
            self._before, self._in_key = _keep_context(text[:cut]), False
        self._held = text[cut:]
        return "".join(pieces).encode("utf-8", "surrogateescape")


class KeyLineMask:
    """Lines of one log, each of which was masked by itself, without those that are of a private key."""

    def __init__(self) -> None:
        self._left = 0  # how many more lines may belong to the key that began

    def hide(self, line: str) -> str:
        if "PRIVATE KEY" in line:
            begins = [match.end() for match in compiled(PRIVATE_KEY_BEGINS).finditer(line)]
            self._left = LONGEST_KEY if begins and "-----END " not in line[begins[-1] :] else 0
            return line
        match = compiled(LAST_WORD_OF_KEY).search(line) if self._left else None
        if match is None:
            self._left = 0
            return line
        self._left -= 1
        return f"{line[: match.start()]}{DOTS}"


def _find_open_key(text: str) -> int:
    """Where the lines of a private key begin that has no end yet; -1 where there is none."""
    if "PRIVATE KEY" not in text:
        return -1
    *_, last = 0, *(match.start() for match in compiled(PRIVATE_KEY_BEGINS).finditer(text))
    match = compiled(PRIVATE_KEY).match(text, last)
    return match.start("value") if match and match.end() == len(text) and "\n" in match["value"] else -1


def _find_led_key(text: str) -> str:
    """The first line of a private key whose lines have something before them, as long as it goes on; else ""."""
    if "PRIVATE" not in text:
        return ""
    *_, last = 0, *(match.start() for match in compiled(PRIVATE_KEY_BEGINS).finditer(text))
    match = compiled(LED_KEY_OPEN).match(text, text.rfind("\n", 0, last) + 1)
    return match["first"] if match else ""


def _keep_context(text: str) -> str:
    """What of a text that is passed on is needed for what follows: its last line, or the head of an object."""
    if begins := _find_led_key(text):
        return f"{begins}\n{text[text.rfind(chr(10)) + 1 :]}"
    around = text[-AROUND:]
    if "apiVersion" in around or "/secrets/" in around or ("kind" in around and compiled(IS_A_SECRET).search(around)):
        return around
    return text[max(text.rfind("\n") + 1, len(text) - LINE_BEFORE) :]


def _hold_from(text: str, *, quiet: bool = False) -> int:
    """From where on a text may be the beginning of a secret that is not whole yet; its length where nothing is."""
    line_start = text.rfind("\n") + 1
    line = text[line_start:]
    starts = [len(text)]
    hints = [position for _, position in IN_SMALL_LETTERS.find(lower_case(line))]
    hints += [position for _, position in AS_WRITTEN.find(line)]
    if hints:
        starts.append(line_start + (min(hints) if quiet else 0))
    tail = text[max(line_start, len(text) - LEFT_HELD) :]
    if not quiet and tail and not tail[-1].isspace() and compiled(r"\w").search(run := tail.split()[-1]):
        starts.append(len(text) - len(run))
    if "PuTTY" in text:
        *_, last = 0, *(match.start() for match in compiled(PUTTY_KEY_BEGINS).finditer(text))
        if "Private-MAC" not in text[last:]:
            starts.append(last)
    if "apiVersion" in text:
        *_, data = -1, *(match.start() for match in compiled(OPEN_DATA).finditer(text))
        if data >= 0 and not compiled(r"\bkind\b[^\n]*\n|\n---").search(text, data):
            starts.append(data)
    if quiet and (match := compiled(BLOCK_OPENED).search(text)):
        starts.append(match.start())
    if not quiet:
        starts.append(_find_name_without_value(text, line_start))
    return min(starts)


def _find_name_without_value(text: str, end: int) -> int:
    """Where a line begins that ends in the name of a secret, of which the value may stand on the next ones."""
    start = len(text)
    for _ in range(LAST_LINES):
        if not end:
            break
        line_start = text.rfind("\n", 0, end - 1) + 1
        line = text[line_start : end - 1]
        if compiled(r"(?i)\bvalue").search(line[:SHORT_LINE]):
            break
        if len(line) <= SHORT_LINE and compiled(NAME_ENDS_A_LINE).search(line):
            start = line_start
        end = line_start
    return start
