"""What Azure tells of changes and of itself: the activity log of the resource group, and outages of its services."""
