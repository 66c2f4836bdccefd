"""Runs functions: execution environments, the runtime emulator, memory limits, logs and REPORT lines."""
