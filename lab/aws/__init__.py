"""Everything that looks like AWS from the outside: the account, its APIs, the gateway and its events."""
