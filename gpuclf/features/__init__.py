"""Features on disk: what a feature file looks like, reading it block by block, writing it."""
