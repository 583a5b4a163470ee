"""Methods that change the input and see what the quantity does."""
