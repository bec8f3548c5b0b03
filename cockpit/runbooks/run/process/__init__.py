"""Shell steps under a supervisor that outlives the screen."""
