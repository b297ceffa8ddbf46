"""``python -m twinspace_rt``."""

from twinspace_rt.cli import main

if __name__ == "__main__":
    main()
