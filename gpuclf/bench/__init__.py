"""Benchmarks: commands that check agreement and print ratios of what was timed in the same run."""
