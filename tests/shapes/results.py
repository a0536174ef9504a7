"""What tasks return: each of these is measured, and compared across processes."""

from __future__ import annotations

import collections
import dataclasses
import datetime
import decimal
import enum
import fractions
import ipaddress
import math
import os
import pathlib
import random
import re
import uuid


class Colour(enum.Enum):
    RED = 1
    BLUE = 2


Point = collections.namedtuple("Point", "x y")


@dataclasses.dataclass
class Order:
    number: int
    lines: list


@dataclasses.dataclass(frozen=True)
class Nested:
    order: Order
    price: float


class Money:
    def __init__(self, cents):
        self.cents = cents

    def __eq__(self, other):
        return self.cents == other.cents

    __hash__ = None


def integer(i):
    return i


def big_integer(i):
    return 10**300 + i


def truth(i):
    return i % 2 == 0


def text(i):
    return f"täsk {i} \N{SNOWMAN}"


def surrogate(i):
    return f"\udc80{i}"


def float_(i):
    return i / 7


def nan(i):
    return [i, math.nan]


def infinity(i):
    return [i, math.inf, -math.inf]


def negative_zero(i):
    return [i, -0.0]


def tiny(i):
    return 5e-324 * (i + 1)


def complex_(i):
    return complex(i, -i)


def bytes_(i):
    return bytes([i, 255])


def bytearray_(i):
    return bytearray(i + 1)


def tuple_(i):
    return (i, (i, [i]))


def empty(i):
    return [[], {}, "", i]


def nested(i):
    return [{"a": [{"b": [i] * 3}]}] * 2


def dict_of_numbers(i):
    return {i: 1, 2.5: "x", None: i}


def dict_of_tuples(i):
    return {(i, 0): "x", (0, i + 1): "y"}


def set_(i):
    return {f"{i}", "b", "c"}


def frozenset_(i):
    return frozenset({i, "x", (1, 2)})


def date(i):
    return datetime.date(2024, 1, 1 + i)


def datetime_(i):
    return datetime.datetime(2024, 1, 1, i, tzinfo=datetime.UTC)


def timedelta(i):
    return datetime.timedelta(days=i)


def decimal_(i):
    return decimal.Decimal(i) / 7


def fraction(i):
    return fractions.Fraction(i, 7)


def uuid_(i):
    return uuid.UUID(int=i)


def path(i):
    return pathlib.Path("/tmp") / str(i)


def address(i):
    return ipaddress.ip_address(i)


def enum_(i):
    return Colour(1 + i % 2)


def named_tuple(i):
    return Point(i, -i)


def dataclass(i):
    return Order(i, [i, i])


def frozen_dataclass(i):
    return Nested(Order(i, []), i / 3)


def own_class(i):
    return Money(i)


def exception(i):
    return ValueError("bad", i)


def deque(i):
    return collections.deque([i, 1])


def counter(i):
    return collections.Counter("abc" * i + "d")


def ordered_dict(i):
    return collections.OrderedDict(b=i, a=1)


def default_dict(i):
    return collections.defaultdict(list, {i: [1]})


def range_(i):
    return range(i, 10)


def pattern(i):
    return re.compile(f"a{i}")


def rows(i):
    return [{"id": n, "name": f"n{n}", "score": n / 3} for n in range(i, i + 20)]


def sum_in_any_order(i):
    """Floats are equal within 1e-9, whatever the order in which a process adds them up."""
    numbers = [0.1 * n for n in range(100 + i)]
    random.Random(os.getpid()).shuffle(numbers)
    return sum(numbers)


def array(i):
    import numpy as np

    return np.arange(6).reshape(2, 3) * i


def float_array(i):
    import numpy as np

    return np.linspace(0, 1, 1000 + i)


def array_of_nan(i):
    import numpy as np

    return np.array([np.nan, i, np.inf])


def complex_array(i):
    import numpy as np

    return np.array([1j, i])


def text_array(i):
    import numpy as np

    return np.array(["a", f"b{i}"])


def object_array(i):
    import numpy as np

    return np.array([{"a": i}, None], dtype=object)


def structured_array(i):
    import numpy as np

    return np.array([(i, 0.5)], dtype=[("n", "i4"), ("x", "f8")])


def numpy_scalar(i):
    import numpy as np

    return np.float32(i) / 3


def numpy_datetime(i):
    import numpy as np

    return np.datetime64("2024-01-01") + i


def product_in_any_order(i):
    """A library for linear algebra promises no last digit."""
    import numpy as np

    numbers = np.random.default_rng(i).random(500)
    return numbers[np.random.default_rng(os.getpid()).permutation(500)].sum()


def frame(i):
    import pandas as pd

    return pd.DataFrame({"a": [1, i], "b": [0.5, i / 3], "c": ["x", None]})


def series(i):
    import pandas as pd

    return pd.Series([1.5, i], index=["a", "b"])


def timestamp(i):
    import pandas as pd

    return pd.Timestamp("2024-01-01") + pd.Timedelta(days=i)
