"""What clears findings: changes of files, proposed one by one, tried together in memory, and written at the end."""
