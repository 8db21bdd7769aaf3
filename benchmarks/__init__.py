"""Measurements of speed, memory and what blocking keeps. Run `python -m benchmarks.speed --help`."""
