"""Forms and questions over another screen."""
