"""The rows of `make acceptance ARGS=decide`, one file for what they are about."""
