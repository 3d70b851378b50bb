"""What `make demo` shows: a hub with a little content of our own making, in real formats."""
