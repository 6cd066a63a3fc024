"""A BILLmanager to test processing modules against: its database, its program `mgrctl`, and the calls of its queue.

It keeps services, parameters, running operations, tasks and problems under the names that BILLmanager's public modules use, in
SQLite or MariaDB; a module reads there and changes nothing but by functions. docs/billmanager.md says what it has, and from
which source. It knows nothing of the rest of Rackloop. `manager.BillManager` is
its face; nothing is imported here, so that the command line starts quickly.
"""
