"""Side by side with the peers, in one run, as ratios. ``python -m benchmarks`` writes RESULTS.md beside this file."""
