"""Special functions beyond those of ``elementwise``, each with its derivatives by all operands that have one."""

from adcore.ops.special_functions import bessel, densities, elliptic, gammas, incomplete, integrals, student, voigt

__all__ = ["bessel", "densities", "elliptic", "gammas", "incomplete", "integrals", "student", "voigt"]
