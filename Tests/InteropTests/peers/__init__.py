"""What stands on the other side: Python's gRPC, and programs of the system."""
