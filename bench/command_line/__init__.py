"""What each command takes, does and prints."""
