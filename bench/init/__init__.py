"""`concbench init`: a first workload, options and sessions in a project of the user's."""
