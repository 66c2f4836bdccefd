"""One module per subcommand of bench/run.py."""
