// portico-billing
