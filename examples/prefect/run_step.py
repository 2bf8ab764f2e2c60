"""Start a step by Prefect's own client, wait for its end, and print what it said.

Where PREFECT_API_URL and PREFECT_API_AUTH_STRING are set: `python run_step.py training`
"""

import asyncio
import sys

from prefect import get_client
from prefect.client.schemas.filters import LogFilter, LogFilterFlowRunId
from prefect.client.schemas.sorting import LogSort
from prefect.deployments import run_deployment


async def main(step: str) -> None:
    run = await run_deployment(f"{step}/{step}", timeout=3600, poll_interval=2)
    async with get_client() as prefect:
        of_the_run = LogFilter(flow_run_id=LogFilterFlowRunId(any_=[run.id]))
        for entry in await prefect.read_logs(of_the_run, sort=LogSort.TIMESTAMP_ASC):
            print(entry.message)
    print(f"{run.name} of {step}: {run.state.name}")
    if not run.state.is_completed():
        raise SystemExit(run.state.message)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
