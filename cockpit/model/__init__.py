"""The nouns of the cockpit: frozen, without I/O, standard library only. Import each from its own file."""
