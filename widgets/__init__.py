"""What the terminal shows: one file a pane or part of one. Pure rows and thin widgets that know only the model."""
