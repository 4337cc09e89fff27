"""The commands of the command line, one module each: ``run(argv) -> exit code``."""
