"""Feature files: layouts, block-wise reading, writing, and import of other formats."""
