"""From frames to feature vectors: streaming, aggregation, scaling, cache."""
