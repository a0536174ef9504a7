"""A worker's probe pass: the job of kind `probe`.

Job: `{"kind": "probe", "probes": [...], "tasks": N, "workload": SPEC, "strategy": SPEC}`; `probes`
are some of `memory`, `latency`, `lag`, `trace`, as wanted of this one process.  pyperf is not used:
a worker gets no options besides the job's file.

1. With `memory`: open, a batch, then the line `memory` on standard output: the pool is warm.
   Batches go on until a line (`on`) or the end of standard input comes; then close.  The driver
   samples meanwhile.  Nothing is instrumented.  The job for the empty pass has `["memory"]` alone
   and `empty.emptied(workload)` as its workload.
2. With any of the others: open, a batch to warm up, a batch with every instrument, close.  With
   `latency` or `lag` also what that left behind, for which one more open, batch and close comes
   before where step 1 was not asked for.

So a worker runs at least two batches for each step, and one more for hygiene without `memory`.  It
leaves `result.json`, an object for `outcome.probed(result, probes)`, or like every job
`error.json`: when that comes after the line `memory`, the memory is known all the same.  What the
user's code prints goes to standard error; it reads nothing.
"""
