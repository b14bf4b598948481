"""Cross-validation: splits, folds, scores, permutation test and checkpoint."""
