"""Probability distributions as ``scipy.stats`` has them: densities, distribution functions and quantiles."""

from adcore.ops.stats import bounded, discrete, location_scale, multivariate, unbounded

__all__ = ["bounded", "discrete", "location_scale", "multivariate", "unbounded"]
