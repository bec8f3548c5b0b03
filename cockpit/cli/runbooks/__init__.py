"""Commands about documents: list, show, lint, the plan, exercises."""
