"""The commands of the command line.

Each has two modules of its name. The one here says what it takes and checks what can be checked of
the arguments by themselves: ``run(argv) -> exit code``. It imports neither torch nor Lightning, so
that a mistake is answered at once. The one in ``work`` does what was asked for; ``run`` imports
what is heavy last, within ``captioner.garbage_collection.gc_paused``.

For ``fit``, ``validate``, ``test`` (all in ``train``), ``tune``, ``inspect`` and ``shard`` the
parser is one of ``work``, as it knows the settings of a model and of data from their classes;
before it, ``parsing.preflight`` checks what can be known without them.
"""
