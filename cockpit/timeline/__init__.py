"""The timeline file: append-only events in a hash chain."""
