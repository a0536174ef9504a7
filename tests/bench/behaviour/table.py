"""What strategies answer; a number is another one on each machine."""

from __future__ import annotations

TABLE = """
          | sequential     | threading      | multiprocessing | asyncio         | asyncio+to_thread | asyncio+run_in_executor | asyncio+processpool
order     | in order       | in order       | in order        | in order        | in order          | in order                | in order
running   | -              | runs on        | runs on         | cancelled       | runs on           | runs on                 | runs on
waiting   | dropped        | dropped        | dropped         | dropped         | dropped           | dropped                 | dropped
error     | first in order | first in order | first in order  | group of 1 of 2 | group of 1 of 2   | group of 1 of 2         | group of 1 of 2
timeout   | at once        | after closing  | after closing   | at once         | after closing     | after closing           | after closing
behind    | stops          | goes on        | goes on         | stops           | goes on           | goes on                 | goes on
cancel    | TimeoutError   | nothing        | nothing         | CancelledError  | nothing           | nothing                 | nothing
shield    | -              | -              | -               | keeps it        | -                 | -                       | -
interrupt | at once        | after the task | at once         | at once         | after the task    | after the task          | at once
context   | arrives        | lost           | lost            | arrives         | arrives           | lost                    | lost
arguments | anything goes  | anything goes  | must pickle     | anything goes   | anything goes     | anything goes           | must pickle
loop      | -              | -              | -               | stands still    | goes on           | goes on                 | goes on
startup   | -              | (number)       | (number)        | (number)        | (number)          | (number)                | (number)
memory    | -              | (number)       | (number)        | (number)        | (number)          | (number)                | (number)
"""  # noqa: E501  # a table
LINES = [[cell.strip() for cell in line.split("|")] for line in TABLE.strip("\n").splitlines()]
