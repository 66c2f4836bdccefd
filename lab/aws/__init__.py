"""Everything that looks like AWS from outside: the account, its APIs, the gateway and its events."""
