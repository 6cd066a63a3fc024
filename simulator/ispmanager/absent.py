"""What the accounts of an ispmanager have beyond themselves, and is not emulated: sites, domains, mail, databases, files.

Clients ask for them right after making an account; they are told that it is not emulated here (vendor's API index; the
clients named in `calls`).
"""

from __future__ import annotations

__all__ = ["ABSENT", "GROUPS"]

GROUPS = {
    "sites": ("webdomain", "site", "webscript", "phpversions", "phpconf", "errorpage", "redirect"),
    "domain names": ("domain", "domain.record", "slaveserver"),
    "mail": ("emaildomain", "email", "email.responder", "email.sorter", "mail.settings"),
    "databases": ("db", "db.users", "db.server"),
    "files and jobs": ("file", "ftp.user", "scheduler", "backup", "backup2", "backup2.list"),
    "certificates": ("sslcert", "letsencrypt"),
}
_VERBS = ("", ".edit", ".delete", ".suspend", ".resume", ".filter")

ABSENT = frozenset(f"{name}{verb}" for names in GROUPS.values() for name in names for verb in _VERBS)
