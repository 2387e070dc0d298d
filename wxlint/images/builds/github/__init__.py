"""What GitHub workflows build and use: jobs in each round of their matrix, with the actions that they call."""
