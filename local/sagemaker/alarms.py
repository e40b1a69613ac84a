"""CloudWatch's alarms, all in one JSON file, and those among them that change an endpoint's number of instances."""

import json
from pathlib import Path

from local.sagemaker.files import write_atomically
from local.sagemaker.policies import BACKLOG, HAS_BACKLOG_WITHOUT_CAPACITY, METRICS, dimensions
from local.sagemaker.records import Record


class Alarms:
    """All alarms by name. The state that they show never changes: scaling asks for those that would be raised."""

    def __init__(self, state: Path) -> None:
        state.mkdir(parents=True, exist_ok=True)
        self._file = state / "alarms.json"
        self._alarms: dict[str, Record] = json.loads(self._file.read_text()) if self._file.exists() else {}

    def all(self) -> list[Record]:
        """Every alarm, in the order of their names."""
        return [self._alarms[name] for name in sorted(self._alarms)]

    def put(self, alarm: Record) -> None:
        """Keep the alarm in place of an older one of its name."""
        self._keep(self._alarms | {alarm["AlarmName"]: alarm})

    def delete(self, names: list[str]) -> None:
        """Forget the alarms; unknown names are ignored."""
        self._keep({name: alarm for name, alarm in self._alarms.items() if name not in names})

    def calling(self, policy_arn: str, endpoint: str) -> list[Record]:
        """The alarms on a backlog of the endpoint that have the policy among their actions."""
        return [
            alarm
            for alarm in self._alarms.values()
            if alarm["Namespace"] == METRICS
            and alarm["MetricName"] in (BACKLOG, HAS_BACKLOG_WITHOUT_CAPACITY)
            and alarm.get("Dimensions") == dimensions(endpoint)
            and alarm["ActionsEnabled"]
            and policy_arn in alarm.get("AlarmActions", [])
        ]

    def _keep(self, alarms: dict[str, Record]) -> None:
        write_atomically(self._file, json.dumps(alarms))
        self._alarms = alarms
