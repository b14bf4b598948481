"""Import of arrays, CSV files and other files into feature files."""
