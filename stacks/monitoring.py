"""A dashboard, and alarms for what needs somebody's attention; made only where the setting `monitoring` asks for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from stacks.account import Place
from stacks.function import FunctionArgs, LambdaFunction
from stacks.settings import Settings

_PERIOD_SECONDS = 300
_NEAR = 0.8  # share of a limit that is near enough to raise an alarm
# The credits of an hour of bursting at 100 MiB/s; a new file system begins with six times as much.
_LOW_CREDITS_BYTES = 3600 * 100 * (1 << 20)
_WIDTH, _HEIGHT = 12, 6  # size of a widget, in a grid of 24 columns


@dataclass(frozen=True)
class MonitoringArgs:
    """What to watch: functions, by their part of the alarms' names, the API, and file systems by their backends.

    `concurrency_limit` is the account's, which functions without a reservation share.
    """

    settings: Settings
    place: Place
    functions: Mapping[str, LambdaFunction]
    api_id: pulumi.Input[str]
    file_system_ids: Mapping[str, pulumi.Input[str]]
    concurrency_limit: int


@dataclass(frozen=True)
class Alarm:
    """One condition on a metric of CloudWatch, judged every five minutes; `kind` ends the alarm's name."""

    kind: str
    metric: str
    statistic: str
    threshold: float
    says: str
    periods: int = 1
    below: bool = False


class Monitoring(pulumi.ComponentResource):
    """The dashboard of a deployment, and an alarm for each condition on each of its functions."""

    def __init__(self, name: str, args: MonitoringArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("model-storage:index:Monitoring", name, None, opts)
        self._name, self._topic = name, args.settings.alarm_topic_arn
        stack = f"{args.place.names.project}-{args.place.names.stack}"
        for part, function in args.functions.items():
            for alarm in function_alarms(function.args):
                self._alarm(
                    part, function.args.function_name, alarm, "Lambda", {"FunctionName": function.function.name}
                )
        if any(function.args.reserved_concurrency < 0 for function in args.functions.values()):
            alarm = _concurrency(args.concurrency_limit, "the account's functions")
            self._alarm("account", f"{stack}-account", alarm, "Lambda", {})
        if args.settings.efs_throughput == "bursting":
            says = "EFS can burst no more soon"
            alarm = Alarm("credits", "BurstCreditBalance", "Minimum", _LOW_CREDITS_BYTES, says, below=True)
            for backend, file_system_id in args.file_system_ids.items():
                self._alarm(backend, f"{stack}-{backend}", alarm, "EFS", {"FileSystemId": file_system_id})
        aws.cloudwatch.Dashboard(
            f"{name}-dashboard",
            dashboard_name=stack,
            dashboard_body=pulumi.Output.json_dumps(dashboard(args)),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({})

    def _alarm(
        self, part: str, subject: str, alarm: Alarm, service: str, dimensions: Mapping[str, pulumi.Input[str]]
    ) -> None:
        percentile = alarm.statistic.startswith("p")
        actions = [self._topic] if self._topic else None
        aws.cloudwatch.MetricAlarm(
            f"{self._name}-{part}-{alarm.kind}",
            name=f"{subject}-{alarm.kind}",
            alarm_description=f"{subject}: {alarm.says}",
            namespace=f"AWS/{service}",
            metric_name=alarm.metric,
            dimensions=dimensions,
            statistic=None if percentile else alarm.statistic,
            extended_statistic=alarm.statistic if percentile else None,
            # A first request after a pause is slow, and often alone in its five minutes: that is no reason for an
            # alarm.
            evaluate_low_sample_count_percentiles="ignore" if percentile else None,
            comparison_operator="LessThanThreshold" if alarm.below else "GreaterThanOrEqualToThreshold",
            threshold=alarm.threshold,
            period=_PERIOD_SECONDS,
            evaluation_periods=alarm.periods,
            treat_missing_data="notBreaching",  # without requests nothing is wrong
            alarm_actions=actions,
            ok_actions=actions,
            opts=pulumi.ResourceOptions(parent=self),
        )


def function_alarms(args: FunctionArgs) -> Iterator[Alarm]:
    """Yield the alarms of one function."""
    yield Alarm("errors", "Errors", "Sum", 1, "requests ended in an error")
    yield Alarm("throttles", "Throttles", "Sum", 1, "requests were refused for lack of concurrency")
    near_ms = _NEAR * args.timeout_seconds * 1000
    yield Alarm("duration", "Duration", "p95", near_ms, f"1 request in 20 takes {near_ms:.0f} ms or more", periods=3)
    if args.reserved_concurrency > 0:
        yield _concurrency(args.reserved_concurrency, "the function")


def _concurrency(limit: int, whose: str) -> Alarm:
    says = f"{whose} may run {limit} at once, and nearly do"
    return Alarm("concurrency", "ConcurrentExecutions", "Maximum", _NEAR * limit, says)


def dashboard(args: MonitoringArgs) -> dict[str, Any]:
    """Return the dashboard's body: a graph for each metric, with a line for each function."""
    names = [function.function.name for function in args.functions.values()]
    graphs: list[tuple[str, str, list[list[pulumi.Input[str]]]]] = [
        (f"{metric} ({statistic})", statistic, [["AWS/Lambda", metric, "FunctionName", name] for name in names])
        for metric, statistic in (
            ("Invocations", "Sum"),
            ("Errors", "Sum"),
            ("Throttles", "Sum"),
            ("Duration", "p95"),
            ("ConcurrentExecutions", "Maximum"),
        )
    ]
    api = [["AWS/ApiGateway", metric, "ApiId", args.api_id] for metric in ("Count", "4xx", "5xx")]
    graphs.append(("API: requests (Sum)", "Sum", api))
    graphs.append(("API: latency (p95)", "p95", [["AWS/ApiGateway", "Latency", "ApiId", args.api_id]]))
    for file_system_id in args.file_system_ids.values():
        for metric, statistic in (("DataReadIOBytes", "Sum"), ("BurstCreditBalance", "Minimum")):
            lines: list[list[pulumi.Input[str]]] = [["AWS/EFS", metric, "FileSystemId", file_system_id]]
            graphs.append((f"EFS: {metric} ({statistic})", statistic, lines))
    return {
        "widgets": [
            {
                "type": "metric",
                "x": index % 2 * _WIDTH,
                "y": index // 2 * _HEIGHT,
                "width": _WIDTH,
                "height": _HEIGHT,
                "properties": {
                    "title": title,
                    "region": args.settings.region,
                    "stat": statistic,
                    "period": _PERIOD_SECONDS,
                    "metrics": lines,
                },
            }
            for index, (title, statistic, lines) in enumerate(graphs)
        ]
    }
