"""The words of scenario files, as models: bad input is told with its place."""
