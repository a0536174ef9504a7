"""What the machine, the interpreter and the processes say of themselves."""
