"""The rows of `make acceptance ARGS=storages`, one file for what they are about."""
