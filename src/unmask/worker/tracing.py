"""Traces over API and workers, where the setting asks for them.

All spans of an analysis are one trace without anything being handed on: an analysis's id is a ULID, which has 128 bits,
as a trace's id has. So every process knows the trace of the analysis that it works on.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import structlog
from opentelemetry import trace
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags
from ulid import ULID

from unmask.errors import SettingsError
from unmask.worker.settings import WorkerSettings

_TRACER = "unmask"


def set_up_tracing(settings: WorkerSettings, role: str) -> None:
    """Send spans where the setting says; nowhere by default. `role` is "api", "worker" or "beat".

    Raises:
        SettingsError: the exporter's package is not installed.
    """
    if settings.trace == "off":
        return
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor

    provider = TracerProvider(resource=Resource.create({"service.name": f"unmask-{role}"}))
    if settings.trace == "otlp":
        provider.add_span_processor(BatchSpanProcessor(_otlp()))
    else:
        provider.add_span_processor(SimpleSpanProcessor(_to_log()))
    trace.set_tracer_provider(provider)


@contextmanager
def analysis_span(analysis: str, name: str, **attributes: Any) -> Iterator[None]:
    """A span of the trace of an analysis while the block runs."""
    parent = trace.set_span_in_context(NonRecordingSpan(_root(analysis)))
    given = {f"unmask.{key}": value for key, value in attributes.items()} | {"unmask.analysis": analysis}
    tracer = trace.get_tracer(_TRACER)
    with tracer.start_as_current_span(name, context=parent, attributes=given):
        yield


def _root(analysis: str) -> SpanContext:
    """The span that all of an analysis hang on; nobody records it."""
    identity = int(ULID.from_str(analysis))
    span = int.from_bytes(hashlib.sha256(analysis.encode()).digest()[:8], "big") or 1
    return SpanContext(identity, span, is_remote=True, trace_flags=TraceFlags(TraceFlags.SAMPLED))


def _otlp() -> Any:
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # type: ignore[import-not-found]
            OTLPSpanExporter,
        )
    except ImportError as missing:
        raise SettingsError("UNMASK_TRACE=otlp needs the package opentelemetry-exporter-otlp-proto-http") from missing
    return OTLPSpanExporter()


def _to_log() -> Any:
    from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

    class ToLog(SpanExporter):
        """Each span as a line of the log."""

        def export(self, spans: Any) -> SpanExportResult:
            for span in spans:
                structlog.get_logger().info(
                    "span",
                    span=span.name,
                    trace=f"{span.context.trace_id:032x}",
                    milliseconds=round((span.end_time - span.start_time) / 1e6, 1),
                    **{key.replace("unmask.", ""): value for key, value in span.attributes.items()},
                )
            return SpanExportResult.SUCCESS

    return ToLog()
