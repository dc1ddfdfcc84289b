// One process: configuration, log, store, server, signals, graceful drain.
