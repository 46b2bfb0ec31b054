"""How precise the ops and their first two derivatives are: measured against mpmath, over their whole domains."""
