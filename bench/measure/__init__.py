"""Carries out a plan, or an open-loop load, against a deployment and records every request."""
