"""What function, deployment, lab, page and benchmark agree on. Standard library only: it is in every image.

Records that the function imports at its start are named tuples: a dataclass takes several times as long to make.
"""
