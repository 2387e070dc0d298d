"""What an image holds and descends from: followed from its base through every step, across stages and files."""
