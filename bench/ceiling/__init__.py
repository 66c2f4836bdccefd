"""How near storages and encoder are to what they can physically deliver: raw reads and rivals beside ours."""
