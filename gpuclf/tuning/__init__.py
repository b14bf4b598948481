"""Search for hyper-parameters: spaces, strategies, nested cross-validation."""
