"""What is added to a checkpoint for one order and taken away after it."""
