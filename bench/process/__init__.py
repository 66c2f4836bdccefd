"""What every command needs of its process: exit codes, messages, signals, and text that is safe to print."""
