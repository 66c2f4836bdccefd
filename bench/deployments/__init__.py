"""Deployments that can be measured: their outputs, how they are reached, and how their functions are changed."""
