"""What a worker process has: made once per process, after a fork, and closed at its end."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from unmask import metrics
from unmask.db.repository.work import Unit
from unmask.db.tables import Priority
from unmask.errors import SettingsError, UnmaskError
from unmask.language import LANGUAGES
from unmask.pipeline import Analyzer
from unmask.service.context import Context, open_context
from unmask.settings import load
from unmask.worker.broker import Broker, open_broker
from unmask.worker.errors import UnknownDetector
from unmask.worker.mediacache import MediaCache
from unmask.worker.settings import WorkerSettings

OF_SETTINGS = ("fps", "video")
"""Options of an analysis that are settings of its own."""


@dataclass(frozen=True)
class Host:
    """The surroundings of units of work. `analyzer` is the composition root; its models load when first needed."""

    settings: WorkerSettings
    context: Context
    cache: MediaCache
    broker: Broker
    analyzer: Callable[..., Analyzer]

    def tools(self, options: Mapping[str, Any]) -> Analyzer:
        """An analyzer for the options of one analysis; networks are shared by all of a process.

        Raises:
            UnknownDetector: it names one that is not installed.
            SettingsError: a setting can't be used.
        """
        from unmask.bootstrap import with_crops

        settings = load({name: options.get(name) for name in OF_SETTINGS} | _language(options) | _wording(options))
        everything = self.analyzer(settings, _registry(self.analyzer))
        wanted = options.get("detectors")
        if not wanted:
            return everything
        unknown = set(wanted) - {detector.name for detector in everything.detectors}
        if unknown:
            raise UnknownDetector(f"there is no detector {sorted(unknown)[0]!r}")
        chosen = [detector for detector in everything.detectors if detector.name in wanted]
        return Analyzer(with_crops(settings, tuple(chosen)), everything.registry, chosen)

    def tell(self, units: Sequence[tuple[Unit, Priority]]) -> None:
        """Tell the broker of units whose rows are committed. What it does not hear of now, the keeper tells later."""
        told = self.broker.tell(units)
        if told:
            with self.context.database.write() as repo:
                for unit in told:
                    repo.work.published(unit)


def _language(options: Mapping[str, Any]) -> dict[str, str]:
    """The language that was asked for, if there is a catalogue of it: "fr" of "fr-CA"."""
    code = (options.get("language") or "").partition("-")[0]
    return {"language": code} if code in LANGUAGES else {}


def _wording(options: Mapping[str, Any]) -> dict[str, str]:
    """Whoever asks for the built-in words has no language model hear of the analysis."""
    return {"llm": ""} if options.get("narrative") == "built_in" else {}


def open_host(settings: WorkerSettings) -> Host:
    """Connect to everything. Raises SettingsError when an address or the composition root can't be used."""
    context = open_context(settings)
    cache = MediaCache(settings.cache_folder(), settings.cache_bytes)
    return Host(settings, context, cache, open_broker(settings), composition(settings.analyzer))


def composition(name: str) -> Callable[..., Analyzer]:
    """The function `MODULE:FUNCTION`: takes settings and a registry (None: its own), gives an analyzer.

    Raises:
        SettingsError: there is none of that name.
    """
    module, _, function = name.partition(":")
    try:
        found: Callable[..., Analyzer] = getattr(importlib.import_module(module), function)
    except (ImportError, AttributeError, ValueError) as missing:
        raise SettingsError(f"UNMASK_ANALYZER names nothing that can be used: {name!r}") from missing
    return found


_registries: dict[Callable[..., Analyzer], Any] = {}


def _registry(analyzer: Callable[..., Analyzer]) -> Any:
    """The registry of a composition, kept for the process's life: its networks load once."""
    if analyzer not in _registries:
        first = analyzer(None, None)
        _registries[analyzer] = first.registry
        for detector in first.detectors:
            metrics.model_loaded(detector.model.name, detector.model.version, detector.model.sha256)
    return _registries[analyzer]


def warm(host: Host) -> None:
    """Load the networks now, so that the first analysis need not wait for them. Failures show when they are needed."""
    try:
        tools = host.tools({})
        for name in {detector.model.name for detector in tools.detectors}:
            tools.registry.load(name)
    except UnmaskError:
        return
