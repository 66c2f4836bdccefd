"""Programs for those who deploy or change this project."""
