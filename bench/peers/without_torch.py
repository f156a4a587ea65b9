"""Open Bandit Pipeline without PyTorch."""

import sys
import types


def without_torch():
    """Lets OBP be imported without PyTorch, which none of its estimators uses."""
    try:
        import torch  # noqa: F401
    except ImportError:

        class Nothing:
            def __class_getitem__(cls, _):
                return cls

        class Stand(types.ModuleType):
            __path__ = []

            def __getattr__(self, name):
                if name.startswith("__"):
                    raise AttributeError(name)
                return sys.modules.get(f"{self.__name__}.{name}", type(name, (Nothing,), {}))

        for name in ("torch", "torch.nn", "torch.nn.functional", "torch.optim", "torch.utils", "torch.utils.data"):
            sys.modules[name] = Stand(name)
