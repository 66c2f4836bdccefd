"""What proves the state of a sample: Lambda's own log lines and the witnesses in the answer."""
