"""Random input, with seeds: short in `make test`, long by `make fuzz`."""
