// portico-ticketing
