"""`hearthub`, and `python -m hearthub`."""

from hearthub.cli import main

if __name__ == "__main__":
    main()
