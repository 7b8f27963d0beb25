"""Names of things that register: checked late, completed by shells."""

from collections.abc import Iterable

import click

from mledger_cli.params import _Checked


class _Named(_Checked):
    def __init__(self, name: str, module: str) -> None:
        self.name, self.module = name, module

    def known(self, context: click.Context) -> Iterable[str]:  # noqa: ARG002
        from importlib import import_module

        names: Iterable[str] = import_module(self.module).names()
        return names


FRAMEWORK = _Named("framework", "mledger.checks.framework")
"""A framework, as `mledger.checks.framework` knows it."""
REPORT = _Named("report", "mledger.reports.base")
"""A report about a model, as `mledger.reports.base` knows it."""
