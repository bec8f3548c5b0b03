"""A Markdown document read into procedures, steps, tables and parameters."""
