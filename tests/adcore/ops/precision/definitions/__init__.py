"""What each op is, by mpmath: a table of definitions, or of reasons why there is none."""

from dataclasses import replace

from tests.adcore.ops.precision.definitions.bessel import BESSEL
from tests.adcore.ops.precision.definitions.definition import Definition
from tests.adcore.ops.precision.definitions.distributions import DISTRIBUTIONS
from tests.adcore.ops.precision.definitions.elementary import ELEMENTARY
from tests.adcore.ops.precision.definitions.gammas import GAMMAS
from tests.adcore.ops.precision.definitions.incomplete import INCOMPLETE
from tests.adcore.ops.precision.definitions.integrals import INTEGRALS
from tests.adcore.ops.precision.definitions.normal import NORMAL
from tests.adcore.ops.precision.definitions.reductions import REDUCTIONS

_TABLE: dict[str, Definition] = {
    **ELEMENTARY,
    **NORMAL,
    **GAMMAS,
    **BESSEL,
    **INTEGRALS,
    **INCOMPLETE,
    **DISTRIBUTIONS,
    **REDUCTIONS,
}
DEFINITIONS = {name: replace(definition, op=definition.op or name) for name, definition in _TABLE.items()}
"""By the name of a row of the table, which is the op's, or begins with it."""
