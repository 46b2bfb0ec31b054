"""Python's values: lists, dictionaries, strings, None and functions mean in a program what they mean in Python."""

from __future__ import annotations

import textwrap
from typing import Any

import numpy as np
import pytest

from adcore.compiler import Compiler, Query
from adcore.errors import AdcoreError
from tests.adcore.language.evaluating import result
from tests.adcore.language.marking import unmarked

PROGRAMS = """
# or gives the first true operand
b = 0
b = b or 2.0
return b * x

# or of an input
return (x or 2.0) * 3

# or of an input that is zero
z = x - x
return (z or 2.0 * x) * 3

# and gives the last operand
return (x and x * 2) + (0 and x)

# or of None
b = None
b = b or x
return b

# or of lists
b = [] or [x, 1.0]
return sum(b)

# or of functions
f = None or np.sin
return f(x)

# a chain of or
return (None or 0 or '' or [] or x) * 2

# and among conditions that depend on inputs
return 1.0 if x > 0 and x < 5 and n else 0.0

# not of a list
return x if not [] else 0.0

# lists of one length are joined
a = [x, 2.0] + [3.0, 4.0]
return sum(a) * len(a)

# a list that is joined to itself
a = [x]
a += a
a += a
return sum(a) * len(a)

# a list is extended by a tuple
a = [x]
a += (1.0, 2.0)
return sum(a)

# a list is extended by an array
a = [x]
a += v
return sum(a) * len(a)

# a list repeated
a = [x, 1.0] * 3
return sum(a) * len(a)

# a list repeated by a whole input
a = [0.0] * n
a[0] = x
return sum(a) * len(a)

# a list repeated no times
return x + len([x, x] * 0)

# a list repeated in place
a = [x, 2.0]
b = a
a *= 2
return sum(b) * len(b)

# a list plus an array is an array
return np.sum([1.0, 2.0, x] + v)

# a list times an array is an array
return np.sum([1.0, 2.0, x] * v)

# a comprehension is a list
a = [t * x for t in v] + [1.0]
return sum(a) * len(a)

# a comprehension repeated
a = [t * x for t in v] * 2
return sum(a) * len(a)

# a list of an array is a list
a = list(v) + [x]
return sum(a) * len(a)

# what a loop has appended is a list
a = []
for t in v:
  a.append(t * x)
a = a + [1.0, 2.0, 3.0]
return sum(a) * len(a)

# a tuple joined
a = (x, 1.0) + (2.0,)
return sum(a) * len(a)

# a tuple repeated
a = (x,) * 3
return sum(a)

# a shape joined
return np.sum(np.zeros(v.shape + (2,)) + x)

# unpacking into a list
a = [1.0, *v, x]
return sum(a) * len(a)

# unpacking into a tuple
a = *v, x
return sum(a) * len(a)

# unpacking with a star
a, *b = [x, 2.0, 3.0]
return a * sum(b) * len(b)

# chained assignment
a = b = [x]
b.append(2.0)
return sum(a)

# two names of a list
a = [x]
b = a
b.append(3.0)
a[0] = 2 * x
return sum(a) + sum(b)

# a copy is another list
a = [x]
b = list(a)
c = a[:]
d = a.copy()
a.append(9.0)
return sum(b) + sum(c) + sum(d)

# joining makes another list
a = [x]
b = a
a = a + [1.0]
b.append(5.0)
return sum(a) * 10 + sum(b)

# adding in place changes the list
a = [x]
b = a
a += [1.0]
return sum(b)

# a function changes its argument
def f(a):
  a.append(x)
a = []
f(a)
f(a)
return sum(a)

# a function changes a dictionary
def f(p):
  p['w'] = p['w'] * x
p = {'w': 2.0}
f(p)
f(p)
return p['w']

# a function changes what is around it
a = []
def f(t):
  a.append(t)
  return t
return f(x) + f(2 * x) + sum(a)

# a list in a list
a = [[x], [2.0]]
b = a[0]
b.append(3.0)
return sum(a[0]) * sum(a[1])

# one list repeated in a list
a = [[0.0]] * 2
a[0].append(x)
return sum(a[1])

# rows of a comprehension
a = [[0.0] * 2 for _ in range(2)]
a[1][0] = x
a[0][1] = 3.0
return sum(a[0]) * sum(a[1])

# a row of a comprehension grows
a = [[x] for _ in range(2)]
a[0].append(5.0)
return sum(a[0]) + sum(a[1]) * len(a[1])

# a list in a dictionary
a = [x]
p = {'a': a}
p['a'].append(2.0)
return sum(a)

# a list in a branch
a = [x]
b = a
if len(v) > 1:
  b.append(2.0)
return sum(a)

# a list in a branch on an input
a = [x, 0.0]
b = a
if x > 0:
  b[1] = 2.0 * x
return sum(a)

# a dictionary in a branch on an input
p = {'w': x}
q = p
if x > 0:
  q['w'] = x ** 2
return p['w']

# the list methods
a = [3.0, 1.0, 2.0]
a.sort()
a.insert(1, 7.0)
b = a.pop()
c = a.pop(0)
a.reverse()
a.extend([b, c])
return sum(t * 10.0**i for i, t in enumerate(a)) + a.index(3.0) + a.count(2.0) * x

# a list sorted backwards
a = [1.0, 3.0, 2.0]
a.sort(reverse=True)
return a[0] * x + a[2]

# a list sorted by a key
a = [(1, x), (0, 2.0)]
a.sort(key=lambda t: t[0])
return a[0][1] - a[1][1]

# sorted
a = sorted([3.0, 1.0, 2.0])
b = sorted(v, reverse=True)
return a[0] * x + b[0]

# numbers sorted that depend on inputs
a = [x, -x, 3 * x]
a.sort()
return a[0] + 2 * a[1] + 5 * a[2]

# names sorted
p = {'b': x, 'a': 2.0}
return sum(p[k] * (i + 1) for i, k in enumerate(sorted(p)))

# remove and clear
a = [1.0, 2.0, 3.0]
a.remove(2.0)
s = sum(a)
a.clear()
return s * x + len(a)

# del of an element
a = [1.0, x, 3.0]
b = a
del a[0]
return b[0] + len(a)

# del of a key
p = {'a': x, 'b': 2.0}
del p['b']
return p['a'] * len(p)

# del of a name
a = x
b = a * 2
del a
return b

# an item assigned
a = [0, 0, 0]
a[1] += 2
a[-1] = x
return sum(a) * a[1]

# a slice assigned
a = [1.0, 2.0, 3.0]
a[1:] = [x]
return sum(a) * len(a)

# items assigned in a loop
a = [0.0] * 3
for i in range(3):
  a[i] = x * i
b = a + [1.0]
return sum(b) * len(b)

# a list swapped
a = [x, 2.0]
a[0], a[1] = a[1], a[0]
return a[0] - a[1]

# a list in a condition
a = [x]
s = 0.0
if a:
  s = a[0]
return s

# a stack
a = [1.0, x]
s = 0.0
while a:
  s = s * 2 + a.pop()
return s

# lists compared
return x * ([1, 2] == [1, 2]) + ([1] == [1, 2]) + ([x] == [x])

# in a list of names
return x if 'a' in ['a', 'b'] and 'c' not in ('a', 'b') else 0.0

# in a set
kind = 'a'
return x if kind in {'a', 'b'} else 0.0

# switch by a string
kind = 'cubic'
if kind == 'linear':
  return x
elif kind == 'cubic':
  return x**3
return 0.0

# a switch without a match raises
kind = 'a'
if kind == 'a':
  y = x
else:
  raise ValueError(f'unknown kind {kind!r}')
return y

# string methods
k = ' Linear '.strip().lower()
return x if k == 'linear' and k.startswith('lin') else 0.0

# string operators
k = 'a' + 'b' * 2
return x * len(k) + (k == 'abb') + ('b' in k)

# parts of strings
k = 'abc'
return x if k[0] == 'a' and k[-1] == 'c' and k[1:] == 'bc' else 0.0

# a string is gone over
return sum(x * (c == 'b') for c in 'abba')

# split and join
a, b = 'p,q'.split(',')
return x * (a + b == 'pq') + len('-'.join(['a', 'b']))

# keys by f-strings
p = {f'w{i}': x * i for i in range(3)}
return sum(p[f'w{i}'] for i in range(3))

# an f-string that shows a value
s = f'x is {x:.3f}'
t = s + '!'
return x

# formats
k = 'w{}'.format(1)
m = 'w%d' % 2
p = {'w1': x, 'w2': 2.0}
return p[k] * p[m] + int(str(3))

# a dictionary
p = {'W': v, 'b': x}
return np.sum(p['W']) * p['b']

# dict()
p = dict(a=x, b=2.0)
q = dict(p, b=3.0)
r = dict([('a', 1.0)])
return p['a'] * p['b'] + q['b'] + r['a']

# items
s = 0.0
for k, t in {'a': x, 'b': 2.0}.items():
  s += t * (2 if k == 'a' else 3)
return s

# items of unequal shapes
s = 0.0
for k, t in {'a': x, 'b': v}.items():
  s = s + np.sum(t)
return s

# keys and values
p = {'a': x, 'b': 2.0}
return sum(p.values()) * len(p.keys()) + ('a' in p) + ('z' in p.keys())

# a dictionary is gone over by its keys
p = {'a': x, 'b': 2.0}
return sum(p[k] for k in p)

# get, setdefault, pop, update
p = {'a': x}
p.setdefault('b', 2.0)
p.update({'c': 3.0}, d=4.0)
e = p.pop('c')
f = p.pop('z', 5.0)
return p.get('a') * p.get('q', 7.0) + p['b'] + p['d'] + e + f + (p.get('q') is None)

# dictionaries joined
p = {**{'a': 1.0}, 'b': x} | {'a': 5.0}
return p['a'] * p['b']

# a dictionary's comprehension
p = {k: t**2 for k, t in {'a': x, 'b': 2.0}.items() if k != 'b'}
return p['a'] + len(p)

# keys of numbers and tuples
p = {1: x, (0, 1): 2.0}
return p[1] * p[0, 1]

# nested dictionaries
p = {'l': {'w': x}}
p['l']['w'] *= 3
p['l']['b'] = 1.0
return p['l']['w'] + p['l']['b']

# an array in a dictionary is changed
p = {'w': np.zeros(2)}
p['w'][0] = x
p['w'] += 1.0
return np.sum(p['w'])

# parameters in a loop
p = {'w': x, 'b': 1.0}
for _ in range(400):
  p['w'] -= 0.01 * p['w']
  p['b'] += 0.1
return p['w'] + p['b']

# parameters of layers
layers = [(np.ones((2, 3)), np.ones(2)), (np.ones((1, 2)), np.ones(1))]
h = v
for W, b in layers:
  h = np.tanh(W @ h * x + b)
return np.sum(h)

# enumerate over layers
h = v
for i, (W, b) in enumerate([(np.ones((2, 3)), x), (np.ones((1, 2)), 2.0)]):
  h = W @ h + b * i
return np.sum(h)

# reversed and zip over unlike items
s = 0.0
for a, b in zip([v, x], reversed([1.0, 2.0])):
  s += np.sum(a) * b
return s

# items by position
layers = [v, x]
s = 0.0
for i in range(len(layers)):
  s += np.sum(layers[i])
return s

# a while over items
layers = [v, x]
i = 0
s = 0.0
while i < len(layers):
  s += np.sum(layers[i])
  i += 1
return s

# like items in a long loop
s = 0.0
for a, b in [(x, 1.0), (2.0, x)] * 200:
  s += a * b
return s

# functions in a list
s = 0.0
for f in [np.sin, np.cos, lambda t: t**2]:
  s += f(x)
return s

# functions in a dictionary
acts = {'relu': lambda t: np.maximum(t, 0), 'tanh': np.tanh}
return acts['tanh'](x)

# a function by choice
f = np.sin if len(v) > 1 else np.cos
return f(x)

# None as a default
def f(t, s=None):
  if s is None:
    s = 2.0
  return s * t
return f(x) + f(x, 3.0)

# x if c else None
a = x if len(v) > 1 else None
return 0.0 if a is None else a * 2

# None in a loop
last = None
s = 0.0
for t in v:
  if last is not None:
    s += (t - last) * x
  last = t
return s

# a best so far
best = None
for t in v:
  if best is None or t * x > best:
    best = t * x
return best

# a value of the first pass only
for i in range(3):
  if i == 0:
    y = x
  else:
    y = y * x
return y

# a string that a loop changes
mode = 'a'
s = 0.0
for i in range(4):
  s += x if mode == 'a' else 1.0
  mode = 'b' if mode == 'a' else 'a'
return s

# lists that swap in a loop
a, b = [x], [2.0]
for i in range(3):
  a, b = b, a
  a[0] += 1.0
return a[0] + 10 * b[0]

# a list that gets another name in a loop
a = [x]
b = [1.0]
s = 0.0
for i in range(3):
  b[0] = x * i
  s += a[0]
  a = b
return s

# two lists that grow
a, b = [], []
for i in range(4):
  if i % 2:
    a.append(x * i)
  else:
    b.append(i)
return sum(a) * len(b)

# a dictionary of lists that grow
p = {'a': [], 'b': []}
for i in range(4):
  p['a' if i % 2 else 'b'].append(x * i)
return sum(p['a']) + 10 * sum(p['b'])

# isinstance
return x * isinstance(x, float) + isinstance(v, np.ndarray) + isinstance([1], (list, tuple)) + isinstance('a', str)

# isinstance that does not hold
return x * (not isinstance(x, (list, tuple, np.ndarray))) + isinstance(n, str)

# type
return x if type([]) is list and type('a') == str and type(x) is not int else 0.0

# isscalar, callable, hasattr
return x * np.isscalar(x) + callable(np.sin) + callable(2.0) + hasattr(v, 'shape') + hasattr([], 'append')

# len of all
return x * len('abc') + len({'a': 1}) + len((1, 2)) + len([])

# a walrus
if (m := x * 2) > 1:
  return m + 1.0
return m

# a walrus in an argument
y = np.sin(t := x * 2)
return y + t

# keyword arguments handed on
def f(a, b=1.0, *, c=2.0):
  return a * b + c
k = {'b': x, 'c': 3.0}
return f(2.0, **k) + f(x, c=5.0)

# any keyword arguments
def f(**kw):
  return kw['a'] * kw.get('b', 3.0) + len(kw)
return f(a=x)

# all arguments handed on
def g(a, b, c=1.0):
  return a - b * c
def f(*a, **kw):
  return g(*a, **kw)
return f(x, 2.0, c=3.0)

# lambda defaults
fs = [lambda t, k=k: t * k for k in (1.0, 2.0)]
return fs[0](x) + fs[1](x)

# late binding
k = 1.0
f = lambda t: t * k
k = 3.0
return f(x)

# nested functions
def outer(a):
  def inner(b):
    return a * b
  return inner
return outer(x)(3.0)

# a closure that counts
calls = [0]
def f(t):
  calls[0] += 1
  return t * calls[0]
return f(x) + f(x) + f(x)

# for and else
for t in v:
  if t > 100:
    break
else:
  return x * 2
return x

# an early return
def f(t):
  "Early."
  if n == 2:
    return t
  return t**2
return f(x)

# assert with an f-string
assert n > 0, f'n is {n}'
assert x > 0, 'x ' + str(x)
return x

# an ellipsis and a docstring
"Doc."
...
pass
return x

# sum of lists
a = sum([[x], [1.0, 2.0]], [])
return sum(a) * len(a)

# an unused list of strings
labels = ['a', 'b']
title = 'A' + ' B'
return x

# a table of records
rows = [{'k': 'a', 'w': x}, {'k': 'b', 'w': 2.0}]
return sum(r['w'] for r in rows if r['k'] == 'a') + len(rows)

# a mask of strings
names = ['a', 'b', 'c']
return sum(t for t, k in zip(v, names) if k != 'b') * x

# a set has each element once, and joins others
s = {3, 1, 2, 3}
t = {2, 3, 4}
return len(s) * x + sum(s & t) + len(s | t) + len(s - t) + len(s ^ t) + max(s)

# a set that is filled in a loop
seen = set()
y = 0.0
for k in [1, 2, 1, 3, 2]:
    if k in seen:
        continue
    seen.add(k)
    y += k * x
return y * len(seen)

# sets are compared
s = {1, 2}
return (s <= {1, 2, 3}) * x + (s < s) + (s == {2, 1}) + (s != [1, 2]) + {1}.issubset(s) + s.isdisjoint({5})

# the methods of sets
s = {1, 2}
t = s
t.add(3)
t.discard(7)
t.remove(1)
t |= {8}
u = s.copy()
u.clear()
return len(s) * x + len(u) + len(s.union([5, 6], {2})) + len(s.difference([8])) + isinstance(s, set)

# a comprehension of a set, and a set of keys
names = {name.lower() for name in ["A", "a", "B"]}
p = {name: x * i for i, name in enumerate(sorted(names))}
return sum(p.values()) + sum(p[k] for k in set(p) & {"b", "c"})

# a number that is no element
return x if x in {1.7, 3.0} else 0.0

# match of strings
kind = "cubic"
match kind.lower():
    case "linear" | "l":
        return x
    case "cubic":
        return x ** 3
    case _:
        raise ValueError(kind)

# match of tuples, with guards
y = 0.0
for p in [(0, x), (x, 2.0), (1.0, x), (x, x, x)]:
    match p:
        case (0, b):
            y += b
        case (a, b) if a > 1.5:
            y += a * b
        case (a, b):
            y += a + 10 * b
        case _:
            y *= len(p)
return y

# match of lists, with a rest
match ["move", x, 3, 4]:
    case ["stop"]:
        return 0.0
    case ["move", dx, *rest]:
        return dx * len(rest) + rest[0]

# match of dictionaries and types
y = 0.0
for op in [{"type": "circle", "r": x}, {"type": "square", "a": 2}, None, 3.0, "abc", True]:
    match op:
        case {"type": "square", "a": a}:
            y += a ** 2
        case {"type": "circle", "r": r}:
            y += 3 * r ** 2
        case None:
            y += 1
        case True:
            y += 7
        case float() as q:
            y += q
        case str(t):
            y += len(t)
return y

# match of what depends on inputs
y = 0.0
for i in range(1000):
    match i % 3, x:
        case 0, a:
            y += a
        case 1, _:
            y -= x / 2
        case _:
            continue
return y

# functions with some of their arguments
from functools import partial, reduce
import operator
def g(a, b, c=1.0):
    return a * b + c
h = partial(g, 2.0, c=x)
return h(3) + h(3, c=1) + reduce(lambda a, b: a * b, [x, 2, x]) + reduce(operator.mul, [x, x], 1)

# a partial in each pass
from functools import partial
y = 0.0
for i in range(2000):
    h = partial(lambda a, b: a * b, b=x)
    y += h(i)
return y

# itertools
from itertools import accumulate, chain, combinations, islice, pairwise, permutations, product, repeat, zip_longest
y = sum(i * j * x for i, j in combinations(range(4), 2)) + sum(a * b for a, b in product([x, 1], [2, x]))
y += len(list(permutations([1, 2, 3]))) + sum(b - a for a, b in pairwise([1, x, 4])) + list(accumulate([1, x, x]))[-1]
y += sum(chain([1, 2], [x])) + sum(islice([1, 2, x, 4], 1, 3)) + sum(a * b for a, b in zip([1, 2], repeat(x, 5)))
return y + sum(a * b for a, b in zip_longest([x, 1], [2], fillvalue=3)) + len(list(product([0, 1], repeat=3)))

# sorted by keys that a run computes
pairs = [(x, 0, 1), (0.5, 1, 2), (x ** 2, 2, 3), (0.5, 7, 7)]
pairs.sort(key=lambda e: e[0], reverse=True)
order = sorted(range(3), key=lambda i: -v[i])
y = sum(w * (k + 1) * (a + b) for k, (w, a, b) in enumerate(pairs))
return y + sum((k + 1) * v[i] for k, i in enumerate(order))

# types of elements
a = np.zeros(3, dtype=int)
b = np.array([1.7, -2.2], dtype=int)
m = np.zeros(3, bool)
m[1] = True
m[2:] = x > 1
c = np.array(["1.5", "2"], dtype=float)
return np.sum(a) + x * b.sum() + np.sum(np.where(m, v, 2 * v)) + x * c.sum() + x * m.sum()

# masks that are known
m = np.array([True, False, True])
A = np.outer(v, v)
t = np.arange(3)
w = v * 1.0
w[m] = np.array([x, 2 * x])
w[t > 1] += 1
return v[m].sum() + v[~m][0] + A[~np.eye(3, dtype=bool)].sum() + A[:, m].sum() + v[[False, True, True]].sum() + w.sum()

# an index that is stored in an array
k = np.zeros(2)
k[1] = np.argmax(v)
return v[int(k[1])] * x

# polynomials
p = np.polyder([1, x, 2, 3])
q = np.polyint([x, 1])
return np.polyval(p, 2.0) + np.polyval(q, 2.0) + np.polyadd([1, x], [1]).sum() + np.polymul([x, 1], [x, 2]).sum()

# a list that grows in some passes of a long loop
history = []
y = x
for step in range(500):
    y += 0.001 * (x - y * y)
    if step % 100 == 0:
        history.append(y)
return sum(history) * len(history)
"""
"""Bodies of a function of x, a number, v, a vector of three, n, a whole number: each below the reason for it."""


def bodies(text: str) -> list[tuple[str, str]]:
    """The programs of a text, each with the comment above it."""
    parts = [part.partition("\n") for part in text.strip().removeprefix("# ").split("\n\n# ")]
    return [(why, body) for why, _, body in parts]


INPUTS = {"x": 1.7, "v": np.array([1.0, 2.5, 4.0]), "n": 2}


def program(body: str) -> str:
    return f"import numpy as np\ndef program(x, v, n):\n{textwrap.indent(body, '    ')}\n"


@pytest.mark.parametrize(("why", "body"), bodies(PROGRAMS))
def test_a_program_means_what_python_means(why: str, body: str) -> None:
    space: dict[str, Any] = {}
    exec(program(body), space)
    expected = space["program"](*(np.copy(x) if isinstance(x, np.ndarray) else x for x in INPUTS.values()))
    np.testing.assert_allclose(result(program(body), **INPUTS), expected, rtol=1e-13)


# Why, the program of x with the place marked, the code of the error.
REFUSED = [
    ("a list in itself", "a = []\n«a.append(a)»\nx", "unsupported_syntax"),
    ("a very long string", "s = «'a' * 10**9»\nx", "array_too_large"),
    ("a very wide format", "s = «'{:>99999}'.format(1)»\nx", "bad_arguments"),
    ("a default that a call changes",
     "def f(a=[]):\n  «a.append(1.0)»\n  return sum(a)\ny = f() + x", "unsupported_syntax"),
    ("a list that is one of two",
     "a = [1.0, x]\nb = a if x > 0 else [2.0, 3.0]\n«b[0]» = 7.0\nsum(a)", "loop_mismatch"),
    ("a row of a list in the form of an array",
     "y = [[x, 1.0] for _ in range(2)]\nr = y[0]\n«r[0]» = 5.0\nsum(y[0])", "loop_mismatch"),
    ("a list of two names in a long loop",
     "a = [0.0]\nb = a\n«for» i in range(2000):\n  a[0] += x\nb[0]", "loop_mismatch"),
    ("a key that is not there", "p = {'a': x}\np[«'b'»]", "index_out_of_bounds"),
    ("a dictionary of numbers as the result", "«{1: x}»", "type_mismatch"),
    ("a set as the result", "«{1, 2}»", "type_mismatch"),
    ("a part of a set", "s = {1, 2}\ns[«0»]", "type_mismatch"),
    ("a set and a list", "«{1, 2} | [3]»", "type_mismatch"),
    ("an element of a set that is an array", "«{[x, 1], 2}»", "type_mismatch"),
    ("too many tuples", "import itertools\nlen(«itertools.product(range(100), repeat=5)»)", "array_too_large"),
    ("a tuple that is too long", "import itertools\n«itertools.product([1, 2], repeat=10**9)»\nx", "array_too_large"),
    ("a pattern of attributes", "match x:\n  case «Point(a=1)»:\n    y = x\ny", "unsupported_syntax"),
    ("a capture in one of two patterns", "match x:\n  case «(a, 1) | (1, a)»:\n    y = a\ny", "unsupported_syntax"),
    ("a string as a number", "«'a'» + x", "type_mismatch"),
    ("a string that depends on an input", "k = 'a' if x > 0 else 'b'\ny = x if «k == 'a'» else 0.0", "not_constant"),
]  # fmt: skip


@pytest.mark.parametrize(("why", "marked", "code"), REFUSED, ids=[row[0] for row in REFUSED])
def test_what_cannot_be_meant_is_refused_at_its_place(why: str, marked: str, code: str) -> None:
    text, span = unmarked(marked)
    with pytest.raises(AdcoreError) as caught:
        result(text, x=1.5)
    assert (caught.value.code, caught.value.span) == (code, span)


def test_the_keys_of_a_dictionary_that_is_the_result_name_the_outputs() -> None:
    text = "def f(x):\n  if x > 1:\n    return {'loss': x**2, 'sizes': (x, 2*x)}\n  return {'loss': x, 'sizes': (0, x)}"
    inputs = {"x": np.array(3.0)}
    values = Compiler().compile(text, inputs, Query("none"))[0].evaluate(inputs).values
    assert values == {"loss": 9.0, "sizes_1": 3.0, "sizes_2": 6.0}
    answer = Compiler().compile(text, inputs, Query("gradient", outputs=("loss",)))[0].evaluate(inputs)
    assert answer.gradients == {"x": 6.0}
