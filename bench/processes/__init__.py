"""Processes that never outlive us: started, waited for, ended, one run at a time."""
