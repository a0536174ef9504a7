"""`python -m concbench`."""

from concbench.cli import main

if __name__ == "__main__":
    main()
