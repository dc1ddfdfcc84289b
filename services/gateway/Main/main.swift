// portico-gateway
