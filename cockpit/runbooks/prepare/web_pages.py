"""Web pages in the place of an answer: of a sign-in, a proxy, or whatever else stands before the application."""

import re

PAGE = re.compile(
    rb"\A(?:\xef\xbb\xbf)?\s*(?:<!--.*?-->\s*|<\?xml.*?\?>\s*)*<(?:!doctype\s+html|html)\b", re.IGNORECASE | re.DOTALL
)
MARKUP = re.compile(rb"<[a-zA-Z!?/]")
SIGN_IN = re.compile(rb"type\s*=\s*[\"']?password|sign[\s-]?in|log[\s-]?in|SAMLRe(?:quest|sponse)", re.IGNORECASE)
