"""`python tests/signed_in.py ARGUMENTS`: the `cockpit` command of `ana`, whoever runs the tests.

On a build machine that is often root, a login that nobody's name stands for: the cockpit would ask who it is.
"""

import sys
from pathlib import Path

COMMAND = (sys.executable, str(Path(__file__).absolute()))

if __name__ == "__main__":
    sys.path.pop(0)  # this folder is no place to import from

    from cockpit.cli import login, main

    login.login_name = lambda: "ana"
    main()
