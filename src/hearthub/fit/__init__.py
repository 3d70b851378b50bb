"""What is inside a model, which hardware it fits, and how to run it, from its metadata alone."""
