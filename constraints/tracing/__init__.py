"""What a network does, told without allocating its weights or needing the device it is for."""
