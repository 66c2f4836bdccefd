"""Gives the lab's execution environments the limits that published figures give to those of Lambda."""
