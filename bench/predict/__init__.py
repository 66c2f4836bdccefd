"""Predicts how long a function's cold starts and warm requests take on Lambda, from a run and published figures."""
