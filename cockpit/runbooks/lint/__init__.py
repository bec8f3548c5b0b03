"""What should be mended in a document, with the line."""
