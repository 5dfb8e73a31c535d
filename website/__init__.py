"""How the documentation becomes a site, and the picture of a report is made."""
