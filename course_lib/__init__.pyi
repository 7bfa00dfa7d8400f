from . import functions as functions, theory as theory
from .line_search import armijo as armijo, descent_direction as descent_direction, gd_armijo as gd_armijo, newton as newton
from .objectives import Symbolic as Symbolic
from .parsing import parse as parse
from .run import Trace as Trace, run as run
from .steps import (
    adadelta as adadelta,
    adagrad as adagrad,
    adam as adam,
    adamw as adamw,
    amsgrad as amsgrad,
    gd as gd,
    momentum as momentum,
    nesterov as nesterov,
    rmsprop as rmsprop,
)
from .stopping import (
    small_change as small_change,
    small_decrement as small_decrement,
    small_gradient as small_gradient,
    small_step as small_step,
)
