"""Lists, dictionaries and strings as Python has them."""
