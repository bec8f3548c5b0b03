"""The themes that `theme` in cockpit.toml may name."""

OURS = ("dark", "light", "high-contrast", "ansi")
"""The words to choose from."""

FULL = (
    *("cockpit-dark", "cockpit-light", "cockpit-high-contrast", "ansi-dark", "ansi-light", "atom-one-dark"),
    *("atom-one-light", "catppuccin-frappe", "catppuccin-latte", "catppuccin-macchiato", "catppuccin-mocha", "dracula"),
    *("flexoki", "gruvbox", "monokai", "nord", "rose-pine", "rose-pine-dawn", "rose-pine-moon", "solarized-dark"),
    *("solarized-light", "textual-dark", "textual-light", "tokyo-night"),
)
"""The full names of these and of the screen library's own."""
