"""The review desk: a local web app for fact-checkers. Importing this loads nothing of it."""
