"""Maximum and minimum of two floats that are not NaN, for compiled functions.

LLVM vectorises loops over these intrinsics, but not over comparisons.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba.extending import intrinsic


def _extreme(name: str) -> Any:
    @intrinsic
    def extreme(context: Any, a: Any, b: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            kind = context.get_value_type(signature.return_type)
            two = ir.FunctionType(kind, [kind, kind])
            function = builder.module.declare_intrinsic(name, [kind], two)
            return builder.call(function, arguments, fastmath=("nnan", "nsz"))

        return a(a, a), generate

    return extreme


larger, smaller = _extreme("llvm.maxnum"), _extreme("llvm.minnum")
