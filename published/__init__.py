"""Published figures of AWS Lambda and its storages, with their sources; nothing here was measured by this project."""
