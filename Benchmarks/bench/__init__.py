"""The parts of `Benchmarks/run`: the servers, the load, the report."""
