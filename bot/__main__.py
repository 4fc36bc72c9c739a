"""`python -m bot` and the `easel` command: hands over to the command line."""

from bot.cli.app import main

if __name__ == "__main__":
    main()
