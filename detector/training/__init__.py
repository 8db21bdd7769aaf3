"""How the shipped NLI weights are made: `python -m detector.training --data DIR --out DIR`."""
