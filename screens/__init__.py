"""One file a screen or dialog: compose, bind, call the incident actions or the Runner. No I/O."""
