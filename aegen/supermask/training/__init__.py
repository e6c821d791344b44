"""Training masks: one loop for classifiers and autoencoders, its recipe and its history."""
