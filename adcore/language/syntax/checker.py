"""The walk over Python's syntax tree that refuses what the language does not support and collects the names."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence

from adcore.clock import current
from adcore.errors import AdcoreError, NestingTooDeep, SyntaxFault, Unsupported
from adcore.language import library, vocabulary
from adcore.language.syntax.outputs import is_passed_over
from adcore.language.syntax.passed_over import names_of
from adcore.language.syntax.refused import BIT_OPERATORS, REFUSED
from adcore.language.syntax.scopes import LAMBDA, LoopStatement, Names
from adcore.language.syntax.source import Source
from adcore.limits import Limits

_Item = tuple[ast.AST, int, Names, ast.stmt | None]


class Walk:
    """One walk over a tree in the order of the text, on an explicit stack, so that no depth exhausts Python's."""

    def __init__(self, source: Source, limits: Limits) -> None:
        self.source = source
        self.limit = limits.nesting_depth
        self.top = Names()
        self.scopes: dict[ast.FunctionDef, Names] = {}
        self.lambdas: dict[ast.Lambda, ast.FunctionDef] = {}
        self.comprehensions: dict[ast.expr, Names] = {}
        self.imports: dict[str, str] = {}
        self.early_exits: set[ast.stmt] = set()
        self.breaking: set[LoopStatement] = set()
        self.otherwise: dict[LoopStatement, ast.If] = {}
        self.refused: dict[ast.AST, AdcoreError] = {}
        """What is not supported, where the program may never reach it."""
        self._around: dict[ast.stmt, ast.stmt | None] = {}
        self._stack: list[_Item] = []

    def run(self) -> None:
        self._push(self.source.tree.body, 0, self.top, None)
        stack, rules, clock = self._stack, _RULES, current()
        while stack:
            if clock is not None:
                clock.tick()
            node, depth, scope, branch = stack.pop()
            rule = rules.get(type(node), Walk._refusal)
            if depth > self.limit and rule not in _LEAVES:
                assert isinstance(node, (ast.expr, ast.stmt))
                raise NestingTooDeep(f"this is nested deeper than {self.limit}", span=self.source.word(node, 1))
            try:
                rule(self, node, depth, scope, branch)
            except Unsupported as error:
                if branch is None and scope.is_main:
                    raise
                self.refused[node] = error
                # What is assigned in it is no input where it is read elsewhere.
                for part in ast.walk(node):
                    if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
                        scope.assigned.setdefault(part.id, part)

    def _push(self, nodes: Sequence[ast.AST], depth: int, scope: Names, branch: ast.stmt | None) -> None:
        self._stack += [(node, depth, scope, branch) for node in reversed(nodes)]

    def _refusal(self, node: ast.AST, *_: object) -> None:
        kind, what, help, keyword = REFUSED.get(type(node), (Unsupported, f"{type(node).__name__} does", None, 0))
        assert isinstance(node, (ast.expr, ast.stmt))
        span = self.source.word(node, keyword) if keyword else self.source.span(node)
        raise kind(f"{what} not exist in this language", span=span, help=help)

    # --- expressions

    def _leaf(self, *_: object) -> None:
        pass

    def _name(self, node: ast.Name, depth: int, scope: Names, branch: ast.stmt | None) -> None:
        scope.reads.append(node)

    def _constant(self, node: ast.Constant, depth: int, scope: Names, branch: ast.stmt | None) -> None:
        if isinstance(node.value, bytes):
            raise Unsupported("strings of bytes do not exist in this language", span=self.source.span(node))
        if isinstance(node.value, complex):
            raise Unsupported(
                "complex numbers do not exist in this language",
                span=self.source.span(node),
                help="write the real and the imaginary part as two numbers",
            )

    def _binary(self, node: ast.BinOp, depth: int, scope: Names, branch: ast.stmt | None) -> None:
        refused = BIT_OPERATORS.get(type(node.op))
        if refused:
            raise Unsupported(
                f"{refused[0]} does not exist in this language", span=self.source.span(node), help=refused[1]
            )
        # A chain such as a + b + c leans to the left and is followed without going deeper.
        left = depth if isinstance(node.left, ast.BinOp) else depth + 1
        self._stack += ((node.right, depth + 1, scope, branch), (node.left, left, scope, branch))

    def _call(self, node: ast.Call, depth: int, scope: Names, branch: ast.stmt | None) -> None:
        # The value of dtype= names a type.
        arguments = [*node.args, *(keyword.value for keyword in node.keywords if keyword.arg != "dtype")]
        self._push(_unstarred(arguments), depth + 1, scope, branch)
        if isinstance(node.func, ast.Name):
            scope.calls.append(node.func)
        else:
            self._stack.append((node.func, depth + 1, scope, branch))

    def _attribute(self, node: ast.Attribute, depth: int, scope: Names, branch: ast.stmt | None) -> None:
        if isinstance(node.value, ast.Name):
            scope.prefixes.append(node.value)
        else:
            self._stack.append((node.value, depth + 1, scope, branch))

    def _compare(self, node: ast.Compare, depth: int, scope: Names, branch: ast.stmt | None) -> None:
        self._push([node.left, *node.comparators], depth + 1, scope, branch)

    def _children(self, node: ast.AST, depth: int, scope: Names, branch: ast.stmt | None) -> None:
        parts = [c for c in ast.iter_child_nodes(node) if isinstance(c, ast.expr)]
        self._push(
            _unstarred(parts) if isinstance(node, (ast.List, ast.Tuple, ast.Set)) else parts, depth + 1, scope, branch
        )

    def _slice(self, node: ast.Slice, depth: int, scope: Names, branch: ast.stmt | None) -> None:
        # An imaginary step is one of np.r_ and np.mgrid, and refused elsewhere as no whole number.
        parts = [x for x in (node.lower, node.upper, node.step) if x is not None and not _is_constant(x, complex)]
        self._push(parts, depth + 1, scope, branch)

    def _dictionary(self, node: ast.Dict, depth: int, scope: Names, branch: ast.stmt | None) -> None:
        self._push([x for x in (*node.keys, *node.values) if x is not None], depth + 1, scope, branch)

    def _f_string(self, node: ast.JoinedStr, depth: int, scope: Names, branch: ast.stmt | None) -> None:
        fields = [part for part in node.values if isinstance(part, ast.FormattedValue)]
        self._push([x for part in fields for x in (part.value, part.format_spec) if x], depth + 1, scope, branch)

    def _named(self, node: ast.NamedExpr, depth: int, scope: Names, branch: ast.stmt | None) -> None:
        if scope.inline:
            raise Unsupported(
                "assignments inside a comprehension do not exist in this language",
                span=self.source.span(node),
                help="assign on a line of its own",
            )
        self._target(node.target, depth, scope, branch)
        self._stack.append((node.value, depth + 1, scope, branch))

    def _comprehension(
        self,
        node: ast.ListComp | ast.GeneratorExp | ast.DictComp | ast.SetComp,
        depth: int,
        scope: Names,
        branch: ast.stmt | None,
    ) -> None:
        # It has a scope of its own; only the iterable of the first ``for`` is evaluated outside.
        inner = Names(scope, inline=True)
        self.comprehensions[node] = inner
        scope.lambdas.append(inner)
        first, *rest = node.generators
        for part in node.generators:
            if part.is_async:
                raise Unsupported("async loops do not exist in this language", span=self.source.span(part.target))
            for target in ast.walk(part.target):
                if isinstance(target, (ast.Subscript, ast.Attribute)):
                    raise Unsupported("the targets of a comprehension are names", span=self.source.span(target))
            self._target(part.target, depth, inner, branch)
        elements = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
        inside = [*elements, *first.ifs, *(x for part in rest for x in (part.iter, *part.ifs))]
        self._push(inside, depth + 1, inner, branch)
        self._stack.append((first.iter, depth + 1, scope, branch))

    # --- statements

    def _assign(self, node: ast.Assign, depth: int, scope: Names, branch: ast.stmt | None) -> None:
        for target in node.targets:
            self._target(target, depth, scope, branch)
        self._stack.append((node.value, depth + 1, scope, branch))

    def _annotated(self, node: ast.AnnAssign, depth: int, scope: Names, branch: ast.stmt | None) -> None:
        if node.value is not None:
            self._target(node.target, depth, scope, branch)
            self._stack.append((node.value, depth + 1, scope, branch))

    def _augmented(self, node: ast.AugAssign, depth: int, scope: Names, branch: ast.stmt | None) -> None:
        refused = BIT_OPERATORS.get(type(node.op))
        if refused:
            raise Unsupported(
                f"{refused[0]}= does not exist in this language", span=self.source.span(node), help=refused[1]
            )
        self._target(node.target, depth, scope, branch)
        if isinstance(node.target, ast.Name):
            scope.reads.append(node.target)
        self._stack.append((node.value, depth + 1, scope, branch))

    def _target(self, target: ast.expr, depth: int, scope: Names, branch: ast.stmt | None) -> None:
        if isinstance(target, ast.Name):
            scope.assigned.setdefault(target.id, target)
        elif isinstance(target, (ast.Tuple, ast.List)):
            stars = [part for part in target.elts if isinstance(part, ast.Starred)]
            if len(stars) > 1:
                raise SyntaxFault("only one target can be starred", span=self.source.span(stars[1]))
            for part in target.elts:
                self._target(part.value if isinstance(part, ast.Starred) else part, depth, scope, branch)
        elif isinstance(target, ast.Subscript):
            # An assignment to an element reads the array: its other elements stay what they are.
            base = target.value
            while isinstance(base, ast.Subscript):
                base = base.value
            if not isinstance(base, ast.Name):
                raise Unsupported("only elements of variables can be assigned to", span=self.source.span(target))
            self._stack.append((target, depth + 1, scope, branch))
        elif isinstance(target, ast.Starred):
            raise SyntaxFault(
                "a starred target stands in a list of targets",
                span=self.source.span(target),
                help="write *a, = x, or leave the * out",
            )
        else:
            raise Unsupported("attributes cannot be assigned to", span=self.source.span(target))

    def _expression(self, node: ast.Expr, depth: int, scope: Names, branch: ast.stmt | None) -> None:
        if not is_passed_over(node):
            self._stack.append((node.value, depth + 1, scope, branch))

    def _assert(self, node: ast.Assert, depth: int, scope: Names, branch: ast.stmt | None) -> None:
        scope.asserts = True
        self._stack.append((node.test, depth + 1, scope, branch))

    def _delete(self, node: ast.Delete, depth: int, scope: Names, branch: ast.stmt | None) -> None:
        for target in node.targets:
            for each in target.elts if isinstance(target, (ast.Tuple, ast.List)) else [target]:
                if not isinstance(each, (ast.Name, ast.Subscript)):
                    raise Unsupported("only names and elements can be deleted", span=self.source.span(each))
                self._target(each, depth, scope, branch)
                if isinstance(each, ast.Name):
                    scope.reads.append(each)

    def _raise(self, node: ast.Raise, depth: int, scope: Names, branch: ast.stmt | None) -> None:
        scope.asserts = True
        if node.exc is None:
            raise Unsupported("raise needs an exception", span=self.source.span(node))

    def _return(self, node: ast.Return, depth: int, scope: Names, branch: ast.stmt | None) -> None:
        around = branch
        while around is not None:
            self.early_exits.add(around)
            around = self._around[around]
        if node.value is not None:
            self._stack.append((node.value, depth + 1, scope, branch))

    def _leave(self, node: ast.Break | ast.Continue, depth: int, scope: Names, branch: ast.stmt | None) -> None:
        while branch is not None and not isinstance(branch, LoopStatement):
            self.early_exits.add(branch)
            branch = self._around[branch]
        if branch is None:
            word = "break" if isinstance(node, ast.Break) else "continue"
            raise SyntaxFault(f"{word} stands outside of any loop", span=self.source.span(node))
        if isinstance(node, ast.Break):
            self.breaking.add(branch)

    def _loop(self, node: LoopStatement, depth: int, scope: Names, branch: ast.stmt | None) -> None:
        self._around[node] = branch
        if node.orelse:
            # The else block of a loop becomes a branch, taken unless the loop ends by break.
            otherwise = ast.If(ast.Constant(True), node.orelse, [])
            self.otherwise[node] = ast.copy_location(otherwise, node.orelse[0])
            self._around[otherwise] = branch
            self._push(node.orelse, depth + 1, scope, otherwise)
        self._push(node.body, depth + 1, scope, node)
        if isinstance(node, ast.For):
            self._target(node.target, depth, scope, branch)
            self._stack.append((node.iter, depth + 1, scope, branch))
        else:
            self._stack.append((node.test, depth + 1, scope, branch))

    def _if(self, node: ast.If, depth: int, scope: Names, branch: ast.stmt | None) -> None:
        if is_passed_over(node):
            return
        self._around[node] = branch
        self._push([*node.body, *node.orelse], depth + 1, scope, node)
        self._stack.append((node.test, depth + 1, scope, branch))

    def _function(self, node: ast.FunctionDef, depth: int, scope: Names, branch: ast.stmt | None) -> None:
        scope.functions.setdefault(node.name, []).append(self._definition(node, depth, scope, branch))
        # Python 3.11 has no type parameters.
        typed: list[ast.expr] = getattr(node, "type_params", [])
        others = [x for x in node.decorator_list if not is_vectorize(x)]
        self._push([x for x in node.decorator_list if is_vectorize(x)], depth, scope, branch)
        if others:
            self.refused[node] = Unsupported(
                "decorators do not exist in this language",
                span=self.source.span(others[0]),
                help="those that make a function faster, such as njit and lru_cache, are passed over",
            )
        elif typed:
            self.refused[node] = Unsupported(
                "type parameters do not exist in this language", span=self.source.span(typed[0])
            )

    def _class(self, node: ast.ClassDef, depth: int, scope: Names, branch: ast.stmt | None) -> None:
        scope.functions.setdefault(node.name, []).append(Names(scope))
        self.refused[node] = Unsupported(
            "classes do not exist in this language", span=self.source.word(node, 5), help="write functions"
        )

    def _lambda(self, node: ast.Lambda, depth: int, scope: Names, branch: ast.stmt | None) -> None:
        # A lambda is a function whose only statement is a return.
        body = ast.copy_location(ast.Return(node.body), node.body)
        definition = ast.FunctionDef(LAMBDA, node.args, [body], [])
        self.lambdas[node] = ast.copy_location(definition, node)
        scope.lambdas.append(self._definition(definition, depth + 1, scope, branch))

    def _definition(self, node: ast.FunctionDef, depth: int, scope: Names, branch: ast.stmt | None) -> Names:
        inner = Names(scope, node)
        arguments = node.args
        stars = [argument for argument in (arguments.vararg, arguments.kwarg) if argument is not None]
        for argument in (*arguments.posonlyargs, *arguments.args, *stars, *arguments.kwonlyargs):
            if argument.arg in inner.parameters:
                raise SyntaxFault(f"two parameters are called {argument.arg}", span=self.source.span(argument))
            inner.parameters[argument.arg] = argument
        self.scopes[node] = inner
        self._push(node.body, depth, inner, None)
        defaults = [d for d in (*arguments.defaults, *arguments.kw_defaults) if d is not None]
        self._push(defaults, depth + 1, scope, branch)
        return inner

    # --- imports

    def _import(self, node: ast.Import | ast.ImportFrom, *_: object) -> None:
        self.imports.update(names_of(node))
        origin = library.canonical(node.module or "") if isinstance(node, ast.ImportFrom) else None
        if origin == "numpy" and node.names[0].name == "*":
            # What is imported so takes the place of Python's own functions.
            self.imports.update({name: f"numpy.{name}" for name in vocabulary.PYTHONS})


def is_vectorize(decorator: ast.expr) -> bool:
    """Whether a decorator is ``np.vectorize``, which applies the function to all elements of arrays."""
    match decorator:
        case ast.Name("vectorize") | ast.Attribute(ast.Name(), "vectorize"):
            return True
        case _:
            return False


def _is_constant(node: ast.AST, kind: type | tuple[type, ...]) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, kind)


def _unstarred(nodes: Sequence[ast.expr]) -> list[ast.expr]:
    """The arguments or elements, of ``*x`` the part after the star."""
    return [x.value if isinstance(x, ast.Starred) else x for x in nodes]


_LEAVES = (Walk._name, Walk._constant)

_RULES: dict[type[ast.AST], Callable[..., None]] = {
    ast.Name: Walk._name,
    ast.Constant: Walk._constant,
    ast.BinOp: Walk._binary,
    ast.Call: Walk._call,
    ast.Compare: Walk._compare,
    ast.Attribute: Walk._attribute,
    ast.Assign: Walk._assign,
    ast.AnnAssign: Walk._annotated,
    ast.AugAssign: Walk._augmented,
    ast.Expr: Walk._expression,
    ast.Return: Walk._return,
    ast.Raise: Walk._raise,
    ast.If: Walk._if,
    ast.For: Walk._loop,
    ast.While: Walk._loop,
    ast.Break: Walk._leave,
    ast.Continue: Walk._leave,
    ast.FunctionDef: Walk._function,
    ast.Lambda: Walk._lambda,
    ast.ListComp: Walk._comprehension,
    ast.GeneratorExp: Walk._comprehension,
    ast.DictComp: Walk._comprehension,
    ast.SetComp: Walk._comprehension,
    ast.Dict: Walk._dictionary,
    ast.JoinedStr: Walk._f_string,
    ast.NamedExpr: Walk._named,
    ast.Delete: Walk._delete,
    ast.Assert: Walk._assert,
    ast.Import: Walk._import,
    ast.ImportFrom: Walk._import,
    ast.ClassDef: Walk._class,
    ast.Pass: Walk._leaf,
    ast.Slice: Walk._slice,
    **dict.fromkeys(
        (ast.UnaryOp, ast.BoolOp, ast.IfExp, ast.Subscript, ast.Tuple, ast.List, ast.Set),
        Walk._children,
    ),
}
