"""Measures what an issue asks for, in one file per topic; `make acceptance ARGS=TOPIC` prints what is met."""
