"""Everything that is derived from results.jsonl, and can be derived again."""
