// Shared by the service tests.
