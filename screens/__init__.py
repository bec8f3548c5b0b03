"""One folder for each screen, the dialogs, and what they share.

They compose, bind keys, and call the incident actions or the Runner. No I/O.
"""
