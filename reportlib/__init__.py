"""Trusted figures from China's annual reports on government information disclosure.

The public names load when they are first used, so that reading one report does not wait for the
charting library.
"""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.metadata import version
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .form.findings import explain as explain
    from .report.pipeline import read_report as read_report

__version__ = version("reportlib")

_NAMES = {
    "explain": "form.findings",
    "read_report": "report.pipeline",
    "ReportlibError": "errors",
    "ReadError": "errors",
    "open_dataset": "analysis.dataset",
    "indicators": "analysis.indicators",
    "catalogue": "analysis.indicators",
    "pool": "analysis.pooling",
    "wilson": "analysis.intervals",
    "events": "analysis.definitions",
    "crosswalk": "analysis.definitions",
    "register": "analysis.definitions",
    "changes": "analysis.changes",
    "export": "display.workbooks",
    "set_language": "form.labels",
    "say": "display.sentences",
    "show": "display.showing",
    "table": "display.showing",
    "sources": "display.showing",
    "run_info": "display.showing",
    "cite": "display.showing",
}
_MODULES = {"charts": "display.charts"}

__all__ = [*_NAMES, *_MODULES, "__version__"]


def __getattr__(name: str) -> object:
    if name in _MODULES:
        return import_module(f".{_MODULES[name]}", __name__)
    if name in _NAMES:
        value = getattr(import_module(f".{_NAMES[name]}", __name__), name)
        if "IPython" in sys.modules:
            import_module(
                ".display.showing", __name__
            ).register()  # reports and datasets show themselves in a notebook
        globals()[name] = value
        return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
