"""Derives everything that is shown of a run from results.jsonl, as often as wanted."""
