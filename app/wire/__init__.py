"""What travels: JSON texts to values, values to arrays, and answers back to JSON; and what browsers are told."""
