"""Distribution-free statistics: pure functions over raw points."""
