"""Charts as SVG text: self-contained, deterministic, readable without colour, at two widths."""
