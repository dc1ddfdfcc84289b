"""What the fault tests share: processes that are killed, disks that lie, and a load whose every answer is remembered."""
