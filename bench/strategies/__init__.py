"""The built-in strategies, one a file: the first underscore of a file's name reads as +."""
