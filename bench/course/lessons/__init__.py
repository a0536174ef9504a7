"""The lessons, one a file.  To add one, copy `three_sleeps.py`: nothing else has to be told.

The file's name is the lesson's name, the class is the same in capitals.  All that stands above the
class is the program that readers see (with those of the imports that it uses) and that is run.
`SECOND` is what a second of the tutorials becomes.

- `ways()` names what is run in each round: functions and coroutine functions without arguments; a
  context manager may yield them, where they share something.  A way gives its seconds, under its
  name; and where it returns a dict, these readings too, as `way.key`.
- `claims` are checked on those readings.  `absent()` (optional) says which of them cannot be
  checked here, and why.
- `fixture()` (optional) runs what the lesson needs beside it, such as a server, in another process;
  what it yields arrives in fields.
- `rounds` (optional) is how often all ways are run, where 7 rounds take too long or tell little.
"""
