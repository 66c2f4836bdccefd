"""Uses this machine: work folder, janitor, ports, page cache, programs inside an image."""
