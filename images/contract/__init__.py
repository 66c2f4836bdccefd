"""Shared by function, deployment, lab, page and benchmark; standard library only, as it is in every image.

Records that the function imports at its start are named tuples: a dataclass takes several times as long to make.
"""
