"""Where the command `rackloop` begins (and `python -m simulator`): Ctrl-C ends it quietly at any moment, also while it loads."""

import sys

__all__ = ["main"]


def main() -> None:
    """The console script's entry."""
    try:
        from simulator.cli import main as begin  # noqa: PLC0415 - what takes a while is inside

        begin()
    except KeyboardInterrupt:
        sys.stderr.write("called off\n")
        sys.exit(130)


if __name__ == "__main__":
    main()
