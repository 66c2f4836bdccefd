"""A run and what it leaves behind: the plan, the records in results.jsonl, and the judgement of each sample."""
