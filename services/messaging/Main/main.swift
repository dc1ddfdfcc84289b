// portico-messaging
