"""The service: the core behind HTTP and on the command line."""

import os

# The service spreads requests over threads, not one matrix product over cores: on few cores the threads of BLAS stand
# in one another's way, and how many there are must not show in the bits of an answer. BLAS reads this when it is
# loaded.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
