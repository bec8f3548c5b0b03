"""`cockpit run` and `cockpit exec`: a runbook or one command from the shell."""
