"""One analysis, from a file to a verdict with its evidence: six stages, in order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from unmask.detectors.base import Detector
from unmask.examination import ShardPart, examine, merge, noticed, open_share
from unmask.explain.artifacts import fresh_folder
from unmask.explain.explain import explain
from unmask.explain.inputs import ScoredSignal, tools
from unmask.fusion.fuse import Fused, fuse
from unmask.ingest import ingest
from unmask.media.shards import plan
from unmask.models.registry import Registry
from unmask.progress import Progress, Stopwatch, silent
from unmask.record.keys import find_key
from unmask.report.films import Source
from unmask.report.player import write_player
from unmask.report.record import build_result, media_facts, persons
from unmask.report.write import Wanted, write_report
from unmask.result import Result, Verdict
from unmask.settings import Settings
from unmask.stability import probed
from unmask.types import Media, ShardOutcome
from unmask.workfolder import work_folder


def output_folder(path: Path) -> Path:
    """Where the artifacts of a file go when nobody says otherwise."""
    return path.with_name(path.name + ".unmask")


class Analyzer:
    """Runs analyses one after the other with the same settings and models. Not thread-safe."""

    def __init__(self, settings: Settings, registry: Registry, detectors: Sequence[Detector]) -> None:
        self.settings = settings
        self.registry = registry
        self.detectors = tuple(detectors)
        self.cards = {d.name: registry.card(d.model.name) for d in self.detectors}
        self.errors = registry.expected_error([d.model for d in self.detectors])

    def analyze(
        self, path: Path, out: Path | None = None, progress: Progress = silent, *, probe: bool = False
    ) -> Result:
        """Analyse one file; report and evidence go to `out`. `probe` judges light re-encodings of it too.

        Raises:
            UnmaskError: the file can't be analysed, or `progress` raised `Cancelled`.
        """
        watch = Stopwatch()
        find_key(self.settings)  # a key that can't be used is told before the work, not after it
        with work_folder() as work:
            # 1 ingest: copy, hash, probe, refuse
            progress("ingest", 0.0)
            with watch.time("ingest"):
                media = ingest(path, work, self.settings)
            progress("ingest", 1.0)

            # 2 media and 3 detect: shard by shard, nothing of a shard but its outcome is kept
            media, outcomes = self._examine(media, progress, watch)

            # 4 fuse, 5 explain and 6 report: once all shards are there
            folder = out if out is not None else output_folder(path)
            return self.conclude(media, outcomes, folder, progress, watch, probe=probe)

    def conclude(
        self,
        media: Media,
        outcomes: Sequence[ShardOutcome],
        out: Path,
        progress: Progress = silent,
        watch: Stopwatch | None = None,
        *,
        probe: bool = False,
        analysis: str | None = None,
    ) -> Result:
        """Stages 4 to 6: from the outcomes of all shards to the report in `out`; `analysis` is its id, if it has one.

        `watch` holds the time of the stages before. Raises what `progress` raises.
        """
        watch, key = watch or Stopwatch(), find_key(self.settings)
        # 4 fuse: persons, findings, segments, verdict
        progress("fuse", 0.0)
        with watch.time("fuse"):
            fused = fuse(media, outcomes, self.detectors, self.cards, self.errors)
        if probe:
            with watch.time("probe"):
                fused = replace(fused, verdict=self._probed(media, fused.verdict, progress))
        progress("fuse", 1.0)

        # 5 explain: evidence to look at, and the narrative that names it
        progress("explain", 0.0)
        folder = fresh_folder(out)
        facts = media_facts(media)
        with watch.time("explain"):
            explained = explain(
                media,
                fused,
                facts=facts,
                persons=persons(fused.tracks),
                registry=self.registry,
                artifacts=folder,
                settings=self.settings,
            )
        progress("explain", 1.0)

        # 6 report: the document and the page
        progress("report", 0.0)
        result = build_result(
            facts,
            fused,
            explained,
            models=[detector.model for detector in self.detectors],
            settings=self.settings.model_dump(mode="json"),
            timings=watch.seconds,
            analysis=analysis,
        )
        drawn = (media, fused.tracks, fused.signals)
        write_player(*drawn, evidence=result.evidence, cards=self.cards, folder=folder.root)
        server = self.settings.timestamp_url
        wanted, source = Wanted.of(self.settings), self._source(media, fused)
        result = write_report(result, folder.root, wanted=wanted, source=source, key=key, timestamp_url=server)
        progress("report", 1.0)
        return result

    def examine(self, path: Path, progress: Progress = silent) -> tuple[Media, tuple[ShardOutcome, ...]]:
        """Stages 1 to 3 alone: a file's facts and scores, for `fuse`. The copy that was read is gone afterwards.

        Raises:
            UnmaskError: the file can't be analysed, or `progress` raised `Cancelled`.
        """
        with work_folder() as work:
            return self._examine(ingest(path, work, self.settings), progress, Stopwatch())

    def _source(self, media: Media, fused: Fused) -> Source:
        """What films of the media are made of."""
        faces = any(signal.detector == "face" for signal in fused.signals)
        return Source(
            media=media,
            tracks=fused.tracks,
            signals=[ScoredSignal.of(signal, self.registry.card(signal.detector)) for signal in fused.signals],
            tools=tools(self.registry.get("face") if faces else None, folder=self.registry.folder),
            fps=self.settings.fps,
        )

    def _probed(self, media: Media, verdict: Verdict, progress: Progress) -> Verdict:
        """The verdict with its stability; what the file declares of itself is not lost with a re-encoding."""

        def judge(path: Path, watch: Progress) -> Verdict:
            variant, outcomes = self.examine(path, watch)
            of_same_origin = replace(variant, provenance=media.provenance)
            return fuse(of_same_origin, outcomes, self.detectors, self.cards).verdict

        return probed(media, verdict, judge, progress)

    def _examine(self, media: Media, progress: Progress, watch: Stopwatch) -> tuple[Media, tuple[ShardOutcome, ...]]:
        """All shards in one pass; the media comes back with what was noticed while it was decoded."""
        shards = plan(media, self.settings.shard_seconds, self.settings.fps)
        parts: list[ShardPart] = []
        with open_share(media, self.settings, self.detectors, None) as reader:
            for number, shard in enumerate(shards):

                def advance(fraction: float, done: int = number) -> None:
                    progress("media", (done + fraction) / len(shards))

                part = examine(reader, shard, self.detectors, advance)
                watch.add(part.seconds)
                progress("media", (number + 1) / len(shards))
                progress("detect", (number + 1) / len(shards))
                parts.append(part)
        return noticed(media, parts), merge(parts, self.detectors)
