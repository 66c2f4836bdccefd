"""What function, deployment, lab, page and benchmark agree on. Standard library only: it is in every image."""
