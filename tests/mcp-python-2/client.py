"""Works on tasks with the official Python client, generation 2, over HTTP or standard input and
output, with and without a handshake, and fails at the first difference. Takes what to connect to
as JSON."""

import asyncio
import json
import sys

import httpx2
from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.client.streamable_http import streamable_http_client

TO = json.loads(sys.argv[1])


def transport():
    if "url" in TO:
        headers = {"Authorization": f"Bearer {TO['token']}"}
        return streamable_http_client(TO["url"], http_client=httpx2.AsyncClient(headers=headers))
    return stdio_client(StdioServerParameters(**TO))


async def work(mode, version):
    async with Client(transport(), mode=mode) as client:
        assert client.protocol_version == version, client.protocol_version

        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert tools["list_tasks"].annotations.read_only_hint
        assert tools["delete_task"].annotations.destructive_hint

        # The client validates structured content against the output schema.
        added = await client.call_tool("add_task", {"title": "Buy milk", "tags": [mode]})
        assert not added.is_error, added
        task = added.structured_content
        assert (task["status"], task["title"]) == ("created", "Buy milk"), task
        batch = {"tasks": [{"title": "Eggs"}, {"title": "Bread"}]}
        more = (await client.call_tool("add_tasks", batch)).structured_content["result"]
        ids = [task["task_id"] for task in more]
        done = await client.call_tool("complete_tasks", {"task_ids": ids})
        assert [task["status"] for task in done.structured_content["result"]] == ["completed"] * 2
        listed = await client.call_tool("list_tasks", {"status": "pending", "tag": mode})
        assert [task["id"] for task in listed.structured_content["result"]] == [task["task_id"]]
        refused = await client.call_tool("delete_task", {"task_id": 999})
        assert refused.is_error and "no such task" in refused.content[0].text, refused

        read = await client.read_resource(f"todo://tasks/{task['task_id']}")
        assert json.loads(read.contents[0].text)["title"] == "Buy milk"
        prompts = [prompt.name for prompt in (await client.list_prompts()).prompts]
        assert prompts == ["plan_my_day", "weekly_review"], prompts
        prompt = await client.get_prompt("plan_my_day")
        assert "Today is" in prompt.messages[0].content.text


async def main():
    await work("legacy", "2025-11-25")
    await work("auto", "2026-07-28")
    await work("2026-07-28", "2026-07-28")


asyncio.run(main())
