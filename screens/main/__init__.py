"""The main screen: panes, keys, hint, palette."""
