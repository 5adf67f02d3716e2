"""HTML pages from results: one a student, one for the class. Each is a single file that loads
nothing, so that it can be mailed, uploaded or printed as it is."""
