"""Studies a prediction: its file, its curves over sizes, and how a run on AWS scores it."""
