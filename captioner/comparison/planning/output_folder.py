"""Output folder of a comparison: not one in which another kind has written its report."""

from __future__ import annotations

from pathlib import Path

from captioner.errors import CaptionerError


def check_place(out: Path, *, trains: bool) -> None:
    """Refuse to replace the report on trainings by one on given checkpoints, or the reverse.

    A comparison that goes on, or is given other checkpoints, replaces its own report.

    Args:
        out: Folder of the comparison.
        trains: It trains its captioners, and is not given their checkpoints.

    Raises:
        CaptionerError: If a comparison of the other kind has written there.

    Example:
        >>> check_place(Path("none"), trains=True)
    """
    # A training lies in the folder of its seed; the test of a given checkpoint has no seed.
    if trains and any((out / "runs").glob("*/test.json")):
        raise CaptionerError(
            f"out: expected a folder for what is trained, found {out}, where given checkpoints were"
            " compared; name another --out"
        )
    if not trains and any((out / "runs").glob("*/*/fit.json")):
        raise CaptionerError(
            f"out: expected a folder for what is given, found {out}, where captioners were trained"
            " for a comparison; name another --out"
        )
