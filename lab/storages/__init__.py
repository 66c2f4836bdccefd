"""The storages of a lab: object store, mounted file system and image file system."""
