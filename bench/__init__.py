"""The benchmark: measures one similarity function on several model storages, over HTTP, and says how sure it is."""
