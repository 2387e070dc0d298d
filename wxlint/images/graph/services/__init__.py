"""What the image of a compose service is for, and what is known of how the service is started."""
