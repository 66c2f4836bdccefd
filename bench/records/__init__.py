"""What is written to results.jsonl, and how it is written and read."""
