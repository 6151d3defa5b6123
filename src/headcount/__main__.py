"""`python -m headcount` is the command `headcount`."""

from headcount.cli import main

if __name__ == "__main__":
    main()
