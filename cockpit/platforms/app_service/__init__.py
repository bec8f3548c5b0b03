"""Azure App Service: sites with their slots, what is deployed where, and the swap of two of them."""
