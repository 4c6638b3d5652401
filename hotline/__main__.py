"""``python -m hotline``: the same as the command ``hotline``."""

from hotline.cli import main

if __name__ == "__main__":
    main()
