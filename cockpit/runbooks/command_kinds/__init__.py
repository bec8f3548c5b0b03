"""What a command does to the world, judged from its tree and from tables of what tools' words mean.

Only what is known to read, with flags that are known, is a read; what is not known is a change. The worst part of a
command counts, wherever it hides: behind pipes, `sudo`, `ssh`, `bash -c`, `kubectl exec`, in a here-document that a
shell or a database is fed. A name of a file never makes a kind lower.

`judge.py` walks a command and its wrappers, `tables.py` reads `data/*.toml`. The few tools that no table can tell are
in `requests.py` (curl), `languages.py` (find, sed, awk, python), `databases.py` (SQL by `sql.py`, Redis, mongosh) and
`operations_tools.py` (kubectl, docker, az, gh, git); `special.py` is what they share. `powershell.py` knows
cmdlets, `targets.py` files.
"""
