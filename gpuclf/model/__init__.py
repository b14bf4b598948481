"""Classifier of clips, voting, predictions and model files."""
