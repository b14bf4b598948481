"""The estimator, voting, predictions and model files."""
