"""What a run is and what it leaves: the plan, the records in results.jsonl, and the judgement of each sample."""
