"""Two samples that nothing pairs: how far apart their centres are, and how sure that is.

Welch (1947), "The generalization of 'Student's' problem when several different population variances
are involved", on trimmed means and the variances that belong to them (Yuen 1974, "The two-sample
trimmed t for unequal population variances").
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

from . import trimmed


@dataclass(frozen=True)
class Contrast:
    """The difference of two trimmed means, its standard error and Welch's degrees of freedom."""

    centre: float
    error: float
    freedom: float
    of_before: float
    """The part of the error that no further round makes smaller."""

    def half(self, misses: float) -> float:
        """Half the width of an interval that is missed on either side with this probability."""
        return quantile(self.freedom, misses) * self.error if self.error else 0.0

    def needed(self, misses: float, shown: float) -> float:
        """How far apart the truth must be for the lower end of such an interval to be above 0.

        With the probability `shown`, in another such pair of samples.
        """
        if not self.error:
            return 0.0
        from scipy.special import chdtri, nctdtrinc  # late: the driver imports this module

        # The error may be larger than it looks: its upper quartile keeps the promise.
        error = self.error * math.sqrt(self.freedom / float(chdtri(self.freedom, 0.75)))
        return error * float(nctdtrinc(self.freedom, 1 - shown, quantile(self.freedom, misses)))

    @property
    def p(self) -> float:
        """How likely, were there no difference, one so much above 0 is: one-sided."""
        if not self.error:
            return 0.0 if self.centre > 0 else 1.0
        return _above(self.freedom, self.centre / self.error)


@lru_cache(maxsize=4096)
def contrast(now: tuple[float, ...], before: tuple[float, ...]) -> Contrast:
    """Yuen's two samples, from three of each on."""
    errors = [trimmed.standard_error(one) for one in (now, before)]
    centre = trimmed.mean(now) - trimmed.mean(before)
    error = math.hypot(*errors)
    if not error:
        return Contrast(centre, 0.0, math.inf, 0.0)
    parts = (
        (own / error) ** 4 / (trimmed.kept(one) - 1)
        for own, one in zip(errors, (now, before), strict=True)
    )
    return Contrast(centre, error, 1 / sum(parts), errors[1])


@lru_cache(maxsize=4096)
def quantile(freedom: float, misses: float) -> float:
    """Of Student's t: above it with this probability."""
    from scipy.special import stdtrit  # late: the driver imports this module

    return float(-stdtrit(freedom, misses))


def _above(freedom: float, statistic: float) -> float:
    from scipy.special import stdtr  # late: as above

    return float(stdtr(freedom, -statistic))
