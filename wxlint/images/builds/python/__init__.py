"""What Python programs build and use, by the command lines in them; nothing of them runs."""
