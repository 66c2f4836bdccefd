"""Measures of what an issue asks for, one file a topic; `make acceptance ARGS=TOPIC` prints what is met."""
