// The contract of a transactional store, told once for both engines.
