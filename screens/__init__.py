"""One file a screen or dialog: compose, bind, call the Desk or the Runner. No I/O."""
