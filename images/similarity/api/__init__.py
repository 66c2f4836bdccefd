"""Requests and answers: their fields, their checks and their texts."""
