"""Follows a run from its directory: what its journal holds, entered as it grows.

Only new lines are read, and nothing is written. To see whether the sweep still runs, its lock is
tried for an instant, which the sweep waits out.
"""

from __future__ import annotations

from dataclasses import dataclass

from ...orchestrator.journal import read_journal
from ..run_folder import RunFolder
from ..sweep import Sweep, entered, unread


@dataclass
class Follower:
    """What is known of a run.

    Attributes:
        sweep: as it stood at the last look.
        read_entries: of the journal.
        read_bytes: of the journal.
    """

    sweep: Sweep
    read_entries: int = 0
    read_bytes: int = 0

    @staticmethod
    def of(folder: RunFolder) -> Follower:
        """Read a run as it stands.

        Raises:
            RunError: if the folder is no run.
            JournalError: if its journal is damaged.
        """
        follower = Follower(unread(folder))
        follower.look()
        return follower

    def look(self) -> bool:
        """Enter what has happened since the last look.

        Returns:
            Whether anything has.

        Raises:
            JournalError: if the journal is damaged.
        """
        journal = self.sweep.folder.journal
        if journal.stat().st_size <= self.read_bytes:
            if self.sweep.finished and self.sweep.judged is None:  # judged after its last entry
                self.sweep = entered(self.sweep, [])
            return False
        entries, size_bytes = read_journal(journal, (self.read_entries, self.read_bytes))
        self.sweep = entered(self.sweep, entries)
        self.read_entries += len(entries)
        self.read_bytes += size_bytes
        return bool(entries)
