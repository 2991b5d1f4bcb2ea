"""Works on tasks with the official Python client, generation 1, over HTTP or standard input and
output, and fails at the first difference. Takes what to connect to as JSON."""

import asyncio
import json
import sys
from contextlib import asynccontextmanager

from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamablehttp_client

TO = json.loads(sys.argv[1])


@asynccontextmanager
async def connect():
    if "url" in TO:
        headers = {"Authorization": f"Bearer {TO['token']}"}
        async with streamablehttp_client(TO["url"], headers=headers) as (read, write, _):
            yield read, write
    else:
        async with stdio_client(StdioServerParameters(**TO)) as (read, write):
            yield read, write


async def main():
    async with connect() as (read, write), ClientSession(read, write) as session:
        hello = await session.initialize()
        assert hello.protocolVersion == "2025-11-25", hello.protocolVersion
        assert hello.serverInfo.name == "todo"
        assert "list_tasks" in hello.instructions

        tools = {tool.name: tool for tool in (await session.list_tools()).tools}
        assert tools["list_tasks"].annotations.readOnlyHint
        assert tools["delete_task"].annotations.destructiveHint

        # The client validates structured content against the output schema.
        added = await session.call_tool("add_task", {"title": "Buy milk", "tags": ["home"]})
        assert not added.isError, added
        task = added.structuredContent
        assert (task["status"], task["title"]) == ("created", "Buy milk"), task
        batch = {"tasks": [{"title": "Eggs"}, {"title": "Bread"}]}
        more = (await session.call_tool("add_tasks", batch)).structuredContent["result"]
        ids = [task["task_id"] for task in more]
        done = await session.call_tool("complete_tasks", {"task_ids": ids})
        assert [task["status"] for task in done.structuredContent["result"]] == ["completed"] * 2
        listed = await session.call_tool("list_tasks", {"status": "pending", "tag": "home"})
        assert [task["id"] for task in listed.structuredContent["result"]] == [task["task_id"]]
        assert json.loads(listed.content[0].text) == listed.structuredContent["result"]
        refused = await session.call_tool("delete_task", {"task_id": 999})
        assert refused.isError and "no such task" in refused.content[0].text, refused

        read = await session.read_resource(f"todo://tasks/{task['task_id']}")
        assert json.loads(read.contents[0].text)["title"] == "Buy milk"
        prompts = [prompt.name for prompt in (await session.list_prompts()).prompts]
        assert prompts == ["plan_my_day", "weekly_review"], prompts
        prompt = await session.get_prompt("plan_my_day")
        assert "Today is" in prompt.messages[0].content.text


asyncio.run(main())
