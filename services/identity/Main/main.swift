// portico-identity
