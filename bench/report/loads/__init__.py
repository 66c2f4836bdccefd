"""The report of a load: figures of each step, what was saturated, how latency went over time, what a search found."""
