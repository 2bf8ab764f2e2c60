"""Make the work pool and a deployment for each step as the stack has them; take away those that it no longer has.

Usage: python register.py <pool> <folder of the flow in its pods> <step>...
"""

import asyncio
import json
import sys
from pathlib import Path
from uuid import UUID

from prefect import get_client
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.actions import DeploymentUpdate, WorkPoolCreate, WorkPoolUpdate
from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterTags
from prefect.exceptions import ObjectAlreadyExists, ObjectNotFound

TAG = "declared"
"""Marks what this Job made, and may take away again."""


async def main(pool: str, folder: str, steps: list[str]) -> None:
    template = json.loads(Path(__file__).with_name("template.json").read_text(encoding="utf-8"))
    async with get_client() as prefect:
        await make_pool(prefect, pool, template)
        kept = [await deploy(prefect, pool, folder, step) for step in steps]
        await remove_others(prefect, kept)


async def make_pool(prefect: PrefectClient, pool: str, template: dict[str, object]) -> None:
    """A pool that is there keeps whatever people have set on it, but for the template."""
    try:
        await prefect.create_work_pool(WorkPoolCreate(name=pool, type="kubernetes", base_job_template=template))
    except ObjectAlreadyExists:
        await prefect.update_work_pool(pool, WorkPoolUpdate(base_job_template=template))
    print(f"work pool {pool}")


async def deploy(prefect: PrefectClient, pool: str, folder: str, step: str) -> UUID:
    """One that is there keeps its schedules, limits and tags: making it again would drop them."""
    told = {
        "entrypoint": "step.py:run",
        "pull_steps": [{"prefect.deployments.steps.set_working_directory": {"directory": folder}}],
        "work_pool_name": pool,
    }
    try:
        known = await prefect.read_deployment_by_name(f"{step}/{step}")
    except ObjectNotFound:
        flow = await prefect.create_flow_from_name(step)
        print(f"deployment {step}/{step}: new")
        return await prefect.create_deployment(flow, step, tags=[TAG], **told)
    await prefect.update_deployment(known.id, DeploymentUpdate(**told))
    print(f"deployment {step}/{step}: as before, or brought up to date")
    return known.id


async def remove_others(prefect: PrefectClient, kept: list[UUID]) -> None:
    """Their runs and logs stay."""
    declared = DeploymentFilter(tags=DeploymentFilterTags(all_=[TAG]))
    for deployment in await prefect.read_deployments(deployment_filter=declared):
        if deployment.id not in kept:
            await prefect.delete_deployment(deployment.id)
            print(f"deployment {deployment.name} is no longer declared: removed")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], sys.argv[3:]))
