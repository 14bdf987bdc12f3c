"""Claims with numbers made up from their seeds, for the tests of what measures, keeps and lists claims."""
