"""What is claimed to be fast, measured: `make bench` runs `bench`."""
